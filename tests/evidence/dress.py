"""Dresses a bare log as GitHub Actions does, so one recorded log serves for all dresses."""

from __future__ import annotations

STAMP = "2026-01-02T03:04:{:02d}.{:07d}Z "


def stamped(log: str) -> str:
    """As downloaded from the runner: a mark, a timestamp a line, CRLF, a closing error."""
    lines = ["##[group]Run python -m pytest", *_lines(log)]
    lines.insert(1, "##[endgroup]")
    lines.append("##[error]Process completed with exit code 1.")
    stamps = (STAMP.format(n % 60, n) for n in range(len(lines)))
    return "\ufeff" + "".join(f"{s}{line}\r\n" for s, line in zip(stamps, lines, strict=True))


def tabbed(log: str, job: str = "test (3.11)") -> str:
    """As ``gh run view --log`` prints it: job, step, timestamp, text."""
    return "".join(
        f"{job}\tRun tests\t{STAMP.format(n % 60, n)}{line}\n" for n, line in enumerate(_lines(log))
    )


def interleaved(first: str, second: str) -> str:
    """Two tabbed logs, line about."""
    left, right = first.splitlines(True), second.splitlines(True)
    mixed: list[str] = []
    while left or right:
        mixed += left[:1] + right[:1]
        left, right = left[1:], right[1:]
    return "".join(mixed)


def coloured(log: str) -> str:
    """Every line wrapped in colours, with a title-setting OSC and a zero-width blank."""
    return "".join(f"\x1b]0;t\x07\x1b[31m\u200b{line}\x1b[0m\n" for line in _lines(log))


def _lines(log: str) -> list[str]:
    return log.rstrip("\n").split("\n")
