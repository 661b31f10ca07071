"""Jobs without scripts whose time is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.data import files
from engine.db.pool import Pool
from engine.executors import interruptible
from engine.executors.deadlines import Deadline, Deadlines
from engine.executors.endings import Ending, Finished
from engine.executors.run import Run
from engine.executors.within_time import within_time
from engine.jobs import requests, store
from engine.jobs.requests import Requester
from engine.metrics import Metrics
from engine.model import NewJob, Status
from tests.engine.hands import call, enqueue_one
from tests.engine.shop import LONG_S, Shop

CRM = load_folder(Path(__file__).resolve().parent.parent.parent / "examples" / "crm")
COMPANIES = CRM.manifest.entity("companies")
BY = Requester("crm", None)
ROWS = 2500
FILL = """
insert into headrace.records (app, entity, id, data)
select 'crm', 'companies', gen_random_uuid(), jsonb_build_object('name', 'N' || n) from generate_series(1, 450) n
"""
COUNT = "select count(*)::integer as n from headrace.records"
WAITING = """
select from pg_locks where locktype = 'advisory' and not granted
    and database = (select oid from pg_database where datname = current_database())
"""
LINES = "select message from headrace.job_logs where job_id = $1 and level = 'ERROR' order by n"


class Clock(Deadlines):
    """Time that is over when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.set: list[Deadline] = []

    def after(self, seconds: float, act: Callable[[], object]) -> Deadline:
        self.set.append(Deadline(act, set()))
        return self.set[-1]

    def is_over(self) -> None:
        """It is, for the one attempt that has a limit."""
        (deadline,) = self.set
        deadline.reach()


@asynccontextmanager
async def held(pool: Pool, change: str, number: int) -> AsyncIterator[None]:
    """Inside, a transaction has begun the change of the record of this name, in its job's second batch, and waits."""
    async with pool.acquire() as conn:
        await conn.execute(
            f"""
            create function public.wait() returns trigger language plpgsql as $$
            begin
                if coalesce(new.data, old.data) ->> 'name' = 'N{number}' then perform pg_advisory_xact_lock(7); end if;
                return coalesce(new, old);
            end $$;
            create trigger gate before {change} on headrace.records for each row execute function public.wait();
            """
        )
        await conn.execute("select pg_advisory_lock(7)")
        try:
            yield
        finally:
            await conn.execute("select pg_advisory_unlock(7)")
            await conn.execute("drop trigger if exists gate on headrace.records; drop function public.wait")


async def waiting(pool: Pool) -> None:
    """Returns once the job's transaction waits."""
    async with asyncio.timeout(LONG_S):
        while not await pool.fetch(WAITING):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def made(pool: Pool, job: NewJob) -> UUID:
    """The job's id."""
    async with pool.transaction() as conn:
        return (await store.create(conn, [job]))[0]


async def an_import(pool: Pool, **options: Any) -> NewJob:
    """A job that imports the rows, of which two are not valid: one in the first batch, one in the second."""
    rows = "".join(f"N{n},{'z' if n in (700, 1700) else 'a'}\n" for n in range(1, ROWS + 1))
    async with pool.transaction() as conn:
        await push(conn, CRM)
        file = await files.store(conn, "crm", "rows.csv", [b"name,type\n", rows.encode()])
    return requests.import_records(BY, COMPANIES, file, options)


async def test_an_import_whose_time_is_over_leaves_whole_batches(shop: Shop) -> None:
    """The rows of its first transaction, which its results count; the second one is rolled back, and its lines."""
    shop.does_as_always()
    clock, metrics = Clock(), Metrics()
    job_id = await made(shop.pool, await an_import(shop.pool, timeout=5000, maxAttempts=3))
    async with held(shop.pool, "insert", 1800), shop.worker(metrics=metrics, deadlines=clock):
        await waiting(shop.pool)
        clock.is_over()
        job = await shop.until(job_id)
    assert (job.status, job.has_errors, job.attempt) == (Status.FINISHED, True, 1)
    assert await shop.results(job_id) == {
        "rowsImported": 999,
        "rowsWithErrors": 1,
        "error": {"code": "timeout", "message": "the import did not end within 5000 ms", "limit": "wall"},
    }
    assert (await shop.pool.fetch(COUNT))[0]["n"] == 999
    first, last = [line["message"] for line in await shop.pool.fetch(LINES, job_id)]
    assert first.startswith("line 701: ")
    assert last == "timeout: the import did not end within 5000 ms"
    assert metrics.registry.get_sample_value("headrace_job_timeouts_total", {"type": "IMPORT_RECORDS"}) == 1


async def test_a_removal_whose_time_is_over_says_what_is_removed(shop: Shop) -> None:
    """Its results have the records that are gone, and no other."""
    shop.does_as_always()
    clock = Clock()
    async with shop.pool.transaction() as conn:
        await push(conn, CRM)
        await conn.execute(FILL)
        (last,) = await conn.fetch(
            "select data ->> 'name' as name from headrace.records order by id offset 300 limit 1"
        )
    job_id = await made(shop.pool, requests.delete_records(BY, COMPANIES, {"_sortField": "id"}, {"timeout": 7}))
    async with held(shop.pool, "delete", int(last["name"][1:])), shop.worker(deadlines=clock):
        await waiting(shop.pool)
        clock.is_over()
        await shop.until(job_id)
    left = await shop.results(job_id)
    assert left["error"]["message"] == "the removal did not end within 7 ms"
    assert len(left["results"]) == 450 - (await shop.pool.fetch(COUNT))[0]["n"] == 200


async def test_an_import_without_a_time_out_has_no_limit(shop: Shop) -> None:
    """That of scripts is none of an import's."""
    shop.does_as_always()
    clock = Clock()
    job_id = await made(shop.pool, await an_import(shop.pool))
    async with shop.worker(deadlines=clock):
        assert (await shop.until(job_id)).status is Status.FINISHED
    assert await shop.results(job_id) == {"rowsImported": ROWS - 2, "rowsWithErrors": 2}
    assert not clock.set


async def test_what_commits_is_not_cut(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nobody knew whether it has happened: the job has done it in its time, and ends well."""
    clock, begun, go = Clock(), asyncio.Event(), asyncio.Event()
    monkeypatch.setattr(interruptible, "WHOLE_S", 0.01)

    async def work(run: Run) -> Ending:
        with run.whole():
            begun.set()
            await go.wait()
        return Finished({"done": True})

    shop.does(within_time(work, "the work"))
    async with shop.worker(deadlines=clock):
        job_id = await enqueue_one(shop.pool, timeout_ms=5)
        await begun.wait()
        clock.is_over()
        asyncio.get_running_loop().call_later(0.05, go.set)
        await shop.until(job_id)
    assert await shop.results(job_id) == {"done": True}


async def test_work_that_swallows_its_cancellation_is_ended_all_the_same(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one whose `wait_for` has just got what it waited for."""
    clock, begun, heard = Clock(), asyncio.Event(), []
    monkeypatch.setattr(interruptible, "AGAIN_S", 0.01)

    async def work(job: Any) -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            heard.append("once")
        await asyncio.Event().wait()

    shop.does_as_always()
    async with shop.worker(handlers={"work": work}, deadlines=clock):
        job_id = await call(shop.pool, timeout=5)
        await begun.wait()
        clock.is_over()
        await shop.until(job_id)
    assert (await shop.results(job_id))["error"]["code"] == "timeout"
    assert heard == ["once"]
