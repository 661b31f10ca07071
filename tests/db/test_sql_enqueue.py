"""`select headrace.enqueue(…)`: jobs from SQL, in any client's transaction."""

from __future__ import annotations

import asyncio
import io
import os
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.db.pool import Pool
from engine.db.sql import load
from engine.errors import DatabaseError
from engine.ids import id_time
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


async def test_many_of_one_statement_have_ids_of_their_own(pool: Pool) -> None:
    """They rise, are those of their times, and two sessions with the same random numbers make none twice."""

    async def enqueue_many() -> list[UUID]:
        async with pool.acquire() as conn:
            await conn.execute("select setseed(0.5)")
            found = await conn.fetch("select headrace.enqueue('crm', 'mail') as id from generate_series(1, 300)")
            return [row["id"] for row in found]

    one, other = await asyncio.gather(enqueue_many(), enqueue_many())
    assert one == sorted(one)
    assert len({*one, *other}) == 600
    # The last 62 bits.
    assert len({id.bytes[8:] for id in (*one, *other)}) == 600
    assert {id.version for id in one} == {7}
    for id in (one[0], other[-1]):
        assert (await job(pool, id)).created_at == id_time(id)


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


async def copy_in(pool: Pool, columns: str, *lines: str, role: str | None = None) -> None:
    """COPY of these lines, in CSV, as any client does it."""
    conn = await pool.dedicated()
    try:
        if role is not None:
            await conn.execute(f"set role {role}")
        source = io.BytesIO("".join(f"{line}\n" for line in lines).encode())
        await conn.copy_to_table(
            "job_inbox", schema_name="headrace", columns=columns.split(), source=source, format="csv"
        )
    finally:
        await conn.close()


async def test_jobs_by_copy_are_those_of_enqueue(pool: Pool) -> None:
    """Each line is a job, in its order, and equal to the one that the function makes of the same values."""
    lines = [f'crm,mail,"{{""n"": {n}}}",3,1.5 s,k' for n in range(3000)]
    await copy_in(pool, "app name params max_attempts timeout concurrency_key", *lines)
    made = [row["id"] for row in await pool.fetch("select id from headrace.jobs_live order by id")]
    assert [(await job(pool, id)).spec["params"]["n"] for id in made[::500]] == list(range(0, 3000, 500))
    assert len(set(made)) == 3000
    other = await enqueue(
        pool, "'crm', 'mail', '{\"n\": 0}', max_attempts => 3, timeout => '1.5 s', concurrency_key => 'k'"
    )
    one, same = await job(pool, made[0]), await job(pool, other)
    for name in ("queue", "type", "name", "label", "max_attempts", "timeout_ms", "run_by", "spec", "status", "attempt"):
        assert getattr(one, name) == getattr(same, name), name
    assert (one.root_id, UUID(str(one.id)).version) == (one.id, 7)
    assert abs(one.created_at - id_time(one.id)) < timedelta(milliseconds=1)


async def test_jobs_by_copy_run_at_once_later_or_once_for_their_key(pool: Pool) -> None:
    """A delay is kept; of one unique key, within the lines and beside a live job, there is one job."""
    await enqueue(pool, "'crm', 'mail', unique_key => 'held'")
    await copy_in(
        pool, "app name delay unique_key", "crm,mail,0,", "crm,mail,1 hour,", "crm,mail,0,held", *["crm,mail,0,k"] * 3
    )
    ready = await pool.fetch(
        "select unique_key from headrace.jobs_live j join headrace.job_ready on job_id = id order by j.id"
    )
    assert [row["unique_key"] for row in ready] == ["held", None, "k"]
    assert len(await pool.fetch("select 1 from headrace.job_later")) == 1
    assert len(await pool.fetch("select 1 from headrace.job_params")) == 4


@pytest.mark.parametrize(
    ("columns", "line", "error"),
    [
        ("app name", "crm,no mail", "name is 'no mail', but must be a handler's name"),
        ("app name", f"{'x' * 64},mail", "app is 'x+', but must be a name of 1 to 63"),
        (
            "app name kind",
            "crm,gone.js,EXECUTE_SCRIPT",
            r"name is 'gone\.js', but must be the path of a script of the app crm",
        ),
        ("app name id", "crm,mail,6a5b4c3d-0000-4000-8000-000000000000", "id is '6a5b.*', but must be left out"),
        ("app name params", 'crm,mail,"[1]"', r"params is '\[1\]', but must be an object"),
    ],
)
async def test_a_bad_line_of_a_copy_makes_nothing(pool: Pool, columns: str, line: str, error: str) -> None:
    """Parameter, value and what is allowed, with the line's number; the good lines before it make no jobs."""
    good = [
        "crm,mail"
        + (",HANDLER" if "kind" in columns else "," if "id" in columns else ",{}" if "params" in columns else "")
    ]
    with pytest.raises(asyncpg.PostgresError, match=error) as refused:
        await copy_in(pool, columns, *good * 16, line)
    assert refused.value.as_dict()["detail"] == "It is row 17 of 17."
    assert not await pool.fetch("select 1 from headrace.jobs")


async def test_a_role_that_may_enqueue_may_do_no_more(pool: Pool) -> None:
    """`allow_enqueue` is enough for the function, unique keys included, and for COPY; jobs stay hidden."""
    role = f"shop_{os.getpid()}"
    await pool.execute(f"create role {role}")
    conn = await pool.dedicated()
    try:
        await conn.execute(f"set role {role}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute("select headrace.enqueue('crm', 'mail')")
        await conn.execute("reset role")
        await conn.execute("select headrace.allow_enqueue($1)", role)
        await conn.execute(f"set role {role}")
        first = await conn.fetchval("select headrace.enqueue('crm', 'mail', unique_key => 'k')")
        assert await conn.fetchval("select headrace.enqueue('crm', 'mail', unique_key => 'k')") == first
        for table in ("jobs_live", "job_params", "job_ready", "job_inbox"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.fetch(f"select from headrace.{table}")
        for function in (load("job_insert"), load("jobs_insert"), "select headrace.job_holding('crm', 'k')"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.prepare(function)
                await conn.fetch(re.sub(r"\$\d+", "null", function))
        await copy_in(pool, "app name", "crm,mail", role=role)
        assert len(await pool.fetch("select 1 from headrace.jobs_live")) == 2
    finally:
        await conn.close()
        await pool.execute(f"drop owned by {role}")
        await pool.execute(f"drop role {role}")


async def test_the_inbox_is_swept_but_not_under_a_writer(pool: Pool) -> None:
    """What is spent goes away once nobody writes; the sweep waits for nobody, and the jobs stay."""
    letter = "insert into headrace.job_inbox (app, name) values ('crm', 'mail')"
    await pool.execute(letter)
    async with pool.transaction() as writer:
        await writer.execute(letter)
        for patience in ("1 day", "0"):
            assert [row[0] for row in await pool.fetch(f"select headrace.sweep_inbox(0, '{patience}')")] == [False]
    assert [row[0] for row in await pool.fetch("select headrace.sweep_inbox(1000000)")] == [False]
    assert [row[0] for row in await pool.fetch("select headrace.sweep_inbox(0)")] == [True]
    assert not await pool.fetch("select 1 from headrace.job_inbox")
    assert len(await pool.fetch("select 1 from headrace.jobs_live")) == 2
