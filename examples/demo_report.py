"""What the demo prints: steps, the lines of running scripts, trees of jobs, tables, and what was checked."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from engine.cli.output import flat
from engine.cli.table import table
from engine.cli.words import duration
from engine.jobs.tree import branches
from engine.model import Job, LogLevel, LogLine
from examples.demo_stories import Claim

LINES_OF_A_CHILD = 3
WIDEST = 96
_HEADER = ("JOB", "STATUS", "WAITED", "TOOK", "")


class Report:
    """Prints to stdout; where that is a terminal, progress is one line that moves."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._moving = False
        self._percent: dict[str, int] = {}
        reconfigure = getattr(sys.stdout, "reconfigure", None)
        if reconfigure is not None:
            # A terminal of another encoding gets question marks for what it cannot show, not a traceback.
            reconfigure(errors="replace", line_buffering=True)

    def title(self, text: str) -> None:
        """A heading."""
        self.line(f"\n== {text}\n")

    def line(self, text: str = "") -> None:
        """A line."""
        if self._moving:
            print("\r\033[K", end="")
            self._moving = False
        print(text.rstrip())

    @contextmanager
    def step(self, text: str) -> Iterator[list[str]]:
        """Names a step and, when it is done, the time that it took; what is put into the list stands behind it."""
        began, notes = time.monotonic(), list[str]()
        if sys.stdout.isatty():
            self._move(f"{text} …")
        yield notes
        self.line(f"{text}{''.join(f', {note}' for note in notes)} ({time.monotonic() - began:.1f} s)")

    def said(self, file: str, line: LogLine) -> None:
        """A line that a running script logged."""
        mark = "ERROR " if line.level is LogLevel.ERROR else ""
        self.line(f"{self._elapsed()}  {file:<12} {mark}{flat(line.message)}")

    def progress(self, file: str, job: Job) -> None:
        """How far a script is: a moving line on a terminal, a line every ten percent elsewhere."""
        step = job.progress if sys.stdout.isatty() else job.progress // 10 * 10
        if job.progress and self._percent.get(file) != step:
            self._percent[file] = step
            self._move(f"{self._elapsed()}  {file:<12} {job.progress} %  {flat(job.status_message or '')}")

    def tree(self, jobs: Sequence[Job], lines: Mapping[UUID, Sequence[LogLine]]) -> None:
        """A job and all that came of it, each with its log; children's logs are cut."""
        now = datetime.now(UTC)
        drawn = list(branches(jobs))
        rows = table(_HEADER, [[branch + flat(job.label), *_facts(job, now)] for branch, job in drawn], right=(2, 3))
        self.line(rows[0])
        for number, (branch, job) in enumerate(drawn):
            self.line(rows[number + 1])
            following = drawn[number + 1][0] if number + 1 < len(drawn) else ""
            self._log(lines.get(job.id, ()), _stem(branch, following), whole=not branch)

    def _log(self, lines: Sequence[LogLine], stem: str, *, whole: bool) -> None:
        shown = lines if whole else lines[:LINES_OF_A_CHILD]
        for line in shown:
            self.line(f"{stem}{line.level.value:<5} {flat(line.message)}")
        if len(lines) > len(shown):
            self.line(f"{stem}…     {len(lines) - len(shown)} more")

    def rows(self, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """A table, its numbers to the right."""
        body = [["" if cell is None else str(cell) for cell in row] for row in rows]
        right = [n for n in range(len(header)) if all(_is_number(row[n]) for row in body)]
        for line in table(header, body, right=right):
            self.line(f"  {line}")

    def checks(self, claims: Mapping[str, Sequence[Claim]]) -> bool:
        """A line for what holds of each thing, and one for each claim that does not; true if all do."""
        for name, found in claims.items():
            held = [claim.text for claim in found if claim.holds]
            if held:
                self.line(f"  ok      {name:<12} {'; '.join(held)}")
            for claim in found:
                if not claim.holds:
                    self.line(f"  FAILED  {name:<12} {claim.text}: found {claim.found}")
        return all(claim.holds for found in claims.values() for claim in found)

    def _move(self, text: str) -> None:
        if not sys.stdout.isatty():
            self.line(text)
            return
        print(f"\r\033[K{text[:WIDEST]}", end="", flush=True)
        self._moving = True

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._began:6.1f} s"


def _facts(job: Job, now: datetime) -> list[str]:
    notes = [f"{job.failures} failed {'try' if job.failures == 1 else 'tries'}"] if job.failures else []
    notes += ["errors"] if job.has_errors else []
    return [job.status.value, duration(job.waiting_ms(now)), duration(job.duration_ms(now)), ", ".join(notes)]


def _stem(branch: str, following: str) -> str:
    """What stands before a job's log lines, so that the branches beside them stay whole."""
    own = branch.replace("├─ ", "│  ").replace("└─ ", "   ")
    return f"{own}{'│' if len(following) > len(branch) else ' '}    "


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("-", "", 1).isdigit() or not text
