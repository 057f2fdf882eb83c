"""What the tests share, read from what was recorded: where it leaks, and how a test puts it back.

Pure. Whether the line that leaves something behind is a test's or the product's is asked of the
guard, whose word decides which of the two a fix may touch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from improve.evidence import clean_text, redact
from improve.guard import role_of
from improve.records.order import SharedState

MOST_PLACES = 20


def state_of(told: Iterable[object]) -> tuple[SharedState, ...]:
    """Places that the other tests change, the cause first. Texts are cleaned and redacted."""
    found = [_place(one) for one in told if isinstance(one, Mapping)]
    return tuple(sorted(found, key=lambda one: not one.shared)[:MOST_PLACES])


def _place(told: Mapping[str, Any]) -> SharedState:
    writer = list(told.get("writer") or ("", 0, ""))
    return SharedState(
        place=_safe(told["place"]),
        kind=_safe(told["what"]),
        was=_safe(told["was"]),
        now=_safe(told["now"]),
        home=_safe(told["in"]),
        shared=bool(told["shared"]),
        file=_safe(writer[0]),
        line=int(writer[1]),
        function=_safe(writer[2]),
    )


def _safe(text: object) -> str:
    return redact(clean_text(str(text)))[:300]


def leak_of(state: Sequence[SharedState]) -> Literal["product", "tests", "unknown"]:
    """Whose line it is that changes the shared state."""
    shared = next((one for one in state if one.shared and one.file), None)
    if shared is None:
        return "unknown"
    return "tests" if role_of(shared.file) is not None else "product"


def suggestion_for(state: Sequence[SharedState]) -> str:
    """How a test can leave that place as it was; '' when no place is known to be the cause."""
    shared = next((one for one in state if one.shared), None)
    if shared is None:
        return ""
    if shared.kind == "environment":
        name = shared.place.removeprefix("os.environ[").removesuffix("]")
        return f"set it with pytest's monkeypatch.setenv({name}, ...), which puts it back"
    if shared.kind == "folder":
        return "change the folder with pytest's monkeypatch.chdir(...), which goes back"
    if shared.kind == "file":
        return "write below pytest's tmp_path instead of the working directory"
    if shared.kind == "cache":
        name = shared.place.removeprefix("the cache of ")
        return f"clear it in an autouse fixture: {name}.cache_clear()"
    if shared.kind == "fixture":
        name = shared.place.removeprefix("the fixture ").partition(" ")[0]
        return f"give the fixture {name} the scope 'function', or have it hand out a copy"
    if shared.kind == "import":
        return "take the module out again with pytest's monkeypatch.delitem(sys.modules, ...)"
    if shared.kind in ("attribute", "patched"):
        return (
            f"set it with pytest's monkeypatch.setattr, or keep a copy of {shared.place} in an "
            "autouse fixture and put it back after the yield"
        )
    return f"keep what {shared.place} holds in an autouse fixture and put it back after the yield"
