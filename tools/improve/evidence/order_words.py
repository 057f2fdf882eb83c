"""An order dependence in words: for the notes, the report, the pull request and the agents. Pure."""

from __future__ import annotations

from improve.records import OrderDependence


def in_words(order: OrderDependence) -> str:
    """Who does what to whom, and how that was found out."""
    others = " and ".join(order.others)
    searched = f"{order.suite_runs} suite runs of {order.collected} tests, {order.runs} runs in all"
    if order.role == "brittle":
        return f"It passes after {others} alone, which leaves something that it needs ({searched})."
    cleaned = f" After {order.cleaner} it passes again." if order.cleaner else ""
    return (
        f"It passes alone ({order.alone[1]} of {order.alone[1]} runs) and fails after {others} "
        f"({order.pair[0]} of {order.pair[1]}). Found in {order.order}: {searched}.{cleaned}"
        + (f" {leak_in_words(order)}" if order.shared else "")
    )


def leak_in_words(order: OrderDependence) -> str:
    """What is shared, who leaves it behind, and what the tests' authors can do about it."""
    shared = order.shared
    if shared is None:
        return f"{' and '.join(order.others)} leave something behind that {order.victim} finds."
    where = f" in {shared.file}:{shared.line} ({shared.function})" if shared.file else ""
    verb = "leaves" if len(order.others) == 1 else "leave"
    isolate = "" if order.leak == "product" else f" To isolate it: {order.suggestion}."
    return (
        f"{' and '.join(order.others)} {verb} {shared.place} changed{where}: {shared.was} before, "
        f"{shared.now} after. With this one place put back, {order.victim} passes.{isolate}"
    )


def leak_places(order: OrderDependence) -> tuple[str, ...]:
    """'path:line function' of the line that leaves the shared state behind."""
    shared = order.shared
    if shared is None or not shared.file:
        return ()
    return (f"{shared.file}:{shared.line} {shared.function}",)
