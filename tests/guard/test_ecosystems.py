"""What judges is protected in every ecosystem; what is the product's stays open."""

from __future__ import annotations

import pytest

from improve.guard import inspect, role_of
from improve.guard.builds import Line, builds, is_build
from improve.records import Verdict

JUDGES = {
    "a test": """
        FooTest.php cart_test.cc cart_test.cpp cart_test.exs lib/cart_test.rb test_cart.rb FooSpec.scala FooIT.java
        TestFoo.java FooTestCase.java CartTests.swift cart.bats cart.t test-cart.js cart-spec.ts cypress/e2e/a.cy.js
        login.e2e.ts features/steps/cart.py shop/features/steps/cart.py features/environment.py
        features/step_definitions/cart.rb __mocks__/fs.js Shop.Tests/Helper.cs app/src/androidTest/Helper.kt
        integration_tests/helper.go """,
    "a recorded expectation": """
        testdata/want.json internal/testdata/run.go src/__fixtures__/cart.js cassettes/pay.yaml fixtures/want.json
        app/fixtures/want.json fixtures/want.js golden/a.txt snapshots/a.html test_data/a.csv a.golden.json
        run.expected expected_output.txt """,
    "a linter's configuration": """
        mypy.ini ruff.toml .ruff.toml .flake8 .pylintrc .eslintrc.json web/eslint.config.mjs .golangci.yml clippy.toml
        .rubocop.yml .rubocop_todo.yml biome.json phpstan.neon.dist .editorconfig .clang-tidy checkstyle.xml """,
    "a CI file": ".forgejo/workflows/a.yml .gitea/workflows/a.yml .gitlab/ci/a.yml .cirrus.yml",
    "test configuration": """
        jest.setup.js src/setupTests.ts vite.config.ts cypress.config.ts deno.json bunfig.toml .bazelrc
        .cargo/config.toml .config/nextest.toml gradle.properties .mvn/maven.config rules.mk phpunit.xml
        CMakePresets.json """,
}  # fmt: skip
PRODUCT = """
    src/snapshots/store.py app/fixtures/load.py src/golden/ratio.ts lib/features/steps.js src/features/steps/Stepper.tsx
    Testament.java Tester.java latest.js contest.rb attestation.go app/expected.hpp shop/checks.py lint.py
    locale/messages.cy.json
    config/rules.json data/rates.json docs/mypy.md src/editorconfig.py ci/report.py forge/github.py """


@pytest.mark.parametrize(
    ("path", "role"), [(path, role) for role, paths in JUDGES.items() for path in paths.split()]
)
def test_what_judges_is_protected(path: str, role: str) -> None:
    assert role_of(path) == role


@pytest.mark.parametrize("path", PRODUCT.split())
def test_what_is_the_products_is_not(path: str) -> None:
    assert role_of(path) is None and not is_build(path)


def of(path: str, text: str) -> Verdict:
    return builds([Line(path, 7, f"{text}\n")])


DEPENDENCIES = [
    ("go.mod", "\tgithub.com/acme/shop v1.2.3 // indirect"),
    ("Cargo.toml", 'serde = "1.0.200"'),
    ("crates/a/Cargo.toml", 'serde = { version = "1", features = ["derive"] }'),
    ("pom.xml", "      <version>2.15.1</version>"),
    ("pom.xml", "<jackson.version>2.15.1</jackson.version>"),
    ("build.gradle", "    implementation 'com.acme:shop:1.2'"),
    ("build.gradle.kts", 'api("com.acme:shop:1.2")'),
    ("Gemfile", "gem 'rack', '~> 2.1', require: false"),
    ("composer.json", '"acme/shop": "^1.2",'),
    ("mix.exs", '{:jason, "~> 1.4"},'),
    ("build.sbt", '"com.acme" %% "shop" % "1.2",'),
    ("Shop.csproj", '<PackageReference Include="Acme.Shop" Version="1.2.0" />'),
    ("CMakeLists.txt", "add_library(shop STATIC shop.c cart.c)"),
    ("BUILD.bazel", '        "//shop:cart",'),
]
MORE = [
    ("go.mod", "replace github.com/acme/shop => ./fake"),
    ("go.mod", "\tgithub.com/stretchr/testify v1.2.3"),
    ("Cargo.toml", 'serde = { path = "fake" }'),
    ("Cargo.toml", 'unused = "allow"'),
    ("Cargo.toml", 'edition = "2021"'),
    ("Cargo.toml", "debug-assertions = false"),
    ("Cargo.toml", "[profile.test]"),
    ("pom.xml", "<skipTests>true</skipTests>"),
    ("pom.xml", "<artifactId>maven-surefire-plugin</artifactId>"),
    ("pom.xml", "<scope>system</scope>"),
    ("build.gradle", "test { enabled = false }"),
    ("build.gradle", "testImplementation 'com.acme:shop:1.2'"),
    ("Gemfile", "gem 'shop', path: 'fake'"),
    ("composer.json", '"scripts": {"check": "true"}'),
    ("Shop.csproj", "<NoWarn>CS1591</NoWarn>"),
    ("CMakeLists.txt", "add_definitions(-DNDEBUG)"),
    ("BUILD.bazel", '    tags = ["manual"],'),
    ("Package.swift", 'name: "shop"'),
]


@pytest.mark.parametrize(("path", "line"), DEPENDENCIES)
def test_a_dependency_alone_is_not_refused_and_never_called_verified(path: str, line: str) -> None:
    assert of(path, line).said == "not shown" and f"{path}:7" in of(path, line).reason


@pytest.mark.parametrize(("path", "line"), MORE)
def test_what_changes_how_tests_are_run_is_refused(path: str, line: str) -> None:
    assert of(path, line).refuses and f"{path}:7" in of(path, line).reason


def test_remarks_and_other_files_are_nothing() -> None:
    assert of("go.mod", "// of the shop").passed and of("Gemfile", "").passed
    assert of("shop.rb", "gem 'rack'").passed


def test_lines_that_a_diff_takes_away_count() -> None:
    diff = (
        b"diff --git a/Cargo.toml b/Cargo.toml\n--- a/Cargo.toml\n+++ b/Cargo.toml\n"
        b'@@ -3,2 +3 @@\n serde = "1"\n-overflow-checks = true\n'
    )
    told = [one.reason for one in inspect(diff, set()) if one.refuses]
    assert told and told[0].startswith("Cargo.toml:4 changes how it is built"), told
