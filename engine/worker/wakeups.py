"""LISTEN on a connection of its own: makes an idle worker look at once. Polling works without it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from engine.db.pool import Connection, Pool, translated
from engine.errors import DatabaseUnavailable

log = logging.getLogger(__name__)

RECONNECT_S = 2.0


class Wakeups:
    """Calls a function for each notification of its channel, with the payload, and once after each reconnection.

    `warm` is called with each new connection before it listens, `lost` each time that it is lost, or cannot be made.
    `tried` is set once it listens, or has failed to.
    """

    def __init__(
        self,
        pool: Pool,
        heard: Mapping[str, Callable[[str], None]],
        *,
        warm: Callable[[Connection], Awaitable[None]],
        lost: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._warm = warm
        self._lost = lost
        self._heard = heard
        self.tried = asyncio.Event()
        # The connection while it listens, and what says that it is gone.
        self._ear: tuple[asyncpg.Connection[asyncpg.Record], asyncio.Event] | None = None

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        """The connection that listens while it does, and one of the pool else; for one user, who is never there twice.

        Whoever is woken claims by it: its plans and the memory of its backend are in use. A connection of the pool that
        nobody had used for a second took a claim 5.5 ms instead of 2, which met every job that came beside a chore.
        """
        if self._ear is None:
            async with self._pool.acquire() as pooled:
                yield pooled
            return
        conn, gone = self._ear
        try:
            with translated():
                yield conn
        finally:
            # The driver does not tell of each one that breaks: claims by a closed one failed without end.
            if conn.is_closed():
                gone.set()

    async def run(self) -> None:
        """Listens until it is cancelled; a lost connection is opened again."""
        while True:
            try:
                await self._listen()
                self._lost()
            except (DatabaseUnavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                self._lost()
                self.tried.set()
                log.warning("not listening, polling goes on: %s", error)
                await asyncio.sleep(RECONNECT_S)

    async def _listen(self) -> None:
        conn = await self._pool.dedicated()
        gone = asyncio.Event()
        conn.add_termination_listener(lambda _: gone.set())
        try:
            await self._warm(conn)
            for channel in self._heard:
                await conn.add_listener(channel, self._notified)
            self._ear = conn, gone
            self.tried.set()
            # What was sent while nobody listened is not sent again: look once.
            for call in self._heard.values():
                call("")
            await gone.wait()
        finally:
            self._ear = None
            await _close(conn)

    def _notified(self, conn: Any, pid: int, channel: str, payload: object) -> None:
        self._heard[channel](str(payload))


async def _close(conn: asyncpg.Connection[asyncpg.Record]) -> None:
    try:
        await conn.close(timeout=1)
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        conn.terminate()
