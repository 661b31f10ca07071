"""Creates jobs in any number: Python makes the next ones ready while PostgreSQL makes those before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice
from uuid import UUID

from engine.db.pool import Connection
from engine.jobs import store
from engine.jobs.store import Prepared
from engine.model import NewJob

# A chunk fits into a socket's buffer, so that all of it is on its way before the next one is made ready.
CHUNK = 1000


async def create_all(conn: Connection, jobs: Iterable[NewJob], *, wake: bool = True) -> list[UUID]:
    """The ids of the jobs, in their order, as of `store.create`: all of them are created, or none.

    `jobs` may be a generator, such as `requests.call_handlers`; what it raises, this raises.
    """
    ids: list[UUID] = []
    source = iter(jobs)
    async with conn.transaction():
        ready = _prepare(source)
        while ready.ids:
            made, following = await asyncio.gather(
                store.insert(conn, ready, wake=wake), _next(source), return_exceptions=True
            )
            if isinstance(made, BaseException):
                raise made
            if isinstance(following, BaseException):
                raise following
            ids += made
            ready = following
    return ids


async def _next(source: Iterator[NewJob]) -> Prepared:
    # Its turn ends here once, so that the chunk before is sent first.
    await asyncio.sleep(0)
    return _prepare(source)


def _prepare(source: Iterator[NewJob]) -> Prepared:
    return store.prepare(list(islice(source, CHUNK)))
