"""A gate at which transactions of workers wait: a test kills the worker inside one, however fast it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from engine.db.pool import Connection, Pool
from tests.patience import patience

POLL_S = 0.01
# A transaction that writes a row with more than the gate's `most` waits there while somebody holds the lock 7.
_GATE = """
create table public.gate as select 0::bigint as most;
create function public.wait() returns trigger language plpgsql as $$
begin
    if {value} > (select most from public.gate) then perform pg_advisory_xact_lock(7); end if;
    return new;
end $$;
create trigger gate before insert or update on {table} for each row execute function public.wait();
"""
_GONE = "drop trigger gate on {table}; drop function public.wait; drop table public.gate"
_WAITING = """
select from pg_locks where locktype = 'advisory' and objid = 7 and not granted
    and database = (select oid from pg_database where datname = current_database())
"""


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate that is open at first. What is closed before a worker starts is passed by none of its transactions."""

    conn: Connection

    async def close(self, most: int) -> None:
        """From now on a transaction that writes more than this waits."""
        await self.conn.execute("select pg_advisory_lock(7)")
        await self.conn.execute("update public.gate set most = $1", most)

    async def reached(self) -> None:
        """Returns once a transaction waits."""
        async with patience("a transaction at the gate"):
            while not await self.conn.fetch(_WAITING):  # noqa: ASYNC110 - the database is asked
                await asyncio.sleep(POLL_S)

    async def open(self) -> None:
        """Lets pass who waits, and returns once nobody does."""
        await self.conn.execute("select pg_advisory_unlock(7)")
        async with patience("the end of the transaction at the gate"):
            while await self.conn.fetch(_WAITING):  # noqa: ASYNC110 - the database is asked
                await asyncio.sleep(POLL_S)


@asynccontextmanager
async def gate_before(pool: Pool, table: str, value: str) -> AsyncIterator[Gate]:
    """A gate before the table while the block lasts; `value` is what counts of a row, as SQL on `new`."""
    async with pool.acquire() as conn:
        await conn.execute(_GATE.format(table=table, value=value))
        try:
            yield Gate(conn)
        finally:
            await conn.execute("select pg_advisory_unlock_all()")
            await conn.execute(_GONE.format(table=table))
