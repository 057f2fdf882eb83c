"""Build files in which the dependencies stand beside what runs the tests: read line by line. Pure.

A dependency may be where the cause lies, so a change of dependencies (or of the sources that are built) alone
is not refused; but nothing that runs here shows that the other one is right, so it is never called verified.
Every other line (profiles, flags, plug-ins, the libraries of the tests) changes what judges, and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import NamedTuple

from improve.records import Verdict

RULE = "build files"
LINE_CAP = 500
VERSION = r"[\^~=<>! ]{0,4}v?\d[\w.*+,<>=~^!| -]{0,60}"
ITEM = r"['\"][\w@/:.-]{0,120}[/:.][\w@/:.-]{0,120}['\"],?"
SOURCE = r"[\w./-]{1,120}\.(?:c|cc|cpp|cxx|h|hpp)"
GRADLE = (
    r"(?:implementation|api|compileOnly|runtimeOnly|annotationProcessor|kapt|ksp)"
    r"[ (]{1,2}['\"][\w.-]{1,80}:[\w.-]{1,80}:[\w.+-]{1,40}['\"]\)?"
)
CARGO = (
    rf"(?!edition|version|resolver|opt-level|rust-version|debug|lto)[\w-]{{1,80}} ?= ?(?:\"{VERSION}\""
    rf"|\{{ ?version ?= ?\"{VERSION}\"(?:, ?(?:features ?= ?\[[\w\", /-]{{0,200}}\]"
    r"|(?:default-features|optional) ?= ?(?:true|false))){0,3} ?\})|\[(?:workspace\.)?dependencies\]"
)
MAVEN = (
    r"</?(?:dependency|dependencies|dependencyManagement|exclusions?)>"
    r"|<(groupId|artifactId|version|type|classifier|[\w.-]{1,80}\.version)>[\w.${}-]{1,120}</\1>"
    r"|<scope>(?:compile|runtime|provided|import)</scope>|<optional>(?:true|false)</optional>"
)
RUBY = (
    rf"(?:gem|\w{{1,20}}\.add(?:_runtime)?_dependency)[ (]{{1,2}}['\"][\w./-]{{1,80}}['\"]"
    rf"(?:, ?['\"]{VERSION}['\"]){{0,3}}(?:, ?require: ?(?:false|true|['\"][\w/.-]{{1,80}}['\"]))?\)?"
)
CMAKE = (
    rf"find_package\([\w ./-]{{1,200}}\)|target_link_libraries\([\w :./-]{{1,300}}\)|{SOURCE}\)?"
    rf"|(?:add_library|add_executable|target_sources)\(\w{{1,80}}(?: (?:STATIC|SHARED|PRIVATE|PUBLIC|INTERFACE)"
    rf"|\s{SOURCE}){{0,40}} ?\)?"
)
DOTNET = (
    rf"<Package(?:Reference|Version) Include=\"[\w.-]{{1,120}}\"(?: Version=\"{VERSION}\")? ?/>"
    r"|<Compile Include=\"[\w.\\/-]{1,200}\" ?/>"
)
SBT = rf"(?:libraryDependencies \+= )?\"[\w.-]{{1,80}}\" %%?%? \"[\w.-]{{1,80}}\" % \"{VERSION}\",?"
# Names of the file -> what a line may be that only says what is used, or built.
FORMATS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (names, re.compile(pattern))
    for names, pattern in (
        (("go.mod",), r"(?:require )?[\w.~/-]{1,200} v\d[\w.+-]{0,80}(?: // indirect)?|require \(|\)"),
        (("Cargo.toml",), CARGO),
        (("pom.xml",), MAVEN),
        (("build.gradle", "build.gradle.kts"), GRADLE),
        (("Gemfile", "gems.rb", "*.gemspec"), RUBY),
        (("composer.json",), rf"\"[\w.-]{{1,80}}/[\w.-]{{1,80}}\": ?\"{VERSION}\",?"),
        (("mix.exs",), rf"\{{:\w{{1,80}}, ?\"{VERSION}\"\}},?"),
        (("build.sbt",), SBT),
        (("*.csproj", "*.fsproj", "*.vbproj", "Directory.*.props"), DOTNET),
        (("CMakeLists.txt",), CMAKE),
        (("BUILD", "BUILD.bazel", "MODULE.bazel", "WORKSPACE", "meson.build"), ITEM),
        # Nothing of these is a plain line of dependencies.
        (("settings.gradle", "settings.gradle.kts", "Package.swift", "Directory.*.targets"), r"(?!)"),
    )
)  # fmt: skip
OF_TESTS = re.compile(
    r"(?<![a-z])test|junit|mockito|mockk|assertj|hamcrest|spock|kotest|gomega|ginkgo|rspec|minitest|phpunit"
    r"|pestphp|codeception|gtest|googletest|catch2|doctest|proptest|quickcheck|xunit|nunit|mstest|scalatest"
    r"|specs2|munit|surefire|failsafe|jacoco",
    re.IGNORECASE,
)
REMARKS = ("//", "#", "<!--", "*", "/*", "%")


class Line(NamedTuple):
    """A line that a diff adds or takes away, without its sign."""

    path: str
    number: int
    text: str


def is_build(path: str) -> bool:
    """Such a file."""
    return _format(path) is not None


def builds(lines: Iterable[Line]) -> Verdict:
    """What changed ``lines`` of build files do: nothing, other dependencies (not shown), or more (refused)."""
    others = []
    for one in lines:
        known, text = _format(one.path), " ".join(one.text[:LINE_CAP].split())
        if known is None or not text or (text.startswith(REMARKS) and not text.startswith("#[")):
            continue
        where = f"{one.path}:{one.number}"
        if OF_TESTS.search(text) or not known.fullmatch(text):
            told = f"{where} changes how it is built and run, not a dependency alone: {text[:80]}"
            return Verdict(rule=RULE, passed=False, reason=told)
        others.append(where)
    if others:
        told = f"not shown: {others[0]} asks for other dependencies or sources; nobody here knows the right one"
        return Verdict(rule=RULE, passed=False, shown=False, reason=told)
    return Verdict(rule=RULE, passed=True, reason="no build file was touched")


def _format(path: str) -> re.Pattern[str] | None:
    name = PurePosixPath(path).name
    for names, pattern in FORMATS:
        if any(fnmatchcase(name, one) for one in names):
            return pattern
    return None
