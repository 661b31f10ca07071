"""Aligned tables for terminals, whatever the scripts of the cells."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def cut(text: str, width: int) -> str:
    """The text, with an ellipsis where it is wider than that."""
    if columns(text) <= width:
        return text
    while text and columns(text) > width - 1:
        text = text[:-1]
    return f"{text}…"


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    width: int = 1_000_000,
    right: Sequence[int] = (),
    paint: Callable[[int, str, Sequence[str]], str] = lambda column, text, row: text,
) -> list[str]:
    """The lines of a table whose columns are aligned, those in `right` to the right.

    The last column is cut where a line would be wider than `width`. `paint` colours a cell after it was measured.
    """
    cells = [header, *rows]
    widths = [max(columns(row[index]) for row in cells) for index in range(len(header))]
    room = max(8, width - sum(widths[:-1]) - 2 * (len(widths) - 1))
    widths[-1] = min(widths[-1], room)
    lines = []
    for number, row in enumerate(cells):
        padded = [_pad(cut(text, widths[i]), widths[i], i in right) for i, text in enumerate(row)]
        shown = padded if number == 0 else [paint(i, text, row) for i, text in enumerate(padded)]
        lines.append("  ".join(shown).rstrip())
    return lines


def _pad(text: str, width: int, right: bool) -> str:
    space = " " * (width - columns(text))
    return space + text if right else text + space
