"""Connections that have planned what every job takes, before the first job comes."""

from __future__ import annotations

from contextlib import AsyncExitStack, suppress
from uuid import UUID

from engine.db.pool import Pool
from engine.errors import HeadraceError
from engine.jobs import queue

# What a worker uses at once while jobs come one by one: an end, a chore, and a claim, unless that is made by the
# connection that listens. To open a connection and to plan on it took a job 8 to 13 ms: two of the first hundred, and
# so their p99.
CONNECTIONS = 3


async def warm(pool: Pool, worker: UUID, *, connections: int = CONNECTIONS) -> None:
    """Opens so many connections of the pool, and has them plan claims and ends; an outage leaves that to the jobs.

    The first job begins behind it: beside the jobs, it was a tenth of what two workers did in their first two seconds.
    """
    with suppress(HeadraceError):
        async with AsyncExitStack() as stack:
            held = [await stack.enter_async_context(pool.acquire()) for _ in range(min(connections, pool.most - 1))]
            for conn in held:
                await queue.warm(conn, worker)
