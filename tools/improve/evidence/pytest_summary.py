"""The short test summary of pytest, and how it and the sections become one failure each.

    FAILED tests/test_cart.py::TestCart::test_total[a - b] - ValueError: no
    ERROR tests/test_cart.py - ImportError: ...

A node id may hold ' - ', brackets, '::' and blanks inside its parameters, so the border between
node id and message is found with what else the log said, and else by the brackets.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from improve.evidence.pieces import Piece, split_error
from improve.evidence.pytest_progress import Progress
from improve.evidence.pytest_section import Section, node_names, title_of
from improve.records.evidence import FailureKind

_ENTRY = re.compile(
    r"(?:(FAILED|ERROR)|SUBFAIL(?:ED)?((?: ?\[[^\]]{0,200}\])?(?: ?\([^)]{0,200}\))?)) (.*)$"
)
_STATUS = re.compile(r"(?:PASSED|SKIPPED|XFAIL|XPASS|XFAILED|XPASSED|SUBPASS\w*|RERUN)\b")
_FILE = re.compile(r"\S.{0,500}?\.(?:py|pyx|txt|rst|md|ipynb)$")
_ROW = re.compile(r"(\S.{0,500}?):(\d{1,8}): (.*)$")
_MAX_CANDIDATES = 40


@dataclass
class Entry:
    """One line of the short summary, with the lines that went on with its message."""

    group: str
    node_id: str
    title: str
    message: str
    cut: bool
    more: list[str] = field(default_factory=list)


@dataclass
class Row:
    """One failure as ``--tb=line`` tells it."""

    text: str
    place: tuple[str, int] | None
    used: bool = False


def read_entry(text: str, known: Iterable[str] = ()) -> Entry | None:
    """The summary line as an entry; ``known`` are titles and node ids seen elsewhere."""
    found = _ENTRY.match(text)
    if not found:
        return None
    group = "ERROR" if found[1] == "ERROR" else "FAILED"
    label = (found[2] or "").strip()
    node_id, message = _divide(found[3], frozenset(known))
    cut = message.endswith(("...", "\u2026"))
    title = f"{title_of(node_id)} {label}".strip()
    return Entry(group, node_id.strip(), title, message.strip(), cut)


def is_status(text: str) -> bool:
    """A summary line of a test that did not fail."""
    return bool(_STATUS.match(text))


def read_row(text: str) -> Row:
    """A line of a FAILURES section in ``--tb=line`` style."""
    if text == "None":  # pytest 6 knows no place for a failure without a traceback
        return Row("", None)
    found = _ROW.match(text)
    return Row(found[3], (found[1], int(found[2]))) if found else Row(text, None)


def _divide(text: str, known: frozenset[str]) -> tuple[str, str]:
    if text.startswith("- "):  # pytest < 8: an error of the whole session has no node
        return "", text[2:]
    borders = _borders(text)
    for border in borders:
        head = text[:border]
        if head in known or ("::" in head and title_of(head) in known):
            return head, text[border + 3 :]
    for border in borders:
        if _looks_whole(text[:border]):
            return text[:border], text[border + 3 :]
    return text, ""


def _borders(text: str) -> list[int]:
    borders: list[int] = []
    at = text.find(" - ")
    while at >= 0 and len(borders) < _MAX_CANDIDATES:
        borders.append(at)
        at = text.find(" - ", at + 1)
    return borders


def _looks_whole(head: str) -> bool:
    _, _, names = head.partition("::")
    if not names:
        return bool(_FILE.match(head)) or "/" in head or " " not in head
    return "[" not in names or head.endswith("]")


def merge(
    sections: list[Section],
    rows: list[Row],
    entries: list[Entry],
    progress: Progress,
) -> list[Piece]:
    """One piece a failure, in the order of the log's sections.

    Sections and entries come in the same order in pytest's output, so equal titles pair first
    to first.
    """
    waiting: dict[tuple[str, str], deque[Entry]] = defaultdict(deque)
    for entry in entries:
        waiting[entry.group, entry.title].append(entry)
    nodes: dict[str, deque[str]] = defaultdict(deque)
    for node_id in progress.seen:
        nodes[title_of(node_id)].append(node_id)
    pieces: list[Piece] = []
    paired: set[int] = set()
    for section in sections:
        title = title_of(section.node_id) if section.node_id else section.name
        match = _pop_entry(waiting[section.group, title], section)
        if match is not None:
            paired.add(id(match))
        pieces.append(_with_section(section, match, nodes[title], progress))
    left = [entry for entry in entries if id(entry) not in paired]
    pieces.extend(_without_section(entry, rows, len(left)) for entry in left)
    told = {piece.node_id for piece in pieces}
    pieces.extend(_of_rows(rows, pieces))
    if not entries:
        pieces.extend(
            Piece(node_id=node_id, title=title_of(node_id), kind=_kind(group, node_id))
            for node_id, group in progress.seen.items()
            if node_id not in told
        )
    return pieces


def _pop_entry(queue: deque[Entry], section: Section) -> Entry | None:
    if not queue:
        return None
    files = {path for path, _, _ in section.frames}
    for entry in queue:
        if entry.node_id.partition("::")[0] in files:
            queue.remove(entry)
            return entry
    return queue.popleft()


def _with_section(
    section: Section, entry: Entry | None, nodes: deque[str], progress: Progress
) -> Piece:
    piece = section.piece()
    if entry is None:
        own = section.own_node_id(progress.rootdir) or _only_node(section, progress)
        match = [node for node in nodes if node == own] or list(nodes)
        piece.node_id = match[0] if match else own
        if match:
            nodes.remove(match[0])
        return piece
    piece.node_id = entry.node_id
    if piece.error_type is None and entry.message and piece.kind != "crash":
        known_text, known_cut = piece.message, piece.message_cut
        piece.set_error(entry.message)
        piece.message_cut = entry.cut
        stem = piece.message.rstrip(".\u2026")
        if known_text and (entry.cut or not stem) and known_text.startswith(stem):
            piece.message, piece.message_cut = known_text, known_cut
    return piece


def _only_node(section: Section, progress: Progress) -> str | None:
    path = progress.only_file(section.group)
    return f"{path}::{node_names(section.name)}" if path else None


def _without_section(entry: Entry, rows: list[Row], left: int) -> Piece:
    piece = Piece(kind=_kind(entry.group, entry.node_id), node_id=entry.node_id)
    piece.title = title_of(entry.node_id)
    text, cut = entry.message, entry.cut
    row = _row_for(entry, rows, left)
    if row is not None:
        row.used = True
        piece.place = row.place
        if row.place is not None:
            piece.frames = [(*row.place, "")]
        if not text or (cut and len(row.text) >= len(text)):
            text, cut = row.text, False
    if text and not (cut and _only_a_name(text)):
        piece.set_error(text)
    piece.message_cut = piece.message_cut or cut
    piece.excerpt = "\n".join([text, *entry.more]).strip("\n")
    return piece


def _only_a_name(text: str) -> bool:
    """A cut so short that not even the error's name is whole: better no name than half of one."""
    return ": " not in text and not text.startswith("assert ")


def _row_for(entry: Entry, rows: list[Row], left: int) -> Row | None:
    free = [row for row in rows if not row.used]
    if entry.group != "FAILED" or not free:
        return None
    stem = entry.message.rstrip(".\u2026")
    for row in free:
        if stem and row.text.startswith(stem):
            return row
    return free[0] if not stem and len(rows) >= left else None


def _of_rows(rows: list[Row], pieces: list[Piece]) -> list[Piece]:
    """``--tb=line`` without a summary: the places and messages are all there is."""
    if any(piece.kind == "call" and piece.node_id for piece in pieces):
        return []
    found = []
    for row in rows:
        if row.used or row.place is None:
            continue
        piece = Piece(place=row.place, frames=[(*row.place, "")], excerpt=row.text)
        piece.error_type, piece.message = split_error(row.text)
        found.append(piece)
    return found


def _kind(group: str, node_id: str) -> FailureKind:
    if group == "FAILED":
        return "call"
    return "setup" if "::" in node_id else "collection"
