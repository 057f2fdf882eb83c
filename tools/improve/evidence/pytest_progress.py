"""What pytest tells while it runs: root folder, the test that runs now, and who failed.

rootdir: /home/runner/work/shop/shop
tests/test_cart.py ..F                                   [ 30%]
tests/test_cart.py::test_total[a b] FAILED               [ 31%]
[gw0] [ 32%] FAILED tests/test_cart.py::test_tax
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_VERBOSE = re.compile(
    r"(?:\[gw\d+\] \[ *\d+%\] )?(?:(FAILED|ERROR) )?(\S[^:]{0,500}::.{1,2000}?)"
    r"(?: <- \S{1,500})?(?: (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS|RERUN)\b[^:]{0,300})?$"
)
_DOTS = re.compile(r"(\S{1,500}\.py)(?: ([.FEsxXR]{1,300}))?(?:$| {2,}\[)")
_MAX_SEEN = 5000


@dataclass
class Progress:
    """``seen`` maps failed node ids to their group ('FAILED', 'ERROR'), ``files`` the files of
    lines like 'x.py ..F' to their letters; ``running`` is the node that has no status yet."""

    rootdir: str | None = None
    running: str | None = None
    seen: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def read_status(self, text: str, in_session: bool) -> bool:
        """Take a line with a node id in it. True when it is a status line."""
        found = _VERBOSE.match(text)
        if not found:
            return False
        node_id, status = found[2].strip(), found[1] or found[3]
        if not in_session and (status is None or ".py::" not in node_id):
            return False
        self.running = node_id if status is None else None
        if status in ("FAILED", "ERROR") and len(self.seen) < _MAX_SEEN:
            self.seen.setdefault(node_id, status)
        return True

    def read_dots(self, text: str) -> None:
        """Take a line of the short progress form, if it is one."""
        found = _DOTS.match(text)
        if found and (found[1] in self.files or len(self.files) < _MAX_SEEN):
            self.files[found[1]] = (self.files.get(found[1], "") + (found[2] or ""))[:1000]
            self.running = None if text.endswith("]") else found[1]

    def only_file(self, group: str) -> str | None:
        """The file that had a failure (or an error), if it was just one."""
        files = [path for path, letters in self.files.items() if group[:1] in letters]
        return files[0] if len(files) == 1 else None
