"""File tools for a model: what the fence allows, in answers that a conversation can carry."""

from __future__ import annotations

import os
from functools import partial

from improve.agents.fence import Bounds, Place, Refused, readable, writable
from improve.agents.inside import LARGEST_FILE, content_of, opened, or_none, told, walk

LONGEST_LINE = 4096
ANSWER = 30_000  # characters
MOST_LINES = 1500
MOST_ENTRIES = 1000
MOST_HITS = 200


def read_file(bounds: Bounds, path: str, first: int = 1, count: int = 400) -> str:
    """Lines ``first`` to ``first + count - 1``, each with its number, and how many there are.

    Raises: Refused, also for what is no text file.
    """
    place = readable(bounds, path)
    lines = _text(content_of(place), path).split("\n")
    if lines and not lines[-1]:
        lines.pop()
    first, count = max(1, first), max(1, min(count, MOST_LINES))
    chosen = lines[first - 1 : first - 1 + count]
    body = "\n".join(
        f"{number:6}\t{one[:LONGEST_LINE]}" for number, one in enumerate(chosen, first)
    )
    last = first + len(chosen) - 1
    return cut(f"{place.below}: lines {first} to {last} of {len(lines)}\n{body}")


def list_files(bounds: Bounds, folder: str = ".") -> str:
    """Files below ``folder``, one a line, without what builds and tools leave behind.

    Raises: Refused.
    """
    found = []
    for below, _size in walk(readable(bounds, folder)):
        found.append(below)
        if len(found) > MOST_ENTRIES:
            found[-1] = f"[more than {MOST_ENTRIES}; list a folder below]"
            break
    return cut("\n".join(found) or "[no files]")


def search(bounds: Bounds, text: str, folder: str = ".") -> str:
    """Lines below ``folder`` that hold ``text``: 'path:line: content'. No pattern language.

    A pattern of the model's own could stall us; a text cannot.

    Raises: Refused.
    """
    if not text or len(text) > 1000 or "\n" in text:
        raise Refused("search for 1 to 1000 characters on one line")
    place, wanted, hits = readable(bounds, folder), text.encode(), []
    for below, size in walk(place):
        if size > LARGEST_FILE:
            continue
        content = or_none(partial(content_of, Place(place.root, below)))
        if content is None or wanted not in content or b"\0" in content[:8192]:
            continue
        for number, line in enumerate(content.split(b"\n"), 1):
            if wanted in line:
                hits.append(f"{below}:{number}: {line[:300].decode('utf-8', 'replace')}")
        if len(hits) >= MOST_HITS:
            hits[MOST_HITS:] = [f"[more than {MOST_HITS} lines; search in a folder or for more]"]
            break
    return cut("\n".join(hits) or f"[no line holds {text[:100]!r}]")


def text_of(bounds: Bounds, path: str) -> str:
    """The whole text of a file that may be written, newlines as they are.

    Raises: Refused.
    """
    return _text(content_of(writable(bounds, path)), path)


def write_file(bounds: Bounds, path: str, text: str) -> str:
    """Make a file, or put ``text`` in place of what it holds; missing folders are made.

    Raises: Refused.
    """
    place, content = writable(bounds, path), text.encode("utf-8", "surrogatepass")
    if len(content) > LARGEST_FILE:
        raise Refused(f"{path[:200]!r} would have {len(content)} bytes; at most {LARGEST_FILE}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with opened(place, flags, make_folders=True) as descriptor:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
    return f"wrote {place.below} ({len(content)} bytes)"


def delete_file(bounds: Bounds, path: str) -> str:
    """Delete one file. Raises: Refused."""
    place = writable(bounds, path)
    folder, _, name = place.below.rpartition("/")
    with opened(Place(place.root, folder), os.O_RDONLY | os.O_DIRECTORY) as parent:
        told(partial(os.unlink, name, dir_fd=parent), place.below)
    return f"deleted {place.below}"


def cut(text: str, most: int = ANSWER) -> str:
    """The text, or its beginning and end with a word on what is left out between."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n[{len(text) - 2 * half} characters left out]\n{text[-half:]}"


def _text(content: bytes, path: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Refused(f"{path[:200]!r} is no text in UTF-8") from error
