"""The host's end of a child's socket: whole frames in turns, on the event loop, without a thread.

The child may say no more frames than it owes (protocol.py), and none larger than they may be. What it sends beyond
is not kept: reading stops at once, so a flood costs the host one read and stays in the kernel.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast

from scripting import protocol

_HEADER_BYTES = protocol.HEADER.size


class ChannelClosed(Exception):
    """The child's end is closed; how the child ended is for its exit status to say."""


class Channel(asyncio.Protocol):
    """One conversation with one child."""

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self._frames: deque[bytearray] = deque()
        # Frames that the child has yet to send.
        self._owed = 0
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
            self._take_frames()
        except protocol.ProtocolError as error:
            self._fail(error)
            self.abort()

    @property
    def is_quiet(self) -> bool:
        """Whether the connection stands, the child owes nothing, and it said nothing that was not asked for."""
        return self._failure is None and not self._owed and not self._frames and not self._buffer

    def send(self, frame: protocol.Frame, *, max_bytes: int) -> None:
        """Sends; the child owes a frame for it, but none for an Ahead. BadValue or FrameTooLarge before that."""
        data = protocol.encode(frame, max_bytes=max_bytes)
        if type(frame) is not protocol.Ahead:
            self._owed += 1
        if self._transport is not None and self._failure is None:
            self._transport.write(data)

    async def receive(self) -> bytearray:
        """The body of the child's next frame. ProtocolError or ChannelClosed."""
        while self._owed and not self._frames and self._failure is None:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        # A complete frame counts even if the child is gone since.
        if self._frames and not isinstance(self._failure, protocol.ProtocolError):
            return self._frames.popleft()
        raise self._failure or ChannelClosed()

    def abort(self) -> None:
        """Closes the socket now; idempotent."""
        if self._transport is not None:
            self._transport.abort()

    def _take_frames(self) -> None:
        buffer = self._buffer
        while buffer:
            if not self._owed:
                raise protocol.ProtocolError("the child spoke out of turn")
            if len(buffer) < _HEADER_BYTES:
                return
            end = _HEADER_BYTES + protocol.body_size(buffer, max_bytes=self._max_bytes)
            if len(buffer) < end:
                return
            self._frames.append(buffer[_HEADER_BYTES:end])
            del buffer[:end]
            self._owed -= 1
            self._wake()

    def _fail(self, failure: Exception) -> None:
        self._failure = self._failure or failure
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
