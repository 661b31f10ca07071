"""LISTEN on a connection of its own: makes an idle worker look at once. Polling works without it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

import asyncpg

from engine.db.pool import Pool
from engine.errors import DatabaseUnavailable

log = logging.getLogger(__name__)

RECONNECT_S = 2.0


class Wakeups:
    """Calls a function for each notification of its channel, with the payload, and once after each reconnection.

    `lost` is called each time that the connection is lost, or cannot be made.
    """

    def __init__(self, pool: Pool, heard: Mapping[str, Callable[[str], None]], lost: Callable[[], None]) -> None:
        self._pool = pool
        self._lost = lost
        self._heard = heard

    async def run(self) -> None:
        """Listens until it is cancelled; a lost connection is opened again."""
        while True:
            try:
                await self._listen()
                self._lost()
            except (DatabaseUnavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                self._lost()
                log.warning("not listening, polling goes on: %s", error)
                await asyncio.sleep(RECONNECT_S)

    async def _listen(self) -> None:
        conn = await self._pool.dedicated()
        lost = asyncio.Event()
        conn.add_termination_listener(lambda _: lost.set())
        try:
            for channel in self._heard:
                await conn.add_listener(channel, self._notified)
            # What was sent while nobody listened is not sent again: look once.
            for call in self._heard.values():
                call("")
            await lost.wait()
        finally:
            await _close(conn)

    def _notified(self, conn: Any, pid: int, channel: str, payload: object) -> None:
        self._heard[channel](str(payload))


async def _close(conn: asyncpg.Connection[asyncpg.Record]) -> None:
    try:
        await conn.close(timeout=1)
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        conn.terminate()
