"""Who is victim, who polluter, who cleans up: the questions in their order, the answers as records.

Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import json
import time

import improve_order_search as search
import improve_order_state as state

ALONE_RUNS = 3
CONFIRMING = 3
RATE_RUNS = 10
STATE_SECONDS = 60.0
PASSED, FAILED, UNCLEAR = "passed", "failed", "unclear"


class TimeUp(Exception):
    """The time ended before the answer."""


class Question:
    """One test, and how it fares after others. ``key`` is the failure that is meant."""

    def __init__(self, runs, at, expects=""):
        self.runs, self.at, self.expects = runs, at, expects.rpartition(".")[2]
        self.key = None
        self.times = 1
        self.failure = []

    def ask(self, before):
        return self.judged(self.runs.run(before, self.at))

    def judged(self, told):
        node = self.runs.items[self.at].nodeid
        mine = [one for one in told["reports"] if one.get("id") == node]
        if told["timeout"] and not mine:
            raise TimeUp
        bad = next((one for one in mine if one.get("outcome") == "failed"), None)
        ended = any(one.get("end") for one in told["reports"])
        if bad is None and mine and not ended:
            bad = {"type": "Timeout" if told["timeout"] else "Crash"}
        if bad is None:
            good = any(one.get("when") == "call" and one["outcome"] == "passed" for one in mine)
            return PASSED if good else UNCLEAR
        kind = str(bad.get("type", "")).rpartition(".")[2]
        key = (kind, bad.get("file"), bad.get("line"))
        if self.key is None and (not self.expects or kind == self.expects):
            self.key, self.failure = key, mine
        return FAILED if key == self.key else UNCLEAR

    def fails(self, before):
        return any(self.ask(before) == FAILED for _ in range(self.times))

    def passes(self, before):
        return all(self.ask(before) == PASSED for _ in range(self.times))

    def rate(self, before, *seen):
        """[failures, runs]: three alike are enough, else ten. ``seen`` is what was seen already."""
        seen = [*seen, *(self.ask(before) for _ in range(CONFIRMING - len(seen)))]
        if len(set(seen)) > 1:
            seen += [self.ask(before) for _ in range(RATE_RUNS - CONFIRMING)]
        return [seen.count(FAILED), len(seen)]


def investigate(runs, wanted):
    """What was found, as one record; ``role`` is 'none' when it is no matter of the order."""
    found = {"role": "none", "why": "", "collected": len(runs.items), "before": []}
    try:
        at = _asked_for(runs, wanted.victim) if wanted.victim else _looked_for(runs, found)
        if at is None:
            found["why"] = found["why"] or "the test was not collected with the suite"
        else:
            runs.at = at
            found["victim"] = runs.ids[at]
            _roles(runs, wanted, Question(runs, at, wanted.expects), found)
    except TimeUp:
        found["why"] = "the time was up"
        if not found.get("culprits"):
            found["role"] = "none"
    return dict(found, runs=runs.count, suites=runs.suites, tests=runs.tests)


def _asked_for(runs, victim):
    if victim in runs.ids:
        return runs.ids.index(victim)
    close = [
        i for i, one in enumerate(runs.ids) if one.partition("[")[0] == victim.partition("[")[0]
    ]
    return close[0] if len(close) == 1 else None


def _looked_for(runs, found):
    """A test that fails in one direction of the suite and passes alone."""
    there = range(len(runs.items))
    for order in (list(there), list(there)[::-1]):
        told = runs.run(order[:-1], order[-1])["reports"]
        failed = [one["id"] for one in told if one.get("outcome") == "failed"]
        for node in dict.fromkeys(failed):
            at = next(i for i in there if runs.items[i].nodeid == node)
            runs.at = at
            if Question(runs, at).ask([]) == PASSED:
                return at
    found["why"] = "no test fails in the suite, in either direction, that passes alone"
    return None


def _roles(runs, wanted, question, found):
    alone = [question.ask([]) for _ in range(ALONE_RUNS)]
    found["alone"] = [alone.count(FAILED), len(alone)]
    if len(set(alone)) > 1 or UNCLEAR in alone:
        found["why"] = "alone it does not end the same way each time"
        return
    brittle = alone[0] == FAILED
    turns = question.passes if brittle else question.fails
    for name, before in _orders(runs, wanted):
        if before and turns(before):
            found.update(order=name, before=[runs.ids[one] for one in before])
            _settle(runs, question, before, brittle, found)
            if found["role"] != "none":
                return
    still = "fails" if brittle else "passes"
    found["why"] = (
        found["why"] or f"it {still} alone and in all orders of the suite that were tried"
    )


def _orders(runs, wanted):
    if wanted.logged:
        with open(wanted.logged) as stream:  # noqa: PTH123
            ids = json.load(stream)
        places = {dotted(one): index for index, one in enumerate(runs.ids)}
        places.update((one, index) for index, one in enumerate(runs.ids))
        before = [places[one] for one in ids if one in places and places[one] != runs.at]
        yield "the order that the log tells", before
    modules = [one.partition("::")[0] for one in runs.ids]
    yield from search.orders(len(runs.items), runs.at, modules, wanted.orders)


def dotted(node):
    """As a JUnit file names ``tests/test_a.py::TestB::test_c[x]``: tests.test_a.TestB.test_c[x]."""
    plain, bracket, parameter = node.partition("[")
    path, _, names = plain.partition("::")
    path = path[:-3] if path.endswith(".py") else path
    return ".".join([path.replace("/", "."), *names.split("::")]) + bracket + parameter


def _settle(runs, question, before, brittle, found):
    """Polluters or setters of an order that turns the outcome; sets ``role`` if they are found."""
    rate = question.rate(before, PASSED if brittle else FAILED)
    found["company"] = rate
    question.times = search.repeats(rate[1] - rate[0] if brittle else rate[0], rate[1])
    asked = runs.count
    turns = question.passes if brittle else question.fails
    culprits = search.shortest(before, turns)
    found["halvings"] = runs.count - asked
    if not culprits:
        found["why"] = "the part of the suite that makes it so could not be narrowed down"
        return
    found["culprits"] = [runs.ids[one] for one in culprits]
    found["pair"] = question.rate(culprits)
    found["role"] = "brittle" if brittle else "victim"
    found["failure"] = question.failure
    if not brittle:
        others = [one for one in range(len(runs.ids)) if one not in (*culprits, runs.at)]
        found["cleaner"] = ""
        one = search.cleaner(others, lambda part: question.passes([*culprits, *part]))
        found["cleaner"] = runs.ids[one] if one is not None else ""
    _explain(runs, question, culprits, brittle, found)


def _explain(runs, question, culprits, brittle, found):
    found["state"] = []
    if not runs.forks:
        return  # in an interpreter of its own nothing can be put back
    wanted = FAILED if brittle else PASSED
    end = min(runs.end, time.monotonic() + STATE_SECONDS)

    def flips(reports):
        return question.judged({"reports": reports, "timeout": False}) == wanted

    found["state"] = state.explained(runs, culprits, end, flips)


def in_words(found):
    """For whoever runs this by hand."""
    if found["role"] == "none":
        return f"no order dependence was found: {found['why']}"
    word = "state-setter" if found["role"] == "brittle" else "polluter"
    lines = [f"{found['role']}: {found['victim']}"]
    lines += [f"{word}: {one}" for one in found["culprits"]]
    if found.get("cleaner"):
        lines.append(f"cleaner: {found['cleaner']}")
    for one in found["state"]:
        if one["shared"]:
            place = ":".join(map(str, one["writer"][:2])) or "?"
            lines.append(f"shared: {one['place']}: {one['was']} -> {one['now']}, by {place}")
    lines.append(
        f"order: {found['order']}; suite runs: {found['suites']}, all runs: {found['runs']}"
    )
    return "\n".join(lines)
