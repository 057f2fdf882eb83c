"""The whole judgement: outages aside, each test judged, what it goes with, what costs most. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from improve.checks.statistics import interval
from improve.patterns.advice import first_step, request
from improve.patterns.clusters import clusters
from improve.patterns.correlate import LEVEL, correlate, enough
from improve.patterns.cost import shares
from improve.patterns.kinds import Judged, judge
from improve.records.analysis import Analysis, Case, Finding, Group, Outage, Signature
from improve.records.history import History, Row, Said, TestRows

MOST_SIGNATURES = 5
MOST_JOBS = 5


class Judgement(NamedTuple):
    """The analysis, and the requests that it names: file name -> content."""

    analysis: Analysis
    requests: dict[str, dict[str, object]]


def analyse(history: History, source: str, told: Sequence[Outage]) -> Judgement:
    """Everything that is told of these runs; ``told`` are the outages, whose results are not there."""
    when: dict[str, int] = {}
    for part in history.parts:
        when.setdefault(part.sha, len(when))
    judged: dict[int, tuple[TestRows, Judged]] = {}
    for test in history.tests:
        judged[test.id] = test, judge(test.rows, history.parts, when)
    flaky = {test: one.rows for test, (_, one) in judged.items() if one.kind == "flaky"}
    findings, asked = correlate(flaky, history)
    cases = {
        test: _case(known, one, findings.get(test, ()), history)
        for test, (known, one) in judged.items()
    }
    groups, requests = _groups(flaky, cases, judged, history, len(history.parts) - len(told))
    parts = history.parts
    return Judgement(
        Analysis(
            source=source,
            runs=len({part.run for part in parts}),
            jobs=len({(part.run, part.attempt, part.job) for part in parts}),
            commits=len(when),
            tests=history.all_tests,
            results=history.all_results,
            inferred=history.inferred,
            first=min((part.started for part in parts if part.started), default=""),
            last=max((part.started for part in parts), default=""),
            level=LEVEL,
            questions=asked,
            groups=tuple(groups),
            regressions=_of_kind(cases, "regression"),
            suspects=_of_kind(cases, "suspect"),
            outages=tuple(told),
            notes=tuple(history.notes),
        ),
        requests,
    )


def _of_kind(cases: Mapping[int, Case], kind: str) -> tuple[Case, ...]:
    found = [case for case in cases.values() if case.kind == kind]
    return tuple(sorted(found, key=lambda case: (bool(case.mended), -case.failures, case.test)))


def _case(test: TestRows, judged: Judged, findings: tuple[Finding, ...], history: History) -> Case:
    rows, parts = judged.rows, history.parts
    failed = [row for row in rows if row.failed]
    last = parts[failed[-1].part]
    signatures = Counter(row.signature for row in failed if row.signature >= 0)
    jobs = {parts[row.part].job for row in failed}
    everywhere = jobs == {parts[row.part].job for row in rows}
    return Case(
        test=test.node_id or test.name,
        kind=judged.kind,
        failures=len(failed),
        runs=len(rows),
        rate=len(failed) / len(rows),
        interval=interval(len(failed), len(rows)),
        both_ways=judged.both_ways,
        began=judged.began,
        broken=judged.broken,
        mended=judged.mended,
        only_jobs=() if everywhere else tuple(sorted(jobs)[:MOST_JOBS]),
        last_failure=last.started,
        last_commit=last.sha,
        last_url=last.url,
        findings=findings,
        signatures=tuple(
            Signature(text=history.signatures[number].text, failures=count)
            for number, count in signatures.most_common(MOST_SIGNATURES)
        ),
        days=_days(rows, history),
        enough=enough(rows),
    )


def _days(rows: Sequence[Row], history: History) -> tuple[tuple[str, int, int], ...]:
    found: dict[str, list[int]] = {}
    for row in rows:
        day = found.setdefault(history.parts[row.part].started[:10], [0, 0])
        day[0] += row.failed
        day[1] += 1
    return tuple((day, *counts) for day, counts in sorted(found.items()) if day)  # type: ignore[misc]


def _groups(
    flaky: Mapping[int, Sequence[Row]],
    cases: Mapping[int, Case],
    judged: Mapping[int, tuple[TestRows, Judged]],
    history: History,
    parts: int,
) -> tuple[list[Group], dict[str, dict[str, object]]]:
    failed = {
        test: frozenset(row.part for row in rows if row.failed) for test, rows in flaky.items()
    }
    broken = {
        row.part
        for test, (known, one) in judged.items()
        if one.kind == "regression"
        for row in known.rows
        if row.failed
    }
    found = clusters(failed, parts)
    costs = shares([tests for tests, _ in found], failed, broken, history)
    ranked = sorted(
        zip(found, costs, strict=True),
        key=lambda one: (-one[1][1], -one[1][0], min(cases[test].test for test in one[0][0])),
    )
    groups, requests = [], {}
    for rank, ((tests, alike), (red, minutes)) in enumerate(ranked, 1):
        members = sorted(tests, key=lambda test: (-cases[test].failures, cases[test].test))
        listed = tuple(cases[test] for test in members)
        amplifier, hint = first_step(listed)
        said = _said(flaky[members[0]], history)
        ready = request(listed, amplifier, hint, said, rank)
        file = f"requests/{ready['name']}.json" if ready else ""
        if ready:
            requests[file] = ready
        groups.append(
            Group(
                rank=rank, cases=listed, alike=alike, red_jobs=red, minutes=round(minutes, 2),
                hint=hint, amplifier=amplifier, request=file,
            )
        )  # fmt: skip
    return groups, requests


def _said(rows: Sequence[Row], history: History) -> Said | None:
    """What its most frequent kind of failure says."""
    counted = Counter(row.signature for row in rows if row.failed and row.signature >= 0)
    return history.signatures[counted.most_common(1)[0][0]] if counted else None
