"""The fixer's first proposals hold the repair that the message asks for."""

from __future__ import annotations

import itertools

import pytest

from improve.records import Failure
from improve.repair.fixers import fixes
from improve.repair.localise import Suspect
from improve.repair.search import candidates
from improve.repair.source import parse

Case = tuple[str, str, str, str]

CASES: dict[str, Case] = {
    "misspelt name": (
        "NameError",
        "name 'totl' is not defined. Did you mean: 'total'?",
        "def f(total):\n    return totl + 1\n",
        "def f(total):\n    return total + 1\n",
    ),
    "misspelt name, no hint": (
        "NameError",
        "name 'lenght' is not defined",
        "def f(length):\n    return lenght\n",
        "def f(length):\n    return length\n",
    ),
    "self": (
        "NameError",
        "name 'size' is not defined",
        "class A:\n    def __init__(self):\n        self.size = 1\n\n    def get(self):\n        return size\n",
        "class A:\n    def __init__(self):\n        self.size = 1\n\n    def get(self):\n        return self.size\n",
    ),
    "module not imported": (
        "NameError",
        "name 'json' is not defined",
        '"""Doc."""\nimport os\n\nx = json.dumps(os.sep)\n',
        '"""Doc."""\nimport os\nimport json\n\nx = json.dumps(os.sep)\n',
    ),
    "class not imported": (
        "NameError",
        "name 'defaultdict' is not defined",
        "x = defaultdict(list)\n",
        "from collections import defaultdict\nx = defaultdict(list)\n",
    ),
    "own name not imported": (
        "NameError",
        "name 'helper' is not defined",
        "x = helper()\n",
        "from pkg.other import helper\nx = helper()\n",
    ),
    "misspelt attribute": (
        "AttributeError",
        "'A' object has no attribute 'nmae'. Did you mean: 'name'?",
        "def f(a):\n    return a.nmae\n",
        "def f(a):\n    return a.name\n",
    ),
    "renamed keyword": (
        "TypeError",
        "g() got an unexpected keyword argument 'colour'",
        "def g(color=1):\n    return color\n\ndef f():\n    return g(colour=2)\n",
        "def g(color=1):\n    return color\n\ndef f():\n    return g(color=2)\n",
    ),
    "keyword that is gone": (
        "TypeError",
        "dumps() got an unexpected keyword argument 'encoding'",
        "def f(x):\n    return dumps(x, encoding=1)\n",
        "def f(x):\n    return dumps(x)\n",
    ),
    "collections.Mapping": (
        "AttributeError",
        "module 'collections' has no attribute 'Mapping'",
        "import collections\n\ndef f(x):\n    return isinstance(x, collections.Mapping)\n",
        "import collections\nimport collections.abc\n\ndef f(x):\n"
        "    return isinstance(x, collections.abc.Mapping)\n",
    ),
    "from collections": (
        "ImportError",
        "cannot import name 'Mapping' from 'collections'",
        "from collections import Mapping, OrderedDict\n",
        "from collections.abc import Mapping\nfrom collections import OrderedDict\n",
    ),
    "numpy alias": (
        "AttributeError",
        "module 'numpy' has no attribute 'float'.",
        "import numpy as np\nx = np.float(1)\n",
        "import numpy as np\nx = float(1)\n",
    ),
    "removed method": (
        "AttributeError",
        "'dict' object has no attribute 'iteritems'",
        "def f(d):\n    return d.iteritems()\n",
        "def f(d):\n    return d.items()\n",
    ),
    "dictionary changed size": (
        "RuntimeError",
        "dictionary changed size during iteration",
        "def f(d):\n    for k in d:\n        del d[k]\n",
        "def f(d):\n    for k in list(d):\n        del d[k]\n",
    ),
    "missing await": (
        "AttributeError",
        "'coroutine' object has no attribute 'x'",
        "async def g():\n    return 1\n\nasync def f():\n    return g().x\n",
        "async def g():\n    return 1\n\nasync def f():\n    return (await g()).x\n",
    ),
    "encoding": (
        "UnicodeDecodeError",
        "'ascii' codec can't decode byte 0xc3",
        "def f(p):\n    return open(p).read()\n",
        'def f(p):\n    return open(p, encoding="utf-8").read()\n',
    ),
    "identity": (
        "AssertionError",
        "assert 1 == 2",
        "def f(x):\n    return x is 'abc'\n",
        "def f(x):\n    return x == 'abc'\n",
    ),
    "wrong text": (
        "AssertionError",
        "assert 'Hello  Ann, 3 items' == 'Hello, Ann: 3 items'",
        "def f(n, k):\n    return 'Hello  ' + n + ', ' + str(k) + ' items'\n",
        "def f(n, k):\n    return 'Hello, ' + n + ', ' + str(k) + ' items'\n",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_the_repair_is_among_the_first_proposals(case: Case) -> None:
    kind, message, before, after = case
    source = parse("pkg/a.py", before.encode())
    assert source is not None
    lines = [Suspect("pkg/a.py", n, 0.5) for n in range(1, len(source.starts))]
    project = {"pkg/a.py": before.encode(), "pkg/other.py": b"def helper():\n    return 1\n"}
    failure = Failure(error_type=kind, message=message)
    made = fixes(failure, {"pkg/a.py": source}, lines, project)
    first = list(itertools.islice(candidates({"pkg/a.py": source}, lines, made), 12))
    assert after in [c.new_text for c in first], [c.new_text for c in first]


def test_a_long_hostile_message_is_cut_first() -> None:
    failure = Failure(error_type="AssertionError", message="assert '" + "a" * 2_000_000)
    assert list(fixes(failure, {}, (), {})) == []


def test_the_expected_answer_is_never_written_into_the_product() -> None:
    """A test that wants another text altogether is not answered with that text."""
    source = parse("a.py", b"def f():\n    return 'no'\n")
    assert source is not None
    failure = Failure(
        error_type="AssertionError", message="assert 'no' == 'The whole answer of the test'"
    )
    made = list(fixes(failure, {"a.py": source}, [Suspect("a.py", 2, 1.0)], {}))
    assert made == []
