"""The worker's loop through what can happen to it: outages, silence, lost answers, the end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from engine.db import cancellation
from engine.db.pool import Connection
from engine.errors import DatabaseUnavailable
from engine.executors.endings import Ending, Finished
from engine.executors.run import Run
from engine.jobs import liveness, queue, store
from engine.jobs.queue import Batch
from engine.jobs.ready import Lane
from engine.model import Status
from engine.worker import appetite, attempt, loop
from engine.worker.wakeups import Wakeups
from scripting.host import SandboxUnavailable
from tests.engine.hands import Hand, enqueue, enqueue_one, events, get, new, rows, status
from tests.engine.shop import LONG_S, POLL_MS, Shop, nothing
from tests.patience import patience


async def count(run: Run) -> Ending:
    """An effect that can be counted: a log line of its own, in the transaction that the claim fences."""
    async with run.effect() as scope:
        await scope.conn.execute(
            "insert into headrace.job_logs (job_id, at, level, message) values ($1, now(), 'INFO', 'effect')",
            run.claim.id,
        )
        await scope.conn.execute("update headrace.jobs_live set run_by = 'done' where id = $1", run.claim.id)
    return Finished({"attempt": run.claim.attempt})


async def test_an_idle_worker_is_woken(shop: Shop) -> None:
    """With LISTEN a job starts long before the next poll, which is minutes away."""
    async with shop.worker(poll_ms=POLL_MS), asyncio.timeout(LONG_S):
        for _ in range(3):
            await shop.until(await enqueue_one(shop.pool))


async def test_a_job_that_was_being_made_while_all_were_sated_is_found(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its transaction woke nobody, and commits when the worker has said that it is hungry and has looked again."""
    monkeypatch.setattr(appetite, "SATED_AFTER_S", 0.0)
    monkeypatch.setattr(appetite, "RESTLESS_S", float(LONG_S))
    go = asyncio.Event()

    async def until_told(run: Run) -> Ending:
        await go.wait()
        return Finished()

    async def hungry(expected: bool) -> None:
        async with asyncio.timeout(LONG_S):
            while await shop.pool.fetchrow("select hungry from headrace.workers") != (expected,):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    shop.does(until_told)
    async with shop.worker(slots=1, poll_ms=POLL_MS), asyncio.timeout(LONG_S):
        first = await enqueue_one(shop.pool)
        await hungry(False)
        async with shop.pool.transaction() as conn:
            (late,) = await store.create(conn, [new()])
            go.set()
            await shop.until(first)
            await hungry(True)
        await shop.until(late)


async def test_polling_alone_is_enough(shop: Shop) -> None:
    """Without LISTEN, as behind PgBouncer, jobs run all the same."""
    async with shop.worker(listen=False):
        for job_id in await enqueue(shop.pool, *[new() for _ in range(20)]):
            await shop.until(job_id)


async def test_a_handed_over_job_wakes_an_idle_worker(shop: Shop) -> None:
    """What a worker gives back at its end goes on at once elsewhere, not at the next poll."""
    hand = await Hand.join(shop.pool)
    job_id = await enqueue_one(shop.pool)
    claim = await hand.claim_one()
    async with shop.worker(poll_ms=POLL_MS), asyncio.timeout(LONG_S):
        await shop.until(await enqueue_one(shop.pool))
        await hand.hand_back(claim)
        await shop.until(job_id)


async def test_the_rescue_wakes_an_idle_worker(shop: Shop) -> None:
    """A dead worker's jobs go on as soon as anybody has noticed its death."""
    hand = await Hand.join(shop.pool)
    job_id = await enqueue_one(shop.pool)
    await hand.claim_one()
    async with shop.worker(poll_ms=POLL_MS), asyncio.timeout(LONG_S):
        await shop.until(await enqueue_one(shop.pool))
        await hand.die(stale_ms=60_000)
        await shop.until(job_id)


async def test_no_more_than_its_slots_at_once(shop: Shop) -> None:
    """Twenty jobs on a worker with three slots: three at a time, and always three while there are enough."""
    now, most = 0, 0

    async def crowd(run: Run) -> Ending:
        nonlocal now, most
        now += 1
        most = max(most, now)
        for _ in range(5):
            await asyncio.sleep(0)
        now -= 1
        return Finished()

    shop.does(crowd)
    async with shop.worker(slots=3):
        for job_id in await enqueue(shop.pool, *[new() for _ in range(20)]):
            await shop.until(job_id)
    assert most == 3


