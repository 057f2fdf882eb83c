"""What is kept and what goes, told by the cut's source alone."""

from __future__ import annotations

import ast
import textwrap

import pytest
from tests.cut.trees import Files, reader

from improve.cut import Cut, count_lines, cut_candidates, cut_test

FLAT: Files = {
    "tests/test_shop.py": '''
        """Tests of the shop."""
        import json
        import os
        from shop import Cart, Item, price

        RATE = 7  # per cent
        OTHER = 1


        def item(name="pen"):
            # a plain one
            return Item(name, RATE)


        def unused():
            return json.dumps(OTHER)


        def test_price():
            assert price(item(), rate = RATE) == 3   # spaces stay


        def test_other():
            assert os and Cart
        ''',
}


def cut(files: Files, node_id: str) -> Cut:
    made = cut_test(node_id, reader(files), commit="a" * 40)
    assert made is not None, f"{node_id} could not be cut"
    ast.parse(made.source)
    return made


def test_only_what_the_test_needs_is_kept_as_it_was_written() -> None:
    made = cut(FLAT, "tests/test_shop.py::test_price")
    assert made.source == textwrap.dedent(
        """\
        # Cut from tests/test_shop.py::test_price at commit aaaaaaaaaaaa.

        from shop import Item, price


        RATE = 7  # per cent


        def item(name="pen"):
            # a plain one
            return Item(name, RATE)


        def test_price():
            assert price(item(), rate = RATE) == 3   # spaces stay
        """
    )
    assert made.node_id_suffix == "test_price"
    assert count_lines(made.source) == 8


def test_fixtures_come_from_the_module_and_from_every_conftest_but_the_top_one() -> None:
    files = {
        "conftest.py": "import pytest\n\n@pytest.fixture\ndef top():\n    return 1\n",
        "tests/conftest.py": """
            import pytest
            from shop import Store

            @pytest.fixture
            def store(folder):
                return Store(folder)

            @pytest.fixture(name="folder")
            def _folder(tmp_path):
                return tmp_path

            @pytest.fixture(autouse=True)
            def clean():
                Store.all.clear()

            @pytest.fixture
            def never_asked_for():
                pass
            """,
        "tests/unit/test_store.py": """
            import pytest

            @pytest.fixture
            def full(store):
                store.add(1)
                return store

            @pytest.mark.usefixtures("full")
            def test_full(top):
                assert not top
            """,
    }
    source = cut(files, "tests/unit/test_store.py::test_full").source
    for kept in ("def full(store)", "def store(folder)", 'name="folder"', "def clean()"):
        assert kept in source, source
    for gone in ("never_asked_for", "def top"):
        assert gone not in source, source
    assert source.count("import pytest") == 1, source


def test_a_class_keeps_its_set_up_and_what_the_test_mentions() -> None:
    files = {
        "tests/base.py": """
            class Mixin:
                size = 3

                def make(self):
                    return [self.size]

                def spare(self):
                    return None
            """,
        "tests/test_case.py": """
            import unittest
            from .base import Mixin

            class TestCase(Mixin, unittest.TestCase):
                limit = 5
                unused = 6

                def setUp(self):
                    self.it = self.make()

                def test_one(self):
                    self.assertEqual(self.it, self.limit)

                def test_two(self):
                    pass
            """,
        "tests/__init__.py": "",
    }
    made = cut(files, "tests/test_case.py::TestCase::test_one")
    assert made.node_id_suffix == "TestCase::test_one"
    for kept in ("size = 3", "def make", "def setUp", "limit = 5", "class Mixin"):
        assert kept in made.source, made.source
    for gone in ("spare", "unused", "test_two", "from .base"):
        assert gone not in made.source, made.source


def test_a_base_class_from_outside_keeps_every_member_that_is_no_test() -> None:
    files = {
        "tests/test_web.py": """
            from web import WebCase

            class TestWeb(WebCase):
                def get_app(self):
                    return 1

                def test_one(self):
                    pass

                def test_two(self):
                    pass
            """
    }
    source = cut(files, "tests/test_web.py::TestWeb::test_one").source
    assert "get_app" in source and "test_two" not in source, source


