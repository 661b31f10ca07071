"""Bars with their spread, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from statistics import median

WIDTH, LABEL, ROW, TOP = 760, 190, 34, 48


def bars(title: str, values: Mapping[str, Sequence[float]]) -> str:
    """One bar a name, as long as the median, with a line from the least to the most."""
    most = max(max([*numbers, 1.0]) for numbers in values.values())
    scale = (WIDTH - LABEL - 110) / most
    ordered = sorted(values.items(), key=lambda item: -median(item[1]))
    body = [_bar(row, name, numbers, scale) for row, (name, numbers) in enumerate(ordered)]
    height = TOP + ROW * len(values) + 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" '
        f'font-size="13"><rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="12" y="28" font-size="16">{escape(title)}</text>{"".join(body)}</svg>\n'
    )


def _bar(row: int, name: str, numbers: Sequence[float], scale: float) -> str:
    y = TOP + ROW * row
    middle, low, high = median(numbers), min(numbers), max(numbers)
    colour = "#1f6feb" if name.startswith("headrace") else "#9aa4b2"
    line = y + 11
    return (
        f'<text x="{LABEL - 8}" y="{y + 16}" text-anchor="end">{escape(name)}</text>'
        f'<rect x="{LABEL}" y="{y}" width="{middle * scale:.1f}" height="22" fill="{colour}"/>'
        f'<line x1="{LABEL + low * scale:.1f}" x2="{LABEL + high * scale:.1f}" y1="{line}" y2="{line}" stroke="#000"/>'
        f'<text x="{LABEL + max(middle, high) * scale + 8:.1f}" y="{y + 16}">{middle:,.0f}</text>'
    )
