"""`headrace replay`: what a job's script saw, on a developer's desk and without effects."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from engine import app
from engine.cli import loop
from engine.cli.database import check_id, existing, find_job
from engine.cli.exits import Exit
from engine.cli.output import Output, flat, plain
from engine.cli.words import number
from engine.errors import BadRequest
from engine.executors.replay import Ended, Step, rerun
from engine.jobs.filters import whole
from engine.model import Job, Status
from engine.settings import Loaded

# Arguments and results of a line without --trace.
_SHOWN = 60


def replay(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Runs the script again, and shows each call that it makes."""
    return loop.run(_replay(given, loaded, output))


async def _replay(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    check_id(given.id, given.app)
    until = None if given.until is None else whole("--until", number(given.until), low=1)
    async with existing(loaded) as pool:
        job = await find_job(pool, given.id, given.app)
        if job.status is not Status.FINISHED and job.status is not Status.CANCELED:
            raise BadRequest.field("ID", given.id, f"a job that is over; this one is {job.status.value}")
        began_ms = 0 if job.started_at is None else round(job.started_at.timestamp() * 1000)
        screen = _Screen(output, job, began_ms, full=given.trace)
        async with app.open_services(loaded.settings, pool) as services:
            screen.end(await rerun(services, job, until=until, show=screen.step))
    return Exit.DONE


class _Screen:
    """Shows the calls as they are made."""

    def __init__(self, output: Output, job: Job, began_ms: int, *, full: bool) -> None:
        self._output = output
        self._job = job
        self._began_ms = began_ms
        self._full = full

    def step(self, step: Step) -> None:
        """One call: a line, or with --trace the line of the script, all arguments and the whole result."""
        if self._output.as_json:
            self._output.json_line(asdict(step))
            return
        paint = self._output.paint
        at = f"+{(step.at_ms - self._began_ms) / 1000:.3f} s"
        head = f"{step.n:5}  {at:>11}  {paint(flat(step.place), 'dim')}  {paint(step.method, 'bold')}"
        answer = "waits" if step.open else ("error " if step.failed else "") + self._text(step.reply)
        if not self._full:
            self._output.line(f"{head} {self._text(list(step.args))} -> {answer}")
            return
        self._output.line(head)
        for name, text in (("line", flat(step.line)), ("args", self._text(list(step.args))), ("result", answer)):
            self._output.line(f"{'':8}{name:7} {text}")

    def end(self, ended: Ended) -> None:
        """How the script ended."""
        if self._output.as_json:
            self._output.json_line(asdict(ended))
            return
        style = "red" if ended.how in ("threw", "killed") else "green"
        self._output.line(f"{self._output.paint(ended.how, style)}: {self._text(ended.left)}")

    def _text(self, value: Any) -> str:
        text = plain(json.dumps(value, ensure_ascii=False))
        return text if self._full or len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