async def test_a_worker_wrongly_declared_dead_drops_everything_and_comes_back(shop: Shop) -> None:
    """Its attempt ends without a write; under a new id it runs the job again, whose result is the second attempt's."""
    ended: list[str] = []

    async def first_hangs(run: Run) -> Ending:
        async with patience("the loss of the claim"):
            while run.claim.attempt == 1:
                try:
                    run.check()
                except BaseException as interrupt:
                    ended.append(getattr(interrupt, "reason", "?"))
                    raise
                await asyncio.sleep(0.005)
        return Finished({"attempt": run.claim.attempt})

    shop.does(first_hangs)
    async with shop.worker() as worker:
        old = worker.id
        job_id = await enqueue_one(shop.pool)
        await shop.reaches(job_id, Status.RUNNING)
        async with shop.pool.transaction() as conn:
            await liveness.leave(conn, old)
        job = await shop.until(job_id)
        assert worker.id != old
    assert ended == ["lost"]
    assert job.attempt == 2
    assert await shop.results(job_id) == {"attempt": 2}


async def test_at_its_end_a_worker_lets_jobs_finish(shop: Shop) -> None:
    """After the signal it claims nothing more; what runs has the grace time."""
    go = asyncio.Event()

    async def waits(run: Run) -> Ending:
        await go.wait()
        return Finished()

    shop.does(waits)
    async with shop.worker(slots=1, grace_ms=LONG_S * 1000) as worker:
        running = await enqueue_one(shop.pool)
        await shop.reaches(running, Status.RUNNING)
        worker.stop()
        waiting = await enqueue_one(shop.pool)
        go.set()
    assert await status(shop.pool, running) is Status.FINISHED
    assert await status(shop.pool, waiting) is Status.PENDING
    assert not await shop.pool.fetch("select 1 from headrace.workers")


async def test_what_outlasts_the_grace_time_is_handed_over(shop: Shop) -> None:
    """It is PENDING before the worker is gone, without a failure, and the next worker finishes it."""

    async def first_hangs(run: Run) -> Ending:
        async with patience("the hand-over"):
            while run.claim.attempt == 1:
                run.check()
                await asyncio.sleep(0.005)
        return Finished()

    shop.does(first_hangs)
    async with shop.worker(grace_ms=0):
        job_id = await enqueue_one(shop.pool)
        await shop.reaches(job_id, Status.RUNNING)
    assert (await get(shop.pool, job_id)).status is Status.PENDING
    assert await events(shop.pool, job_id) == ["handed over"]
    async with shop.worker():
        job = await shop.until(job_id)
    assert (job.attempt, job.failures, job.has_errors) == (2, 0, False)


