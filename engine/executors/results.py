"""What executors that work on many things share: how much of their results and errors they keep."""

from __future__ import annotations

from collections.abc import Sequence

from engine.executors.run import Run
from engine.jobs.journal import Line
from engine.model import LogLevel

MAX_RESULTS = 1000
"""seed 003, results(): "the maximum number of responses in this map will be 1,000"."""

MAX_LINE = 2000


def log_errors(run: Run, messages: Sequence[str]) -> None:
    """ERROR lines for the job's log, written with the transaction that the caller is in."""
    now_ms = run.services.clock_ms()
    for message in messages:
        run.journal.log(Line(run.claim.id, now_ms, LogLevel.ERROR, message[:MAX_LINE]))