def test_labels_go_and_marks_with_meaning_stay() -> None:
    files = {
        "tests/test_m.py": """
            import pytest

            pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("env")]

            @pytest.fixture
            def env(request):
                return request.node.get_closest_marker("color")

            @pytest.mark.integration
            @pytest.mark.color("red")
            @pytest.mark.asyncio
            async def test_m():
                assert False
            """
    }
    made = cut(files, "tests/test_m.py::test_m")
    for kept in ("mark.color", "mark.asyncio", 'usefixtures("env")'):
        assert kept in made.source, made.source
    assert "integration" not in made.source and "slow" not in made.source, made.source
    assert made.dropped == ("mark integration", "labels in pytestmark")


def test_imports_inside_packages_become_absolute_and_the_product_is_never_copied() -> None:
    files = {
        "src/pkg/__init__.py": "",
        "src/pkg/core.py": "def run():\n    return 1\n",
        "src/pkg/tests/__init__.py": "",
        "src/pkg/tests/test_core.py": """
            from ..core import run
            from .. import core as c

            def test_run():
                assert run() == c.run() + 1
            """,
    }
    source = cut(files, "src/pkg/tests/test_core.py::test_run").source
    assert "from pkg.core import run" in source, source
    assert "from pkg import core as c" in source, source
    assert "def run" not in source


def test_helpers_of_other_test_modules_are_copied_first_and_imported_second() -> None:
    files = {
        "tests/__init__.py": "",
        "tests/util.py": "import json\nSEP = (',', ':')\ndef pack(x):\n    return json.dumps(x, separators=SEP)\n",
        "tests/test_u.py": "from tests.util import pack as p\ndef test_u():\n    assert p(1) == 2\n",
    }
    found = list(cut_candidates("tests/test_u.py::test_u", reader(files)))
    assert "def pack(x)" in found[0].source and "p = pack" in found[0].source, found[0].source
    assert "from tests.util import pack as p" in found[1].source, found[1].source
    assert found[1].needs == ("tests/util.py",)


def test_a_support_module_that_only_pytest_makes_importable_gets_its_folder_on_the_path() -> None:
    files = {
        "tests/helpers.py": "def one():\n    return 1\n",
        "tests/test_h.py": "import helpers\n\ndef test_h():\n    assert helpers.one() == 2\n",
    }
    made = cut(files, "tests/test_h.py::test_h")
    assert 'sys.path.insert(0, str(REPOSITORY / "tests"))\n\nimport helpers' in made.source
    assert made.needs == ("tests/helpers.py",)


def test_files_beside_the_original_are_still_found_and_listed() -> None:
    files = {
        "tests/data/a.json": "{}",
        "tests/test_d.py": """
            import os

            HERE = os.path.dirname(__file__)

            def test_d():
                assert open(os.path.join(HERE, "data/a.json")).read() == ""
            """,
    }
    made = cut(files, "tests/test_d.py::test_d")
    assert 'os.path.dirname(str(REPOSITORY / "tests/test_d.py"))' in made.source, made.source
    assert made.needs == ("tests/data/a.json",)


def test_star_imports_conditional_imports_and_effects() -> None:
    files = {
        "tests/__init__.py": "",
        "tests/names.py": "ONE = 1\nTWO = 2\n",
        "tests/test_s.py": """
            from __future__ import annotations
            import logging
            from typing import TYPE_CHECKING
            from .names import *
            import pytest

            pytest.importorskip("json")
            try:
                import numpy as np
            except ImportError:
                np = None
            if TYPE_CHECKING:
                from shop import Cart

            KNOWN = []
            KNOWN.append(1)
            IGNORED = []
            IGNORED.append(1)

            def test_s(tmp_path: Cart):
                assert KNOWN == [ONE, np]

            if __name__ == "__main__":
                pytest.main()
            """,
    }
    source = cut(files, "tests/test_s.py::test_s").source
    for kept in (
        "ONE = 1",
        "import numpy as np",
        "except ImportError",
        "KNOWN.append",
        "importorskip",
    ):
        assert kept in source, source
    for gone in ("TWO", "IGNORED", "__main__", "import *", "logging"):
        assert gone not in source, source
    assert source.index("from __future__") < source.index("import pytest")


