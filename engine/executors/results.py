"""What executors that work on many things share: how much of their results and errors they keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.executors.run import Run
from engine.jobs.journal import Line
from engine.model import LogLevel

MAX_RESULTS = 1000
"""seed 003, results(): "the maximum number of responses in this map will be 1,000"."""

MAX_LINE = 2000


def error_lines(run: Run, messages: Sequence[str]) -> list[Line]:
    """ERROR lines for the job's log."""
    return [error_line(run, message) for message in messages]


def error_line(run: Run, message: str, additional_info: Mapping[str, Any] | None = None) -> Line:
    """One of them, cut where it is too long."""
    return run.line(message[:MAX_LINE], LogLevel.ERROR, additional_info=additional_info)
