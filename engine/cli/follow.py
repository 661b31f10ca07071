"""Shows a job while it goes on: its lines, its progress, its status."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from engine.cli.output import Output, flat, plain
from engine.cli.words import duration
from engine.jobs.documents import job_document, line_document
from engine.jobs.watch import Seen
from engine.model import Job, LogLevel, LogLine, Status

_STYLES = {
    Status.PENDING: "yellow",
    Status.RUNNING: "cyan",
    Status.STOPPING: "yellow",
    Status.STOPPED: "yellow",
    Status.CANCELING: "red",
    Status.CANCELED: "red",
    Status.FINISHED: "green",
}


def status_style(job: Job) -> str:
    """The colour of a job's status: red where it is not well."""
    return "red" if job.has_errors else _STYLES[job.status]


def status_word(job: Job) -> str:
    """The status, and whether there were errors."""
    return f"{job.status.value} with errors" if job.has_errors else job.status.value


def log_line(line: LogLine, output: Output, *, err: bool = False) -> str:
    """A line of a log for people: when, how serious, what."""
    error = line.level is LogLevel.ERROR
    at = output.paint(
        f"{line.at.astimezone():%H:%M:%S.%f}"[:-3] if not err else f"{line.at.astimezone():%H:%M:%S}", "dim", err=err
    )
    level = output.paint(f"{line.level.value:5}", *(["red"] if error else ["dim"]), err=err)
    return f"{at} {level} {plain(line.message)}"


class Follower:
    """Prints what is new at each look: lines and progress to stderr, or with JSON all of it as lines to stdout."""

    def __init__(self, output: Output, *, lines_to_stdout: bool = False) -> None:
        self._output = output
        self._to_stdout = lines_to_stdout
        self._last: tuple[Any, ...] = ()

    def show(self, seen: Seen) -> None:
        """What is new in this look."""
        self._show_lines(seen.lines)
        job = seen.job
        state = (job.status, job.progress, job.status_message, job.attempt)
        if state != self._last:
            self._show_state(job)
            self._last = state
        if not job.status.is_final:
            self._output.status(_state(job))

    def _show_lines(self, lines: Sequence[LogLine]) -> None:
        for line in lines:
            if self._output.as_json:
                self._output.json_line({"event": "log", **line_document(line)})
            elif self._to_stdout:
                self._output.line(log_line(line, self._output))
            else:
                self._output.note(log_line(line, self._output, err=True))

    def _show_state(self, job: Job) -> None:
        if self._output.as_json:
            self._output.json_line({"event": "job", **job_document(job, datetime.now(UTC))})
            return
        if job.status.is_final:
            return
        moved = self._last and (job.progress, job.status_message) != self._last[1:3]
        if moved and not self._output.err_is_terminal():
            self._output.note(_state(job))


def _state(job: Job) -> str:
    message = f"  {flat(job.status_message)}" if job.status_message else ""
    return f"{job.status.value} {job.progress}%{message}"


def ending(job: Job, output: Output, now: datetime) -> str:
    """One line about how the job ended."""
    word = output.paint(status_word(job), status_style(job), err=True)
    return f"{word} after {duration(job.duration_ms(now))}, waited {duration(job.waiting_ms(now))}"
