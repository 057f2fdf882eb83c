"""Every text that a template shows passes a filter; what needs none is listed here, with why."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from improve.prompts import FILTERS

TOP = Path(__file__).parents[2]
TEMPLATES = sorted(
    path
    for pattern in ("*/*PROMPT*.md", "*/*prompt*.md", "*/TEMPLATE*.md", "tools/**/*.j2")
    for path in TOP.glob(pattern)
)
PROMPTS = [path for path in TEMPLATES if "prompt" in path.name.lower()]
SAFE_FILTERS = {*FILTERS, "tojson", "format", "length", "sum"}
# Numbers, and the product's own words: amplifiers, titles, marks, a prompt that is rendered already, the folder
# that an agent works in.
OURS = {
    "amplifier", "analysis.inferred", "analysis.level", "analysis.questions", "analysis.results",
    "attempt.number", "attempt.tried", "case.failures", "case.runs", "confirming", "context.after",
    "context.before", "context.left_out", "count", "file.failures", "file.tests", "group.minutes",
    "group.rank", "group.red_jobs", "kept.proof.confidence.after.failures",
    "kept.proof.confidence.after.runs", "kept.proof.confidence.asked",
    "kept.proof.confidence.before.failures", "kept.proof.confidence.before.runs",
    "kept.proof.suite.after_failed", "kept.proof.suite.after_passed",
    "kept.proof.suite.before_failed", "kept.proof.suite.before_passed", "limit", "loop.index",
    "made.lines", "made.seed", "made.seed_failed", "marker", "minutes", "note", "number", "one.cache_read_tokens",
    "one.cache_write_tokens", "one.calls", "one.failures", "one.failures_with",
    "one.failures_without", "one.good_calls", "one.input_tokens", "one.output_tokens",
    "one.planned", "one.rate.failures", "one.rate.runs", "one.requests", "one.runs_with",
    "one.runs_without", "outage.failed", "outage.tests", "part.title", "percent", "prompt",
    "proof.repaired.to_good.runs", "publication.number", "q", "rate.failures", "rate.runs",
    "reproduction.failed_runs", "reproduction.order.alone", "reproduction.order.before",
    "reproduction.order.collected", "reproduction.order.company", "reproduction.order.halvings",
    "reproduction.order.pair", "reproduction.order.suite_runs", "reproduction.rate.failures",
    "reproduction.rate.runs", "reproduction.runs",
    "reproduction.test_lines", "seconds", "seconds_of", "sign", "step", "step.number",
    "stressed.asked", "stressed.replay_failures", "stressed.replayed", "stressed.shard",
    "stressed.shards", "tree", "validated.request.limits.usd",
}  # fmt: skip


def shown(template: str) -> Iterator[tuple[int, nodes.Expr]]:
    """Line and expression of every ``{{ }}``."""
    for output in Environment(autoescape=True).parse(template).find_all(nodes.Output):
        for node in output.nodes:
            if not isinstance(node, nodes.TemplateData):
                yield node.lineno, node


def unfiltered(node: nodes.Node | None, safe: Collection[str] = SAFE_FILTERS) -> list[str]:
    """The names in an expression whose text comes out as it is."""
    if node is None or isinstance(node, nodes.Const):
        return []
    if isinstance(node, nodes.Filter):
        if node.name in safe:
            return []
        return unfiltered(node.node, safe)
    if isinstance(node, nodes.CondExpr):  # its test is not shown
        return unfiltered(node.expr1, safe) + unfiltered(node.expr2, safe)
    if isinstance(node, nodes.Concat | nodes.BinExpr):
        parts = node.nodes if isinstance(node, nodes.Concat) else [node.left, node.right]
        return [name for part in parts for name in unfiltered(part, safe)]
    if isinstance(node, nodes.Dict):
        return [name for pair in node.items for name in unfiltered(pair.value, safe)]
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Dict):  # {...}.get(kind)
        return unfiltered(node.node, safe)
    if isinstance(node, nodes.Call) and _formats(node.node):
        return [name for part in node.args for name in unfiltered(part, safe)]
    if isinstance(node, nodes.Call | nodes.Getitem):
        return unfiltered(node.node, safe)
    name = dotted(node)
    return [] if name in OURS else [name]


def _formats(node: nodes.Node) -> bool:
    """``"{:,}".format``: what comes out is what it is given."""
    return isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Const)


def dotted(node: nodes.Node) -> str:
    if isinstance(node, nodes.Getattr):
        return f"{dotted(node.node)}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) else type(node).__name__


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(TOP)))
def test_every_text_passes_a_filter(path: Path) -> None:
    bare = [
        f"{path.name}:{line}: {name}"
        for line, node in shown(path.read_text("utf-8"))
        for name in unfiltered(node)
    ]
    assert not bare, (
        f"{bare}: use one of {sorted(FILTERS)}, or list it in OURS if no text gets there"
    )


@pytest.mark.parametrize("path", PROMPTS, ids=lambda path: str(path.relative_to(TOP)))
def test_a_prompt_has_foreign_text_in_fences_alone(path: Path) -> None:
    """A model reads it: what stands outside of a fence is ours, and the prompt says so."""
    text = path.read_text("utf-8")
    bare = [name for _line, node in shown(text) for name in unfiltered(node, ("fenced",))]
    assert not bare, f"{path.name}: {bare}: use the filter fenced"
    assert "fence" in text and "data" in text, "it does not say what stands in its fences"


def test_the_templates_are_found() -> None:
    names = {path.name for path in TEMPLATES}
    assert {
        "TEMPLATE_report.md",
        "TEMPLATE_analysis.md",
        "AI_PROMPT.md",
        "pull-request.md.j2",
        "README.md.j2",
    } <= names


@pytest.mark.parametrize(
    "template",
    ["{{ fix.reason }}", "{{ 'x' ~ reason }}", "{{ a if b else reason }}", "{{ reason | upper }}",
     "{{ reasons | join(', ') }}", "{{ reason[:12] }}", "{% for one in many %}{{ one.name }}{% endfor %}",
     "{{ reason | default('x') }}", "{{ '{:,}'.format(reason) }}",
     "{{ (reason | code) ~ reason }}", "{{ {'a': reason}.get(kind) }}"],
)  # fmt: skip
def test_a_text_without_a_filter_is_found(template: str) -> None:
    assert [name for _line, node in shown(template) for name in unfiltered(node)]
