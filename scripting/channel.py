"""The host's end of a child's socket: whole frames in turns, on the event loop, without a thread.

The child may speak only after the host did, one frame at a time. What it sends out of turn or beyond the
size is not kept: reading stops at once, so a flood costs the host one read and stays in the kernel.
"""

from __future__ import annotations

import asyncio
from typing import cast

from scripting import protocol


class ChannelClosed(Exception):
    """The child's end is closed; how the child ended is for its exit status to say."""


class Channel(asyncio.Protocol):
    """One conversation with one child."""

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self._childs_turn = False
        self._failure: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio's callback."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio's callback."""
        self._fail(ChannelClosed())

    def data_received(self, data: bytes) -> None:
        """asyncio's callback."""
        self._buffer += data
        try:
            if not self._childs_turn:
                raise protocol.ProtocolError("the child spoke out of turn")
            self._look_for_frame()
        except protocol.ProtocolError as error:
            self._fail(error)
            self.abort()

    @property
    def is_quiet(self) -> bool:
        """Whether the connection stands, the turn is the host's, and the child said nothing out of turn."""
        return self._failure is None and not self._childs_turn and not self._buffer

    def send(self, frame: protocol.Frame, *, max_bytes: int) -> None:
        """Sends, and gives the child the turn. BadValue or FrameTooLarge before anything is sent."""
        data = protocol.encode(frame, max_bytes=max_bytes)
        self._childs_turn = True
        if self._transport is not None and self._failure is None:
            self._transport.write(data)

    async def receive(self) -> bytearray:
        """The body of the child's next frame. ProtocolError or ChannelClosed."""
        while self._childs_turn and self._failure is None:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        # A complete frame counts even if the child is gone since.
        if self._childs_turn or isinstance(self._failure, protocol.ProtocolError):
            raise self._failure or ChannelClosed()
        body, self._buffer = self._buffer, bytearray()
        if not body:
            raise self._failure or ChannelClosed()
        del body[: protocol.HEADER.size]
        return body

    def abort(self) -> None:
        """Closes the socket now; idempotent."""
        if self._transport is not None:
            self._transport.abort()

    def _look_for_frame(self) -> None:
        if len(self._buffer) < protocol.HEADER.size:
            return
        header = self._buffer[: protocol.HEADER.size]
        missing = protocol.HEADER.size + protocol.body_size(header, max_bytes=self._max_bytes) - len(self._buffer)
        if missing < 0:
            raise protocol.ProtocolError("the child sent more than one frame in its turn")
        if missing == 0:
            self._childs_turn = False
            self._wake()

    def _fail(self, failure: Exception) -> None:
        self._failure = self._failure or failure
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
