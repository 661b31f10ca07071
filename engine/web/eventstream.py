"""Server-sent events (HTML standard, 9.2): what travels, and a response that a slow or lost reader cannot hold up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from engine.db import cancellation
from engine.errors import HeadraceError

log = logging.getLogger(__name__)

# A reader that takes nothing for so long is gone; it may come back with the id of the last event that it had.
SEND_S = 30.0
_STUCK = object()


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event: `data` is one line of text; None is a comment, which only keeps the connection open."""

    data: str | None
    event: str = ""
    id: str = ""

    def encode(self) -> bytes:
        """The event as it travels."""
        if self.data is None:
            return b":\n\n"
        return f"id: {self.id}\nevent: {self.event}\ndata: {self.data}\n\n".encode()


class EventStream(Response):
    """Sends the events until they end, the reader leaves, or `most_s` seconds are over.

    The last makes the reader come back with its token, which may have been revoked meanwhile.
    """

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[ServerEvent, None], *, retry_ms: int, most_s: float) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._events = events
        self._first = f"retry: {retry_ms}\n\n".encode()
        self._most_s = most_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends, and listens for the end of the connection; whichever comes first ends both."""
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({sending, leaving}, timeout=self._most_s, return_when=asyncio.FIRST_COMPLETED)
            left = leaving.done()
        finally:
            await cancellation.end(sending, leaving)
        if not left and not _is_stuck(sending):
            await _close(send)

    async def _send(self, send: Send) -> object:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        try:
            await _part(send, self._first)
            async with aclosing(self._events) as events:
                async for event in events:
                    await _part(send, event.encode())
        except HeadraceError as error:
            # The reader comes back by itself and goes on where it was.
            log.warning("an event stream breaks off: %s", error)
        except TimeoutError:
            log.info("an event stream breaks off: its reader takes nothing")
            return _STUCK
        return None


def _is_stuck(sending: asyncio.Task[object]) -> bool:
    return not sending.cancelled() and sending.exception() is None and sending.result() is _STUCK


async def _part(send: Send, body: bytes) -> None:
    await asyncio.wait_for(send({"type": "http.response.body", "body": body, "more_body": True}), SEND_S)


async def _close(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
