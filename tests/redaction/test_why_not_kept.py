"""A diff that adds a secret, or puts the mark of one in its place, is not kept."""

from __future__ import annotations

import pytest
from tests.support.secrets import SECRETS

from improve.redaction import redact, why_not_kept

LINE = f"TOKEN = '{SECRETS['npm']}'"
MARKED = redact(LINE)


def diff(old: str, new: str) -> bytes:
    return f"--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-{old}\n+{new}\n".encode()


@pytest.mark.parametrize(
    ("old", "new"),
    [(LINE, MARKED), (LINE, f"{MARKED}  # npm"), (f"{LINE}; price = 1", f"{MARKED}; price = 2")],
)
def test_the_mark_is_not_written_where_the_secret_stood(old: str, new: str) -> None:
    assert why_not_kept(diff(old, new)) == (
        "it writes '[redacted: npm token]' where the file holds what that mark hides"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (LINE, "TOKEN = environ['TOKEN']"),
        (f"    {LINE}", LINE),
        ("price = 1", f"price = 2  # {MARKED}"),
        (MARKED, f"{MARKED}  # a mark that was there before"),
        (f"{LINE}; price = 1", f"{LINE}; price = 1"),
    ],
)
def test_other_changes_near_a_secret_are_kept(old: str, new: str) -> None:
    assert why_not_kept(diff(old, new)) == ""


def head(name: str, mode: str) -> str:
    return f"diff --git a/{name} b/{name}\n{mode}\n"


def test_the_name_of_an_empty_new_file_is_read_too() -> None:
    named = head(f"docs/{SECRETS['npm']}.md", "new file mode 100644") + "index 0000000..e69de29\n"
    assert "looks like a secret (npm token)" in why_not_kept(named.encode())
    moded = head(f"docs/{SECRETS['npm']}.md", "old mode 100644") + "new mode 100755\n"
    assert why_not_kept(moded.encode()) == "", "a file that was there is nobody's doing"
    honest = head("docs/empty.md", "new file mode 100644") + "index 0000000..e69de29\n"
    assert why_not_kept(honest.encode()) == ""


def test_a_secret_that_is_new_is_not_kept() -> None:
    assert "looks like a secret (npm token)" in why_not_kept(diff("TOKEN = ''", LINE))
