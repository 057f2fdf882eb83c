"""The names of what judges a fix, in the ecosystems that there are: tests, expectations, settings, CI. Pure data.

A pattern with "/" is matched against the whole path, one without against the file name. Sources: what each
runner collects and each linter reads by default, as its own documentation lists it.
"""

from __future__ import annotations

CONFTESTS = ("conftest.py",)
TESTS = (
    "test_*.py", "*_test.py", "tests.py", "test.py", "*.feature", "*.test.*", "*.spec.*", "*.e2e.*",
    "*.cy.[jt]s", "*.cy.[jt]sx",
    "*_test.go", "*_test.rs", "*_test.c", "*_test.cc", "*_test.cpp", "*_test.cxx", "*_unittest.cc", "*_test.exs",
    "*_test.rb", "test_*.rb", "*_spec.rb", "*_test.dart", "*_test.lua", "*_spec.lua", "*_test.js", "*_test.mjs",
    "*_test.ts", "*_test.jsx", "*_test.tsx", "*_spec.js", "*_spec.ts", "*-test.js", "*-test.ts", "*-spec.js",
    "*-spec.ts", "test-*.js", "test-*.mjs", "test-*.cjs", "test-*.ts", "*_test.clj", "*_SUITE.erl",
    "*Test.java", "*Tests.java", "Test[A-Z]*.java", "*TestCase.java", "*IT.java", "*ITCase.java", "*Test.kt",
    "*Tests.kt", "*IT.kt", "*Test.groovy", "*Spec.groovy", "*Spec.kt", "*Spec.scala", "*Test.scala",
    "*Suite.scala", "*Spec.hs", "*Test.php", "*Cest.php", "*Cept.php", "*Test.cs", "*Tests.cs", "*Tests.swift",
    "*Test.swift", "*Tests.m", "*.bats", "*.t", "features/steps/*.py", "*/features/steps/*.py",
    "features/environment.py", "*/features/environment.py", "features/step_definitions/*", "features/support/*",
)  # fmt: skip
SETTINGS = (
    "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "tox.toml", "setup.cfg",
    "noxfile.py", ".coveragerc", "pyproject.toml", "behave.ini", ".behaverc", "package.json", "jest.config.*",
    "jest.setup.*", "setupTests.*", "setupJest.*", "vitest.config.*", "vitest.setup.*", "vitest.workspace.*",
    ".mocharc*", ".nycrc*", "nyc.config.*", ".c8rc*", "ava.config.*", ".taprc*", "karma.conf.*", "wdio.conf.*",
    "playwright.config.*", "cypress.config.*", "cypress.json", "deno.json*", "bunfig.toml", "phpunit.*",
    "codeception*.y*ml", "behat.y*ml", ".rspec", ".env.test*", "Makefile", "makefile", "GNUmakefile", "*.mk",
    "justfile", "Justfile", "Taskfile.y*ml", "Rakefile", ".npmrc", ".yarnrc*", "tsconfig*.json",
    "babel.config.*", ".babelrc*", ".cargo/*", "*/.cargo/*", ".config/nextest.toml", "rust-toolchain*",
    ".bazelrc", ".mvn/*", "gradle.properties", "gradle/wrapper/*", "CMakePresets.json", "CTest*.cmake",
    "vite.config.*", "nose2.cfg", "unittest.cfg", "Makefile.am",
)  # fmt: skip
LINTERS = (
    "mypy.ini", ".mypy.ini", "pyrightconfig.json", "ty.toml", "ruff.toml", ".ruff.toml", ".flake8", ".pylintrc",
    "pylintrc", "pylintrc.toml", ".pydocstyle", ".isort.cfg", ".bandit", ".eslintrc*", "eslint.config.*",
    ".eslintignore", "biome.json*", "tslint.json", ".jshintrc", ".jshintignore", ".oxlintrc.json",
    ".prettierrc*", ".prettierignore", ".stylelintrc*", "stylelint.config.*", ".golangci.*", "clippy.toml",
    ".clippy.toml", "rustfmt.toml", ".rustfmt.toml", ".rubocop*.yml", ".standard.yml", "phpstan*.neon*",
    "psalm*.xml*", "phpcs.xml*", ".phpcs.xml*", ".php-cs-fixer*", "checkstyle*.xml", "detekt*.y*ml",
    ".editorconfig", ".clang-tidy", ".clang-format", ".swiftlint.yml", ".credo.exs", ".luacheckrc",
    ".perlcriticrc", ".scalafmt.conf", ".scalafix.conf", ".shellcheckrc", ".yamllint*", ".markdownlint*",
    ".hadolint.y*ml", ".semgrepignore", ".trivyignore*", ".gitleaks*",
)  # fmt: skip
CI = (
    ".github/*", ".forgejo/*", ".gitea/*", ".gitlab/*", ".gitlab-ci.yml", ".circleci/*",
    "azure-pipelines*.yml", "Jenkinsfile", ".travis.yml", "buildspec.yml", "bitbucket-pipelines.yml",
    ".buildkite/*", ".drone.yml", ".woodpecker*", ".cirrus.yml", ".semaphore/*", ".teamcity/*",
    "appveyor.yml", ".appveyor.yml", "cloudbuild.y*ml",
)  # fmt: skip
DEPENDENCIES = (
    "requirements*.txt", "constraints*.txt", "*requirements.txt", "*.lock", "Pipfile", "setup.py",
    "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "go.sum", "go.work*", "*.lockfile",
)  # fmt: skip
GIT = (
    ".gitattributes", ".gitignore", ".gitmodules", ".githooks/*", ".husky/*", "lefthook.y*ml",
    ".pre-commit-config.y*ml",
)  # fmt: skip
AGENTS = (
    "CLAUDE.md", "AGENTS.md", "GEMINI.md", ".mcp.json", ".claude/*", ".codex/*", ".cursor/*",
    ".cursorrules", ".windsurfrules",
)  # fmt: skip
# Python imports these at its start, as a file, a compiled one or a folder, from wherever it finds them.
PATCHING = (
    "*.pth", "sitecustomize.*", "sitecustomize/*", "*/sitecustomize/*",
    "usercustomize.*", "usercustomize/*", "*/usercustomize/*",
)  # fmt: skip
EXPECTATIONS = (
    "*.snap", "*.ambr", "*.golden", "*.golden.*", "*.approved.*", "*.expected", "*.expected.*", "*.expect",
    "expected*.txt", "expected*.json", "expected*.xml", "expected*.y*ml", "expected*.csv", "expected*.html",
)  # fmt: skip

