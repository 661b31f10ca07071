"""A connection goes back into the pool as it came: whatever its block did, the next one finds nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from engine.db.pool import Pool
from engine.errors import DatabaseError, DatabaseUnavailable


@pytest.fixture
async def one(pool: Pool) -> AsyncIterator[Pool]:
    """A pool of one connection."""
    small = await Pool.connect(pool.dsn, max_size=1)
    yield small
    await small.close()


async def _pid(pool: Pool) -> int:
    async with asyncio.timeout(60):
        row = await pool.fetchrow("select pg_backend_pid() as pid, pg_current_xact_id_if_assigned() is null as clean")
    assert row is not None
    assert row["clean"]
    return int(row["pid"])


async def test_it_comes_back(one: Pool) -> None:
    """The next block has the same connection, and who kept it from the block before cannot use it."""
    async with one.acquire() as kept:
        pid = await kept.fetchval("select pg_backend_pid()")
    assert await _pid(one) == pid
    with pytest.raises(asyncpg.InterfaceError):
        await kept.fetch("select 1")


async def test_what_a_block_left_open_is_rolled_back(one: Pool) -> None:
    """A transaction that nobody ended is none of the next block's."""
    async with one.acquire() as conn:
        await conn.execute("begin")
        await conn.execute("select pg_current_xact_id()")
    await _pid(one)


async def test_a_canceled_block_leaves_a_connection_that_works(pool: Pool, one: Pool) -> None:
    """Canceled in the middle of a statement, and in the middle of a transaction."""

    async def sleep() -> None:
        async with one.transaction() as conn:
            await conn.execute("select pg_current_xact_id()")
            await conn.execute("select pg_sleep(600)")

    going = asyncio.create_task(sleep())
    async with asyncio.timeout(60):
        # Not sooner: PostgreSQL passes over a cancellation that is there before its statement.
        while not await pool.fetch(  # noqa: ASYNC110 - the database is asked
            "select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
        ):
            await asyncio.sleep(0.01)
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    await _pid(one)


async def test_those_who_wait_for_it_have_it_in_turn(one: Pool) -> None:
    """Twenty blocks at once with one connection: each has it alone."""
    inside = 0

    async def block() -> None:
        nonlocal inside
        async with one.acquire() as conn:
            inside += 1
            await conn.fetch("select pg_sleep(0.001)")
            assert inside == 1
            inside -= 1

    async with asyncio.timeout(60):
        await asyncio.gather(*(block() for _ in range(20)))


async def test_a_refused_statement_is_told_in_our_words(one: Pool) -> None:
    """A DatabaseError with the SQLSTATE; a value that the driver cannot send is one too. The connection serves on."""
    with pytest.raises(DatabaseError) as refused:
        await one.fetch("select 1 / 0")
    assert refused.value.additional_info["sqlstate"] == "22012"
    with pytest.raises(DatabaseError, match="invalid input"):
        await one.fetch("select $1::integer", "one")
    await _pid(one)


async def test_a_connection_that_broke_is_replaced(one: Pool) -> None:
    """The block that it broke in says so; the next one has another."""
    pid = await _pid(one)
    with pytest.raises(DatabaseUnavailable):
        await one.fetch("select pg_terminate_backend(pg_backend_pid())")
    assert await _pid(one) != pid
