"""Schedules in the database: runs become jobs, once each, whoever makes them."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.apps.store import App, AppCache
from engine.db.pool import Pool
from engine.errors import BadRequest, Forbidden, NotFound
from engine.jobs import store as jobs
from engine.metrics import Metrics
from engine.model import JobType
from engine.schedule import store
from engine.schedule.model import EventType, Missed, Origin, Overlap, Plan, RunRow, Schedule
from engine.schedule.scheduler import Scheduler
from tests.engine.shop import Shop
from tests.patience import patience

CRM = Path(__file__).resolve().parents[2] / "examples" / "crm"
HANDLER = Plan(tag="tick", name="Tick", event_type=EventType.FUNCTION, event_tag="tick", interval_ms=3_600_000)


@dataclass(frozen=True, slots=True)
class Clockwork:
    """Schedules of the app crm, and a scheduler that looks when it is told to."""

    pool: Pool
    app: App
    scheduler: Scheduler

    async def create(self, **plan: Any) -> Schedule:
        async with self.pool.transaction() as conn:
            return await store.create(conn, self.app, dataclasses.replace(HANDLER, **plan), run_by="ann")

    async def passes(self, hours: float) -> None:
        """Lets this time pass, as the schedules see it: all that they remember is that much earlier."""
        names = ("anchor_at", "next_at", "look_at", "last_due_at", "start_at", "end_at")
        moved = ", ".join(f"{name} = {name} - $1::interval" for name in names)
        await self.pool.execute(f"update headrace.schedules set {moved}", timedelta(hours=hours))
        await self.pool.execute(
            "update headrace.schedule_runs set due_at = due_at - $1::interval", timedelta(hours=hours)
        )

    async def get(self, tag: str = "tick") -> Schedule:
        async with self.pool.acquire() as conn:
            return await store.fetch(conn, "crm", tag)

    async def runs(self, tag: str = "tick") -> list[RunRow]:
        """Oldest first."""
        async with self.pool.acquire() as conn:
            return (await store.runs(conn, await store.fetch(conn, "crm", tag), limit=1000))[::-1]

    async def outcomes(self) -> list[str]:
        return [run.outcome.value for run in await self.runs()]


@pytest.fixture
async def clockwork(pool: Pool) -> AsyncIterator[Clockwork]:
    """The example app, pushed."""
    apps = AppCache()
    async with pool.acquire() as conn:
        await push(conn, dataclasses.replace(load_folder(CRM), files=()))
        app = await apps.get(conn, "crm")
    yield Clockwork(pool, app, Scheduler(pool, apps, Metrics().schedules, keep_days=30))


async def test_a_run_is_a_job_of_the_schedule_s_user(clockwork: Clockwork) -> None:
    """Its row leads from the run to the job, and the schedule counts it and moves on."""
    made = await clockwork.create(params={"n": 1}, options={"maxAttempts": 3})
    assert await clockwork.scheduler.make() == 0
    await clockwork.passes(1.01)
    assert await clockwork.scheduler.make() == 1
    (run,) = await clockwork.runs()
    async with clockwork.pool.acquire() as conn:
        job = await jobs.get(conn, "crm", str(run.job_id))
    assert (job.type, job.name, job.run_by, job.max_attempts) == (JobType.HANDLER, "tick", "ann", 3)
    assert job.spec["params"] == {"n": 1}
    now = await clockwork.get()
    assert made.next_at is not None
    assert now.next_at is not None
    assert (now.executed, now.next_at - run.due_at) == (1, timedelta(hours=1))
    assert await clockwork.scheduler.make() == 0


async def test_schedulers_at_once_make_each_run_once(clockwork: Clockwork) -> None:
    """Five of them and forty schedules with three runs each: 120 jobs, and as many rows."""
    for number in range(40):
        await clockwork.create(tag=f"t{number}", missed=Missed.ALL)
    await clockwork.passes(3.01)
    others = [Scheduler(clockwork.pool, AppCache(), Metrics().schedules, keep_days=30) for _ in range(5)]

    async def work(one: Scheduler) -> None:
        while await one.make():
            pass

    async with patience("the last run"):
        await asyncio.gather(*(work(one) for one in others))
    rows = await clockwork.pool.fetch("select count(*), count(distinct job_id) from headrace.schedule_runs")
    live = await clockwork.pool.fetch("select count(*) from headrace.jobs_live")
    assert [*rows[0], *live[0]] == [120, 120, 120]


async def test_a_running_worker_makes_runs(clockwork: Clockwork, shop: Shop) -> None:
    """Nothing else has to be started."""
    await clockwork.create(interval_ms=100, executions=3)
    async with shop.worker(handlers={"tick": _nothing}), asyncio.timeout(60):
        while (await clockwork.get()).state != "ended":  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(0.02)
        for run in await clockwork.runs():
            assert run.job_id is not None
            await shop.until(run.job_id)
    assert await clockwork.outcomes() == ["made"] * 3


async def _nothing(job: object) -> None:
    return None


async def test_actions_scripts_and_listeners_are_checked_when_a_schedule_is_made(clockwork: Clockwork) -> None:
    """What the app does not have is refused with the names that it has; a run never finds that out."""
    async with clockwork.pool.acquire() as conn:
        script = next(iter(clockwork.app.scripts))
        entity = next(entity for entity in clockwork.app.manifest.entities.values() if entity.actions)
        action = next(iter(entity.actions))
        for tag, kind, event in (
            ("a", EventType.ACTION, f"{entity.name}.{action}"),
            ("b", EventType.FUNCTION, script),
        ):
            plan = dataclasses.replace(HANDLER, tag=tag, event_type=kind, event_tag=event)
            assert (await store.create(conn, clockwork.app, plan)).plan == plan
        for kind, event in (
            (EventType.ACTION, "nothing"),
            (EventType.ACTION, f"{entity.name}.nothing"),
            (EventType.FUNCTION, "actions/nothing.js"),
            (EventType.LISTENER, "nothing"),
        ):
            with pytest.raises(BadRequest, match=r"eventTag: .*nothing.* is not allowed; expected an? "):
                plan = dataclasses.replace(HANDLER, tag="c", event_type=kind, event_tag=event)
                await store.create(conn, clockwork.app, plan)


async def test_an_event_that_has_gone_is_a_failed_run(clockwork: Clockwork) -> None:
    """The run says why it has no job; the next one is tried again."""
    await clockwork.create()
    await clockwork.pool.execute("update headrace.schedules set event_type = 'ACTION', event_tag = 'gone'")
    await clockwork.passes(1.01)
    await clockwork.scheduler.make()
    (run,) = await clockwork.runs()
    assert (run.outcome.value, run.job_id) == ("failed", None)
    assert run.error is not None
    assert "'gone'" in run.error
    assert (await clockwork.get()).state == "active"


async def test_an_overlapping_run_is_left_out_until_the_job_is_over(clockwork: Clockwork) -> None:
    """Skip leaves a row; the first run after the end of the job is made again."""
    await clockwork.create(overlap=Overlap.SKIP)
    for _ in range(2):
        await clockwork.passes(1.01)
        await clockwork.scheduler.make()
    assert await clockwork.outcomes() == ["made", "overlapped"]
    await clockwork.pool.execute("delete from headrace.jobs_live")
    await clockwork.passes(1.01)
    await clockwork.scheduler.make()
    assert await clockwork.outcomes() == ["made", "overlapped", "made"]


async def test_a_waiting_run_is_made_when_the_job_is_over(clockwork: Clockwork) -> None:
    """Until then it leaves nothing, and it keeps the time at which it was due."""
    await clockwork.create(overlap=Overlap.WAIT)
    await clockwork.passes(1.01)
    await clockwork.scheduler.make()
    await clockwork.passes(1.01)
    due = (await clockwork.get()).next_at
    await clockwork.scheduler.make()
    assert await clockwork.outcomes() == ["made"]
    await clockwork.pool.execute("delete from headrace.jobs_live")
    await clockwork.pool.execute("update headrace.schedules set look_at = now()")
    await clockwork.scheduler.make()
    assert await clockwork.outcomes() == ["made", "made"]
    assert (await clockwork.runs())[-1].due_at == due


async def test_a_change_holds_from_the_next_run_on(clockwork: Clockwork) -> None:
    """A new interval counts from the last run; a new event is that of the run that comes next."""
    await clockwork.create()
    await clockwork.passes(1.01)
    await clockwork.scheduler.make()
    last = (await clockwork.runs())[-1].due_at
    async with clockwork.pool.transaction() as conn:
        changed = await store.update(
            conn, clockwork.app, "tick", {"interval_ms": 7_200_000, "event_tag": "tock", "executions": 2}
        )
    assert changed.next_at is not None
    assert abs(changed.next_at - last - timedelta(hours=2)) < timedelta(seconds=1)
    await clockwork.passes(2.01)
    await clockwork.scheduler.make()
    async with clockwork.pool.acquire() as conn:
        names = [(await jobs.get(conn, "crm", str(run.job_id))).name for run in await clockwork.runs()]
    assert names == ["tick", "tock"]
    assert (await clockwork.get()).state == "ended"
    async with clockwork.pool.transaction() as conn:
        assert (await store.update(conn, clockwork.app, "tick", {"executions": 3})).state == "active"
        assert (await store.update(conn, clockwork.app, "tick", {"cron": "0 3 * * *"})).plan.interval_ms is None


async def test_pause_leaves_nothing_to_catch_up_with(clockwork: Clockwork) -> None:
    """Runs of the pause are neither made nor missed."""
    await clockwork.create(missed=Missed.ALL)
    async with clockwork.pool.transaction() as conn:
        assert (await store.pause(conn, "crm", "tick")).state == "paused"
    await clockwork.passes(10)
    assert await clockwork.scheduler.make() == 0
    async with clockwork.pool.transaction() as conn:
        going = await store.resume(conn, "crm", "tick")
    assert going.next_at is not None
    assert timedelta() < going.next_at - datetime.now(UTC) <= timedelta(hours=1, minutes=1)
    assert await clockwork.outcomes() == []


async def test_removed_schedules_leave_their_jobs(clockwork: Clockwork) -> None:
    """The list of runs goes, the jobs stay, and the tag is free."""
    await clockwork.create()
    with pytest.raises(BadRequest, match="tag: 'tick' is not allowed; expected a tag that no schedule of crm has"):
        await clockwork.create()
    await clockwork.passes(1.01)
    await clockwork.scheduler.make()
    async with clockwork.pool.transaction() as conn:
        await store.remove(conn, "crm", "tick")
        with pytest.raises(NotFound, match="app crm has no schedule 'tick'"):
            await store.remove(conn, "crm", "tick")
    assert len(await clockwork.pool.fetch("select from headrace.jobs_live")) == 1
    await clockwork.create()


async def test_an_app_declares_its_own_schedules(clockwork: Clockwork) -> None:
    """Each declaration replaces the one before; what is unchanged keeps its time, and callers cannot change it."""
    one = dataclasses.replace(HANDLER, tag="app.one")
    two = dataclasses.replace(HANDLER, tag="app.two")
    async with clockwork.pool.transaction() as conn:
        await store.declare(conn, clockwork.app, [one, two])
        before = await store.fetch(conn, "crm", "app.one")
        changed = dataclasses.replace(HANDLER, tag="app.three")
        await store.declare(conn, clockwork.app, [one, changed])
        assert await store.fetch(conn, "crm", "app.one") == before
        found = await store.fetch_page(conn, "crm", limit=10)
        assert [(item.plan.tag, item.origin) for item in found] == [("app.one", Origin.APP), ("app.three", Origin.APP)]
        with pytest.raises(Forbidden, match=r"app\.one is declared by the app"):
            await store.pause(conn, "crm", "app.one")
        with pytest.raises(BadRequest, match=r"tag: 'app\.mine' is not allowed"):
            await store.create(conn, clockwork.app, dataclasses.replace(HANDLER, tag="app.mine"))


async def test_old_runs_are_forgotten(clockwork: Clockwork) -> None:
    """What became of a run is kept for schedule_runs_days; its job is not touched."""
    await clockwork.create()
    await clockwork.passes(1.01)
    await clockwork.scheduler.make()
    await clockwork.pool.execute("update headrace.schedule_runs set due_at = due_at - interval '31 days'")
    await clockwork.scheduler._next()
    assert await clockwork.outcomes() == []


@pytest.mark.parametrize(
    ("plan", "error"),
    [
        ({"tag": "a b"}, "tag: 'a b'"),
        ({"tag": "app.x"}, "tag: 'app.x' is not allowed; expected a name that does not begin with 'app.'"),
        ({"name": ""}, "name: ''"),
        ({"interval_ms": None}, "interval: null is not allowed; expected either cron or interval"),
        ({"cron": "0 3 * * *"}, "interval: 3600000 is not allowed; expected either cron or interval"),
        ({"interval_ms": 99}, "interval: 99 is not allowed; expected a whole number from 100"),
        ({"timezone": "Mars"}, "timezone: 'Mars'"),
        ({"executions": -1}, "executions: -1"),
        ({"jitter_ms": 3_600_000}, "jitter: 3600000 is not allowed; expected less than the interval"),
        ({"end_at": datetime(2300, 1, 1, tzinfo=UTC)}, "end: '2300"),
        (
            {"start_at": datetime(2026, 1, 2, tzinfo=UTC), "end_at": datetime(2026, 1, 1, tzinfo=UTC)},
            "end: .* expected a time not before the start",
        ),
        ({"options": {"delay": 5}}, r"options\.delay: 5 is not allowed; expected nothing"),
        ({"options": {"nonsense": 5}}, r"options\.nonsense"),
        ({"params": {"a": "\0"}}, "params"),
        ({"query": {"a": "b"}}, "query: .* is not allowed; expected none"),
    ],
)
async def test_a_plan_that_cannot_be_kept_is_refused(clockwork: Clockwork, plan: dict[str, Any], error: str) -> None:
    """The error names the field, its value and what is allowed, and nothing is kept."""
    with pytest.raises(BadRequest, match=error):
        await clockwork.create(**plan)
    assert await clockwork.pool.fetch("select from headrace.schedules") == []
