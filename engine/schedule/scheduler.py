"""Makes the runs that are due: each as an ordinary job, in the transaction that moves its schedule on.

Any number of processes do this at once, without a leader: a due schedule belongs to whoever locks its row first, the
others pass it by. Whoever dies in the middle has done nothing, and the next to look does it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.apps.store import App, AppCache
from engine.db import chore
from engine.db.pool import Connection, Pool
from engine.db.sql import load
from engine.errors import BadRequest, DatabaseError, NotFound
from engine.jobs import store as jobs
from engine.metrics.schedules import ScheduleMetrics
from engine.model import NewJob
from engine.schedule import events, recurrence, turn
from engine.schedule.model import Outcome, Schedule
from engine.schedule.turn import Run, Turn

log = logging.getLogger(__name__)

# Schedules of a transaction, and runs of each: a backlog is made in pieces, so that nothing waits for all of it.
SCHEDULES, RUNS = 50, 50
POLL_S, OUTAGE_S, LEAST_S = 1.0, 1.0, 0.005
SWEEP_S = 3600.0


@dataclass(slots=True)
class _Made:
    """A run, and what came of it: its job, or the error that kept it from having one."""

    schedule: Schedule
    run: Run
    job: NewJob | None = None
    error: str | None = None

    @property
    def outcome(self) -> Outcome:
        """What became of the run in the end."""
        return self.run.outcome if self.error is None else Outcome.FAILED


class Scheduler:
    """One process's share of making runs. `run` lasts until it is cancelled."""

    def __init__(self, pool: Pool, apps: AppCache, metrics: ScheduleMetrics, *, keep_days: int) -> None:
        self._pool = pool
        self._apps = apps
        self._metrics = metrics
        self._keep_days = keep_days
        self._swept_at = float("-inf")

    async def run(self) -> None:
        """Makes runs as they become due; an outage of the database is waited out."""
        await chore.repeat("schedules", self._next, outage_s=OUTAGE_S)

    async def _next(self) -> float:
        """One look; for how many seconds there is nothing to do."""
        next_ms, workers = await self._ask()
        if next_ms is not None and next_ms <= 0:
            if await self.make() == SCHEDULES:
                return 0.0
            next_ms, workers = await self._ask()
        now = asyncio.get_running_loop().time()
        if now - self._swept_at > SWEEP_S:
            self._swept_at = now
            await self._pool.execute(load("schedule_runs_sweep"), self._keep_days)
        self._metrics.looked(overdue_s=0.0 if next_ms is None else max(0.0, -next_ms / 1000))
        pause_s = chore.shared_pause_s(POLL_S, workers)
        return pause_s if next_ms is None else min(pause_s, max(LEAST_S, next_ms / 1000))

    async def _ask(self) -> tuple[int | None, int]:
        """In how many ms the next schedule is due, None if none ever is, and how many workers there are to ask.

        It is all that an idle scheduler asks.
        """
        next_ms, workers = (await self._pool.fetch(load("schedules_next")))[0]
        return next_ms, workers

    async def make(self) -> int:
        """How many schedules had a run due; what was to be made of them is made."""
        try:
            return await self._pool.run(lambda conn: self._take(conn, SCHEDULES))
        except DatabaseError as error:
            # One that PostgreSQL refuses must not hold up the others: one by one, it is alone.
            log.warning("schedules, taken one by one: %s", error)
            return await self._pool.run(lambda conn: self._take(conn, 1))

    async def _take(self, conn: Connection, most: int) -> int:
        rows = await conn.fetch(load("schedules_due"), most)
        if not rows:
            return 0
        found, now = [Schedule.from_row(row) for row in rows], rows[0]["now"]
        busy = {row["id"] for row in await conn.fetch(load("schedules_busy"), [schedule.id for schedule in found])}
        turns = [turn.take(schedule, now, busy=schedule.id in busy, most=RUNS) for schedule in found]
        apps = {name: await self._apps.get(conn, name) for name in {schedule.app for schedule in found}}
        made = [_build(apps[one.app], one, run) for one, its in zip(found, turns, strict=True) for run in its.runs]
        await self._record(conn, made)
        await conn.execute(load("schedules_moved"), *_moves(found, turns))
        self._count(made, now)
        return len(rows)

    async def _record(self, conn: Connection, made: Sequence[_Made]) -> None:
        """The jobs, and what became of each run."""
        ids = iter(await jobs.create(conn, [one.job for one in made if one.job is not None]))
        await conn.execute(
            load("schedule_runs_insert"),
            [one.schedule.id for one in made],
            [one.run.due_at for one in made],
            [one.outcome.value for one in made],
            [next(ids) if one.job is not None else None for one in made],
            [one.run.until_at for one in made],
            [one.error for one in made],
        )

    def _count(self, made: Sequence[_Made], now: datetime) -> None:
        for one in made:
            plan = one.schedule.plan
            due = one.run.due_at + recurrence.jitter(one.schedule.id, one.run.due_at, plan.jitter_ms)
            self._metrics.run(one.outcome.value, late_s=(now - due) / timedelta(seconds=1))
            if one.error is not None:
                log.warning("schedule %s of app %s: %s", plan.tag, one.schedule.app, one.error)


def _build(app: App, schedule: Schedule, run: Run) -> _Made:
    if run.outcome is not Outcome.MADE:
        return _Made(schedule, run)
    try:
        return _Made(schedule, run, job=events.new_job(app, schedule.plan, schedule.run_by, run.due_at))
    except (BadRequest, NotFound) as error:
        return _Made(schedule, run, error=error.message)


def _moves(found: Sequence[Schedule], turns: Sequence[Turn]) -> list[list[Any]]:
    """The arguments of schedules_moved.sql: one array a column."""
    return [
        [schedule.id for schedule in found],
        [its.made for its in turns],
        [_last(its) for its in turns],
        [its.next_at for its in turns],
        [its.look_at for its in turns],
    ]


def _last(its: Turn) -> datetime | None:
    if not its.runs:
        return None
    run = its.runs[-1]
    return run.until_at or run.due_at
