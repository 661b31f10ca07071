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


def log_errors(run: Run, messages: Sequence[str]) -> None:
    """ERROR lines for the job's log, written with the transaction that the caller is in."""
    for message in messages:
        log_error(run, message)


def log_error(run: Run, message: str, additional_info: Mapping[str, Any] | None = None) -> None:
    """One of them."""
    now_ms = run.services.clock_ms()
    run.journal.log(Line(run.claim.id, now_ms, LogLevel.ERROR, message[:MAX_LINE], additional_info))
