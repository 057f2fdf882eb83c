"""How GitHub reads a text: what would be a link, a mention, a reference, a tag, or hidden.

Markdown is judged by a real CommonMark parser with GFM's tables and strikethrough; what GitHub
adds after parsing (https://docs.github.com/get-started/writing-on-github), by its documented
rules, rather too strictly. Nothing here is shared with the product.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Collection, Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_PARSER.core.ruler.disable("text_join")  # a letter behind a backslash stays apart
_ESCAPED = "\ue000"
_CLOSES = r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?"
# On the letters that a reader sees: a backslash before them changes nothing.
_SEEN = {
    "mention": re.compile(r"(?<![\w`])@[A-Za-z0-9]"),
    "reference": re.compile(r"(?<!\w)(?:[\w.-]+/[\w.-]+)?#\d|\bGH-\d", re.IGNORECASE),
    "closing word": re.compile(_CLOSES + r"\s+(?:[\w./-]*#\d|GH-\d|\w+://)", re.IGNORECASE),
    "math": re.compile(r"\$(?:[^\s$][^$]*)\$"),
}
# On the source: GFM looks for these while it parses, and an escape is in their way.
_IN_SOURCE = {
    "autolink": re.compile(r"(?:https?|ftp)://\S|(?<!\w)www\.\S|(?:mailto|xmpp):\S+@\S", re.I),
    "e-mail": re.compile(r"[\w.+-]+@[\w-]+\.\w"),
    "footnote": re.compile(r"\[\^"),
}
# https://docs.github.com/actions/managing-workflow-runs/skipping-workflow-runs, and Azure's.
_NO_CI = re.compile(r"\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]|\*{3}NO_CI", re.I)
# Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt 15.1).
_IGNORABLE = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)  # fmt: skip


@functools.lru_cache(maxsize=8)
def _blocks(markdown: str) -> list[Token]:
    return _PARSER.parse(markdown)


def active(markdown: str, ours: Collection[str] = ()) -> list[str]:
    """What has an effect in this Markdown, besides links to the addresses in ``ours``."""
    found: list[str] = []
    for block in _blocks(markdown):
        if block.type == "html_block":
            found.append(f"tag: {block.content.strip()[:60]!r}")
        elif block.type == "inline":
            found += _inline(block.children or [], ours)
    return found


def _inline(children: list[Token], ours: Collection[str]) -> Iterator[str]:
    seen = parsed = ""
    inside = False  # one of our own links
    for token in children:
        if token.type in ("link_open", "image"):
            target = str(token.attrs.get("href") or token.attrs.get("src"))
            inside = target in ours
            if not inside:
                yield f"{token.type.removesuffix('_open')}: {target[:60]!r}"
        elif token.type == "link_close":
            inside = False
        elif token.type == "html_inline":
            yield f"tag: {token.content[:60]!r}"
        # Code, a line end or a tag parts what stands before it from what stands behind it.
        content = token.content if token.type in ("text", "text_special") and not inside else "\n"
        seen += content
        parsed += _ESCAPED * len(content) if token.type == "text_special" else content
    for text, rules in ((seen, _SEEN), (parsed, _IN_SOURCE)):
        for name, rule in rules.items():
            for hit in rule.finditer(text):
                yield f"{name}: {hit[0][:60]!r} in {text[:120]!r}"


def active_in_commit(message: str) -> list[str]:
    """What has an effect in a commit's message, which is no Markdown: every letter counts."""
    rules = {**_SEEN, **_IN_SOURCE, "no CI": _NO_CI}
    for name in ("math", "footnote"):
        rules.pop(name)
    found = [
        f"{name}: {hit[0][:60]!r}" for name, rule in rules.items() for hit in rule.finditer(message)
    ]
    last = message.rstrip().rsplit("\n\n", 1)[-1]
    known = ("Fixed-by: ", "Reproduced-by: ")
    return found + [
        f"trailer: {line!r}"
        for line in last.split("\n")
        if re.match(r"[\w-]+: ", line) and not line.startswith(known)
    ]


def skeleton(markdown: str) -> list[str]:
    """The form of a text without its words: blocks, and what is in them beside text and code."""
    form = []
    for block in _blocks(markdown):
        form.append(f"{block.type} {block.tag} {block.info}".rstrip())
        for token in block.children or []:
            if token.type not in ("text", "text_special", "code_inline"):
                form.append(f"  {token.type}")
    return form


def outside_code(markdown: str) -> str:
    """All that stands in no fence and no code span."""
    inline = (block.children or [] for block in _blocks(markdown) if block.type == "inline")
    return "\n".join(
        "".join(t.content for t in children if t.type != "code_inline") for children in inline
    )


def hidden(text: str) -> list[str]:
    """Characters that steer a terminal, turn the direction or are drawn as nothing, by number."""
    found = set(text) & _hiding()
    if "\ufe0f" * 2 not in text:  # one makes an emoji of the sign before it
        found.discard("\ufe0f")
    return sorted(f"U+{ord(sign):04X}" for sign in found)


@functools.cache
def _hiding() -> set[str]:
    kinds = ("Cc", "Cf", "Cs", "Zl", "Zp")
    steer = {sign for sign in map(chr, range(0x110000)) if unicodedata.category(sign) in kinds}
    drawn_as_nothing = {chr(n) for first, last in _IGNORABLE for n in range(first, last + 1)}
    return (steer | drawn_as_nothing) - {"\t", "\n"}
