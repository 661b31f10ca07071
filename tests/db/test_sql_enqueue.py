"""`select headrace.enqueue(…)`: jobs from SQL, in any client's transaction."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.db.pool import Pool
from engine.errors import DatabaseError
from engine.jobs import requests, store
from engine.jobs.names import JOBS_CHANNEL
from engine.jobs.requests import Requester
from engine.model import Job, Status
from tests.documents import ROOT
from tests.engine.hands import Hand


async def job(pool: Pool, id: UUID, app: str = "crm") -> Job:
    async with pool.acquire() as conn:
        return await store.get(conn, app, id)


async def enqueue(pool: Pool, arguments: str, *values: Any) -> UUID:
    async with pool.acquire() as conn:
        found: UUID = await conn.fetchval(f"select headrace.enqueue({arguments})", *values)
        return found


async def test_a_job_from_sql_is_the_one_that_python_makes(pool: Pool) -> None:
    """Everything but id and time is equal, so workers, scripts and callers cannot tell them apart."""
    options = {"maxAttempts": 3, "timeout": 1500, "concurrencyKey": "k", "concurrencyLimit": 2}
    ours = requests.call_handler(Requester("crm", "ann"), "mail", {"n": 1}, options)
    async with pool.acquire() as conn:
        (python,) = await store.create(conn, [ours])
    sql = await enqueue(
        pool,
        "'crm', 'mail', '{\"n\": 1}', max_attempts => 3, timeout => '1.5 s', run_by => 'ann', "
        "concurrency_key => 'k', concurrency_limit => 2",
    )
    one, other = await job(pool, python), await job(pool, sql)
    for name in ("queue", "type", "name", "label", "max_attempts", "timeout_ms", "run_by", "spec", "status"):
        assert getattr(one, name) == getattr(other, name), name
    assert (other.root_id, other.attempt) == (sql, 0)


async def test_it_belongs_to_the_callers_transaction(pool: Pool) -> None:
    """Rolled back there is no job and nobody is woken; committed, one notification names the lane."""
    heard: list[object] = []
    await Hand.join(pool)
    listener = await pool.dedicated()
    try:
        await listener.add_listener(JOBS_CHANNEL, lambda *args: heard.append(args[-1]))
        async with pool.acquire() as conn:
            transaction = conn.transaction()
            await transaction.start()
            await conn.execute("select headrace.enqueue('crm', 'mail')")
            await transaction.rollback()
            assert not await conn.fetch("select 1 from headrace.jobs union all select 1 from headrace.job_ready")
            await conn.execute("select headrace.enqueue('crm', 'mail') from generate_series(1, 20)")
        async with asyncio.timeout(60):
            while not heard:  # noqa: ASYNC110 - notifications come when the loop runs
                await asyncio.sleep(0.01)
        assert heard == ["crm handler.mail"]
        assert len(await pool.fetch("select 1 from headrace.job_ready")) == 20
    finally:
        await listener.close()


async def test_a_unique_key_that_is_taken_gives_the_holders_id(pool: Pool) -> None:
    """No second job is made while the first one lives."""
    first = await enqueue(pool, "'crm', 'mail', unique_key => 'k'")
    assert await enqueue(pool, "'crm', 'other', unique_key => 'k'") == first
    assert await enqueue(pool, "'blog', 'mail', unique_key => 'k'") != first
    assert len(await pool.fetch("select 1 from headrace.jobs")) == 2


async def test_a_delay_keeps_it_from_being_claimed(pool: Pool) -> None:
    """The job waits in the list of what is due later."""
    id = await enqueue(pool, "'crm', 'mail', delay => $1", timedelta(hours=1))
    found = await job(pool, id)
    assert found.status is Status.PENDING
    assert found.ready_at is not None
    assert timedelta(minutes=59) < found.ready_at - found.created_at < timedelta(minutes=61)
    assert not await pool.fetch("select 1 from headrace.job_ready")


async def test_a_script_has_to_be_the_apps(pool: Pool) -> None:
    """A script is named by its path in the app's current version; another path is refused."""
    async with pool.acquire() as conn:
        await push(conn, load_folder(ROOT / "examples" / "crm"))
    path = (await pool.fetch("select path from headrace.app_scripts order by path limit 1"))[0]["path"]
    id = await enqueue(pool, "'crm', $1, kind => 'EXECUTE_SCRIPT', queue => 'heavy'", path)
    found = await job(pool, id)
    assert (found.queue, found.spec["path"]) == ("heavy", path)
    with pytest.raises(DatabaseError, match=r"name is 'no\.js', but must be the path of a script of the app crm"):
        await enqueue(pool, "'crm', 'no.js', kind => 'EXECUTE_SCRIPT'")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ("null, 'mail'", "app is null"),
        ("'9', 'mail'", "app is '9'"),
        ("'crm', 'no mail'", "name is 'no mail'"),
        ("'crm', null", "name is null"),
        ("'crm', 'mail', '[]'", r"params is '\[\]', but must be an object"),
        ("'crm', 'mail', null", "params is null"),
        ("'crm', 'mail', kind => 'X'", "kind is 'X', but must be HANDLER or EXECUTE_SCRIPT"),
        ("'crm', 'mail', queue => 'heavy'", "queue is 'heavy'"),
        ("'crm', 'mail', delay => '-1 s'", "delay is '-00:00:01'"),
        ("'crm', 'mail', delay => null", "delay is null"),
        ("'crm', 'mail', max_attempts => 0", "max_attempts is '0', but must be a number from 1 to 1000"),
        ("'crm', 'mail', timeout => '0'", "timeout is '00:00:00'"),
        ("'crm', 'mail', unique_key => ''", "unique_key is ''"),
        ("'crm', 'mail', concurrency_key => ''", "concurrency_key is ''"),
        ("'crm', 'mail', concurrency_key => 'k', concurrency_limit => 0", "concurrency_limit is '0'"),
        ("'crm', 'mail', low_priority => null", "low_priority is null"),
    ],
)
async def test_bad_input_is_named(pool: Pool, arguments: str, error: str) -> None:
    """Parameter, value and what is allowed; nothing is made."""
    with pytest.raises(DatabaseError, match=error):
        await enqueue(pool, arguments)
    assert not await pool.fetch("select 1 from headrace.jobs")
