"""A crash of the tests' server is never passed over."""

from __future__ import annotations

import asyncio
import os
import signal

import asyncpg
import pytest

from tests.patience import patience
from tests.postgres import ServerCrashed, embedded


async def test_a_crash_fails_the_run_and_names_the_statement() -> None:
    """Also one that everybody lived through: the server is up again when it is stopped."""
    server = await embedded()
    victim = await asyncpg.connect(server.dsn)
    running = asyncio.create_task(victim.execute("select 'lost',\n  pg_sleep(600)"))
    await _runs(server.dsn, victim.get_server_pid())
    os.kill(victim.get_server_pid(), signal.SIGSEGV)
    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await running
    await _up(server.dsn)
    with pytest.raises(ServerCrashed, match=r"signal 11: .*\n.*: select 'lost',\n\t  pg_sleep\(600\)$"):
        await server.stop()


async def _runs(dsn: str, pid: int) -> None:
    """Another connection sees the statement."""
    conn = await asyncpg.connect(dsn)
    sleeps = "select wait_event = 'PgSleep' from pg_stat_activity where pid = $1"
    async with patience("the statement to run"):
        while not await conn.fetchval(sleeps, pid):  # noqa: ASYNC110 - the server is asked
            await asyncio.sleep(0.01)
    await conn.close()


async def _up(dsn: str) -> None:
    """The server has started again by itself."""
    async with patience("the server"):
        while True:
            try:
                await (await asyncpg.connect(dsn)).close()
                return
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.01)
