"""Says of everything that a run wrote or printed what in it is not inert."""

from __future__ import annotations

from pathlib import Path

from tests.support.github_reader import active, active_in_commit, hidden, outside_code, skeleton
from tests.support.hostile_doors import Came
from tests.support.hostile_sinks import MARKDOWN, Left, left, sinks
from tests.support.step_runner import obeyed

from improve.workbench.bench import Bench

OURS = ("https://github.com/octo/shop/actions/runs/7/attempts/1",)


class Judge:
    """Compares with what the same run leaves when the text is honest.

    ``tree`` is a folder that agents may read; ``outputs`` is written to.
    """

    def __init__(self, outputs: Path, bench: Bench, tree: Path, honest: Left) -> None:
        self.outputs, self.bench, self.tree = outputs, bench, tree
        self.honest = self.written(honest)

    def written(self, made: Left) -> dict[str, str]:
        return sinks(made, self.outputs, self.bench, self.tree)

    def wrong(self, came: Came) -> list[str]:
        """All that is not inert, each named by its sink."""
        return self.wrong_in(left(came))

    def wrong_in(self, made: Left) -> list[str]:
        found, texts = [], self.written(made)
        for name, text in texts.items():
            if name != "summary" or text != texts["report"]:
                found += [f"{name}: {problem}" for problem in self.judged(name, text)]
        return found

    def judged(self, name: str, text: str) -> list[str]:
        found = [f"hidden {number}" for number in hidden(text)]
        if name in ("title", "commit"):
            found += active_in_commit(text)
        elif name == "terminal":
            found += [f"command: {line}" for line in obeyed(text)]
        elif name == "outputs" and len(text.split("\n")) != len(self.honest[name].split("\n")):
            found.append("an output of its own")
        elif name == "prompt":  # a model reads it: nothing takes effect, but all has its place
            honest = self.honest[name]
            more = _more(outside_code(text).split("\n"), outside_code(honest).split("\n"))
            found += [f"outside of a fence: {line[:80]!r}" for line in more]
            found += [f"another form: {line}" for line in _more(skeleton(text), skeleton(honest))]
        elif name in MARKDOWN:
            same = skeleton(text) == skeleton(self.honest[name])
            found += [*active(text, OURS), *([] if same else ["another form"])]
        return found


def _more(lines: list[str], honest: list[str]) -> list[str]:
    """Lines that the honest text has not; of a long prompt, parts are left out."""
    return [line for line in lines if line not in honest]