@pytest.mark.parametrize("committed", [True, False])
async def test_a_claim_whose_answer_is_lost_loses_no_job(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    """The connection breaks after the claim's commit, or before: the worker finds out what it holds, and goes on."""
    real, broken = queue.claim, asyncio.Event()

    async def breaks_once(conn: Connection, worker: UUID, lanes: Sequence[Lane], **options: Any) -> Batch:
        if broken.is_set():
            return await real(conn, worker, lanes, **options)
        if committed and not (batch := await real(conn, worker, lanes, **options)).claims:
            return batch
        broken.set()
        raise DatabaseUnavailable("the connection broke")

    monkeypatch.setattr(queue, "claim", breaks_once)
    async with shop.worker():
        job_id = await enqueue_one(shop.pool)
        job = await shop.until(job_id)
    assert job.attempt == (2 if committed else 1)
    assert broken.is_set()


async def test_an_ending_that_cannot_be_recorded_does_not_keep_the_job(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect on the way to the database: the job goes back instead of staying with a worker that forgot it."""
    real, broken = queue.finish, asyncio.Event()

    async def breaks_once(conn: Any, ends: Any, **how: Any) -> Any:
        if broken.is_set() or not ends:
            return await real(conn, ends, **how)
        broken.set()
        raise ZeroDivisionError

    monkeypatch.setattr(queue, "finish", breaks_once)
    async with shop.worker():
        job = await shop.until(await enqueue_one(shop.pool))
    assert (job.attempt, job.has_errors) == (2, False)


async def test_a_worker_ends_although_the_database_is_gone(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for the database as long as others would wait for it; then its jobs are theirs to rescue."""
    real, tried = queue.finish, asyncio.Event()

    async def fails(conn: Any, ends: Any, **how: Any) -> Any:
        if not ends:
            return await real(conn, ends, **how)
        tried.set()
        raise DatabaseUnavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr(queue, "finish", fails)
        async with shop.worker(stale_ms=300, grace_ms=0):
            job_id = await enqueue_one(shop.pool)
            await tried.wait()
    async with shop.worker():
        assert (await shop.until(job_id)).attempt == 2


async def test_a_worker_ends_although_a_chore_swallows_its_cancellation(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the driver does while it connects: the worker asks again, instead of waiting for ever."""
    swallowed = asyncio.Event()

    async def deaf(_: Wakeups) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Wakeups, "run", deaf)
    monkeypatch.setattr(loop, "SILENCE_S", 0.01)
    monkeypatch.setattr(cancellation, "AGAIN_S", 0.01)
    async with shop.worker():
        await shop.until(await enqueue_one(shop.pool))
    assert swallowed.is_set()


async def test_a_machine_that_can_start_no_script_gives_the_job_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Want of memory, or a sandbox that broke, is no fault of the job's: it loses no try, and has no error."""
    monkeypatch.setattr(attempt, "SANDBOX_PAUSE_S", 0.0)

    async def fails_once(run: Run) -> Ending:
        if run.claim.attempt == 1:
            raise SandboxUnavailable("the zygote cannot fork: Cannot allocate memory")
        return Finished()

    shop.does(fails_once)
    async with shop.worker():
        job = await shop.until(await enqueue_one(shop.pool))
    assert (job.attempt, job.failures, job.has_errors) == (2, 0, False)


async def test_an_outage_in_the_middle_loses_and_repeats_nothing(shop: Shop) -> None:
    """All connections are cut again and again while 300 jobs run: each finishes, with one effect and one result."""
    shop.does(count)
    ids = await enqueue(shop.pool, *[new() for _ in range(300)])
    async with shop.worker(slots=8), asyncio.timeout(2 * LONG_S):
        for part in (50, 100, 150, 200, 250):
            await _over(shop, part)
            await shop.pool.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
        await _over(shop, 300)
    effects = await shop.pool.fetch("select job_id, count(*) as n from headrace.job_logs group by job_id")
    ended = await shop.pool.fetch("select id, status, attempt, has_errors, run_by from headrace.jobs")
    assert {row["id"] for row in ended} == set(ids)
    assert {(row["status"], row["has_errors"], row["run_by"]) for row in ended} == {("FINISHED", False, "done")}
    # An effect whose commit was not answered is done again by these executors, which have no journal.
    assert all(row["n"] <= attempts(ended)[row["job_id"]] for row in effects)
    assert len(effects) == 300
    assert len(await shop.pool.fetch("select 1 from headrace.job_results")) == 300


def attempts(ended: Sequence[Any]) -> dict[UUID, int]:
    """How often each job was claimed."""
    return {row["id"]: row["attempt"] for row in ended}


async def _over(shop: Shop, number: int) -> None:
    """So many jobs are in the history."""
    async with patience(f"{number} ended jobs", seconds=2 * LONG_S):
        while True:
            try:
                if len(await shop.pool.fetch("select 1 from headrace.jobs_history")) >= number:
                    return
            except DatabaseUnavailable:
                pass
            await asyncio.sleep(0.005)


async def test_low_priority_jobs_come_through_a_busy_worker(shop: Shop) -> None:
    """While normal jobs never run out, the low-priority ones finish all the same."""
    low = await enqueue(shop.pool, *[new("low", low_priority=True) for _ in range(5)])
    await enqueue(shop.pool, *[new("normal") for _ in range(30)])
    left = set(low)

    async def stream(run: Run) -> Ending:
        if run.claim.id in left:
            left.discard(run.claim.id)
        elif left:
            await enqueue(shop.pool, new("normal"))
        return Finished()

    shop.does(stream)
    async with shop.worker(slots=2):
        for job_id in low:
            await shop.until(job_id)
    normal = await shop.pool.fetch("select 1 from headrace.jobs_history where name = 'normal'")
    assert len(normal) >= 5


async def test_a_heartbeat_shows_the_worker(shop: Shop) -> None:
    """Its row has its name, its slots and how many it uses; it beats while it works."""
    go = asyncio.Event()

    async def waits(run: Run) -> Ending:
        await go.wait()
        return Finished()

    shop.does(waits)
    async with shop.worker(slots=3) as worker:
        await enqueue_one(shop.pool)
        async with asyncio.timeout(LONG_S):
            while True:
                (row,) = await shop.pool.fetch("select * from headrace.workers")
                if row["used"] == 1 and row["heartbeat_at"] > row["started_at"]:
                    break
                await asyncio.sleep(0.01)
        assert (row["id"], row["name"], row["slots"], row["draining"]) == (worker.id, "shop", 3, False)
        go.set()


async def test_a_started_job_carries_the_version_of_its_app(shop: Shop) -> None:
    """A job stays on the version on which it started, also when a newer one was pushed before its retry."""
    shop.does(nothing)
    await shop.pool.execute("insert into headrace.apps (name, label, version) values ('crm', 'CRM', 3)")
    hand = await Hand.join(shop.pool)
    job_id = await enqueue_one(shop.pool, max_attempts=2)
    await hand.retry(await hand.claim_one())
    await shop.pool.execute("update headrace.apps set version = 4")
    async with shop.worker():
        await shop.until(job_id)
    assert (await rows(shop.pool, job_id))["app_version"] == 3