# What it is -> names and globs; the first that fits is told.
ROLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("a conftest, which can change what tests see", CONFTESTS),
    ("a test", TESTS),
    ("test configuration", SETTINGS),
    ("a linter's configuration", LINTERS),
    ("a CI file", CI),
    ("a dependency declaration", DEPENDENCIES),
    ("git configuration", GIT),
    ("code that patches the interpreter", PATCHING),
    # pytest loads the plugins that any of them names, and one in the tree is among them.
    ("the metadata of an installed package", ("*.dist-info/*", "*.egg-info/*", "entry_points.txt")),
    ("an agent's own instructions", AGENTS),
    ("a recorded expectation", EXPECTATIONS),
)
COPIES = (
    "node_modules", "vendor", "_vendor", "vendored", "third_party", "bower_components",
    "site-packages",
)  # fmt: skip
TEST_FOLDERS = (
    "tests", "test", "spec", "__tests__", "__snapshots__", "__mocks__", "cypress", "unit_tests",
    "integration_tests", "androidtest",
)  # fmt: skip
TEST_ENDINGS = (".tests", ".test", ".unittests")  # of folders: C#'s projects
# What tests expect, whatever the file; and where a product may keep code of its own, so that below the
# tree's top only data counts.
RECORDED = ("testdata", "test-data", "test_data", "__fixtures__", "cassettes")
RECORDED_DATA = ("fixtures", "fixture", "golden", "goldens", "snapshots")
