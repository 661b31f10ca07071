"""The figures of bench/queue as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median, quantiles
from typing import Protocol

COLUMNS = (
    ("enqueue each", "enqueue, 8 producers"),
    ("enqueue bulk", "enqueue in bulk"),
    ("enqueue sql", "made in SQL"),
    ("enqueue copy", "by COPY"),
    ("drain 1", "drain, 1 process"),
    ("drain 2", "drain, 2 processes"),
    ("p50", "p50 ms"),
    ("p99", "p99 ms"),
    ("wal", "WAL bytes a job"),
    ("commits", "commits a job"),
)


class Measured(Protocol):
    """What is told of a racer: figures by round, and each round's latencies."""

    name: str
    version: str
    figures: dict[str, list[float]]
    latencies: list[list[float]]


def table(racers: Sequence[Measured]) -> str:
    """Markdown: medians, and in brackets the least and the most; jobs are made twice a round."""
    head = "| | " + " | ".join(label for _, label in COLUMNS) + " |"
    rows = [
        f"| {racer.name} {racer.version}".rstrip() + " | " + " | ".join(_cell(key, racer) for key, _ in COLUMNS) + " |"
        for racer in racers
    ]
    return "\n".join([head, "|---" * (len(COLUMNS) + 1) + "|", *rows])


def drains(racers: Sequence[Measured]) -> Mapping[str, Sequence[float]]:
    """By one process, for the plot."""
    return {f"{racer.name} {racer.version}".strip(): racer.figures.get("drain 1", [0.0]) for racer in racers}


def _cell(key: str, racer: Measured) -> str:
    if key in ("p50", "p99"):
        # Of all rounds together: a median of rounds would leave out what went wrong in one of three.
        together = [ms for times in racer.latencies for ms in times]
        return _shown("{:.1f}", _cut(key, together), [_cut(key, times) for times in racer.latencies])
    values = racer.figures.get(key, [])
    if key == "commits":
        return f"{median(values):.3f}" if values else ""
    return _shown("{:,.0f}", median(values) if values else 0.0, values)


def _cut(key: str, times: Sequence[float]) -> float:
    # Clocks of two processes are compared: a start may look earlier than the commit was seen.
    return max(0.0, quantiles(times, n=100, method="inclusive")[int(key[1:]) - 1]) if times else 0.0


def _shown(form: str, middle: float, values: Sequence[float]) -> str:
    if not values:
        return ""
    low, shown, high = (form.format(value) for value in (min(values), middle, max(values)))
    return f"{shown} ({low} to {high})" if len(values) > 1 else shown
