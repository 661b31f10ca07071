"""Transactions of attempts that lose a race and are made again: what they say is in the log once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from engine.apps.push import push
from engine.db.pool import Pool
from engine.executors.endings import Ending, Finished
from engine.executors.handler import HandlerJob
from engine.executors.run import Effect, Run
from engine.jobs import requests, store
from engine.model import NewJob, Status
from tests.engine.batches import BY, CRM, ROWS, an_import, made
from tests.engine.hands import call, enqueue_one
from tests.engine.shop import Shop

LINES = "select message from headrace.job_logs order by n"


@asynccontextmanager
async def lost(pool: Pool) -> AsyncIterator[None]:
    """Inside, the first transaction that writes to a log loses a race at its commit. Sequences do not roll back."""
    await pool.execute(
        """
        create sequence public.races;
        create function public.lose() returns trigger language plpgsql as $$
        begin
            if nextval('public.races') = 1 then raise exception 'lost' using errcode = 'serialization_failure'; end if;
            return null;
        end $$;
        create constraint trigger race after insert on headrace.job_logs deferrable initially deferred
            for each row execute function public.lose();
        """
    )
    try:
        yield
        assert await pool.fetch("select 1 from public.races where is_called"), "nothing was written"
    finally:
        await pool.execute(
            "drop trigger race on headrace.job_logs; drop function public.lose; drop sequence public.races"
        )


async def said(pool: Pool) -> list[str]:
    return [row["message"] for row in await pool.fetch(LINES)]


@pytest.mark.parametrize(
    ("job", "line"),
    [
        (requests.start_app(BY, {"pushChanges": False}), "the app was not stopped"),
        (
            requests.undeploy_endpoint(BY, CRM.manifest.endpoint("stats"), {}),
            "the endpoint stats was not deployed",
        ),
    ],
)
async def test_a_job_that_changes_its_app_says_so_once(shop: Shop, job: NewJob, line: str) -> None:
    """The transaction is made again in the same attempt, its line with it."""
    shop.does_as_always()
    async with shop.pool.transaction() as conn:
        await push(conn, CRM)
    async with lost(shop.pool):
        async with shop.pool.transaction() as conn:
            (job_id,) = await store.create(conn, [job])
        async with shop.worker():
            ended = await shop.until(job_id)
        assert (ended.status, ended.attempt, ended.has_errors) == (Status.FINISHED, 1, False)
        assert await said(shop.pool) == [line]


async def test_lines_and_rows_of_a_repeated_transaction_are_written_once(shop: Shop) -> None:
    """What the attempt had said before goes with the try that commits."""

    async def work(run: Run) -> Ending:
        tries = 0

        async def twice(scope: Effect) -> None:
            nonlocal tries
            tries += 1
            scope.lines.append(run.line(f"try {tries}"))

        run.journal.log(run.line("before"))
        await run.transact(twice)
        return Finished({})

    shop.does(work)
    async with lost(shop.pool), shop.worker():
        job_id = await enqueue_one(shop.pool)
        await shop.until(job_id)
        assert await said(shop.pool) == ["before", "try 2"]


async def test_a_handler_that_logs_does_not_notice(shop: Shop) -> None:
    """Its line is there, once, and its attempt goes on."""

    async def work(job: HandlerJob) -> Any:
        await job.log_info("hello")
        return 1

    shop.does_as_always()
    async with lost(shop.pool), shop.worker(handlers={"work": work}):
        job_id = await call(shop.pool)
        assert (await shop.until(job_id)).attempt == 1
        assert await said(shop.pool) == ["hello"]


async def test_an_import_makes_the_batch_again(shop: Shop) -> None:
    """In the same attempt: each row is imported once, each bad one logged once."""
    shop.does_as_always()
    job_id = await made(shop.pool, await an_import(shop.pool))
    async with lost(shop.pool), shop.worker():
        job = await shop.until(job_id)
        assert (job.status, job.attempt) == (Status.FINISHED, 1)
        assert [line.partition(":")[0] for line in await said(shop.pool)] == ["line 701", "line 1701"]
    assert await shop.results(job_id) == {"rowsImported": ROWS - 2, "rowsWithErrors": 2}
    (count,) = await shop.pool.fetch("select count(*)::integer as n from headrace.records")
    assert count["n"] == ROWS - 2