def test_what_registers_itself_on_a_kept_object_is_kept() -> None:
    files = {
        "tests/test_app.py": """
            from web import App
            app = App()
            other = App()

            @app.route("/")
            def index():
                return "hi"

            @other.route("/")
            def nothing():
                return ""

            def test_app():
                assert app.get("/") == 1
            """
    }
    source = cut(files, "tests/test_app.py::test_app").source
    assert "def index" in source and "nothing" not in source, source


def test_same_name_in_two_files_is_never_mixed_up() -> None:
    files = {
        "tests/__init__.py": "",
        "tests/util.py": "LIMIT = 1\ndef low():\n    return LIMIT\n",
        "tests/test_n.py": "from .util import low\nLIMIT = 2\ndef test_n():\n    assert low() == LIMIT\n",
    }
    source = cut(files, "tests/test_n.py::test_n").source
    assert "from tests.util import low" in source and "LIMIT = 1" not in source, source


@pytest.mark.parametrize(
    "node_id",
    [
        "docs/index.rst::index.rst",
        "src/shop.py::shop.price",
        "tests/test_shop.py::test_missing",
        "tests/test_shop.py::TestMissing::test_price",
        "tests/test_none.py::test_x",
        "tests/test_broken.py::test_x",
        "",
        "::",
        "tests/test_shop.py::test_price::[",
    ],
)
def test_what_cannot_be_cut_gives_no_cut_and_no_error(node_id: str) -> None:
    files = {**FLAT, "tests/test_broken.py": "def test_x(:\n", "docs/index.rst": ">>> 1\n2\n"}
    assert cut_test(node_id, reader(files)) is None


def test_a_file_that_cannot_be_imported_becomes_a_test_of_its_imports() -> None:
    made = cut(FLAT, "tests/test_shop.py")
    assert made.node_id_suffix == "test_imports_of_shop"
    assert "    from shop import Cart, Item, price\n" in made.source


def test_candidates_get_larger_and_end_with_the_whole_module() -> None:
    found = list(cut_candidates("tests/test_shop.py::test_price", reader(FLAT)))
    assert "unused" not in found[0].source and "unused" in found[-1].source
    assert "test_other" not in found[-1].source
    assert len({c.source for c in found}) == len(found)


def test_a_fixture_that_extends_its_namesake_is_left_to_the_conftest_plugin() -> None:
    files = {
        "tests/conftest.py": "import pytest\n@pytest.fixture\ndef it():\n    return 1\n",
        "tests/test_f.py": """
            import pytest

            @pytest.fixture
            def it(it):
                return it + 1

            def test_f(it):
                assert it == 3
            """,
    }
    made = cut(files, "tests/test_f.py::test_f")
    assert "pytest_plugins = ['tests.conftest']" in made.source, made.source


def test_hostile_node_ids_stay_inside_the_comment() -> None:
    files = {
        "tests/test_h.py": "import pytest\n@pytest.mark.parametrize('a', X)\ndef test_h(a):\n    pass\n"
    }
    node_id = "tests/test_h.py::test_h[a\nimport os\n\u202e" + "x" * 5000 + "]"
    for made in cut_candidates(node_id, reader(files)):
        assert made.source.splitlines()[0].startswith("# Cut from tests/test_h.py")
        assert "\nimport os" not in made.source and len(made.source) < 2000


def test_what_is_named_by_a_string_beside_the_module_name_is_kept() -> None:
    files = {
        "tests/test_n.py": """
            import importlib
            wanted = 23
            spare = 24

            def test_n():
                assert importlib.import_module(__name__ + ".wanted")
            """
    }
    source = cut(files, "tests/test_n.py::test_n").source
    assert "wanted = 23" in source and "spare" not in source, source
