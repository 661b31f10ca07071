"""Creates jobs in any number: Python makes the next ones ready while PostgreSQL makes those before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice
from uuid import UUID

from engine.db.pool import Connection
from engine.jobs import copies, store
from engine.jobs.prepared import Prepared, prepare
from engine.model import NewJob

# A chunk fits into a socket's buffer, so that all of it is on its way before the next one is made ready.
CHUNK = copies.FEWEST
# A COPY of so many chunks is as cheap for each job as one of more, and its jobs fit into memory.
CHUNKS = 20


async def create_all(conn: Connection, jobs: Iterable[NewJob], *, wake: bool = True) -> list[UUID]:
    """The ids of the jobs, in their order, as of `store.create`: all of them are created, or none.

    `jobs` may be a generator, such as `requests.call_handlers`; what it raises, this raises.
    """
    ids: list[UUID] = []
    chunks = _Chunks(jobs)
    async with conn.transaction():
        while chunks.next.ids:
            if chunks.is_worth_a_copy:
                ids += await copies.insert(conn, chunks.that_fit(), wake=wake)
            else:
                ids += await _insert(conn, chunks, wake)
    return ids


class _Chunks:
    """The jobs, chunk by chunk; `next` has none where they have come to an end."""

    def __init__(self, jobs: Iterable[NewJob]) -> None:
        self._jobs = iter(jobs)
        self.next = self._take()

    def _take(self) -> Prepared:
        return prepare(list(islice(self._jobs, CHUNK)))

    def get_ready(self) -> None:
        """Makes the one behind `next` ready, in its place."""
        self.next = self._take()

    @property
    def is_worth_a_copy(self) -> bool:
        return len(self.next.ids) >= copies.FEWEST and copies.fits(self.next)

    def that_fit(self) -> Iterator[Prepared]:
        """Those from here on that can be made by COPY."""
        for _ in range(CHUNKS):
            if not self.next.ids or not copies.fits(self.next):
                return
            yield self.next
            self.get_ready()


async def _insert(conn: Connection, chunks: _Chunks, wake: bool) -> list[UUID]:
    made, ended = await asyncio.gather(
        store.insert(conn, chunks.next, wake=wake), _later(chunks), return_exceptions=True
    )
    if isinstance(made, BaseException):
        raise made
    if isinstance(ended, BaseException):
        raise ended
    return made


async def _later(chunks: _Chunks) -> None:
    # Its turn ends here once, so that the chunk before is sent first.
    await asyncio.sleep(0)
    chunks.get_ready()
