"""Finds out which layers hold around a child, by asking one and by watching it die."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import fields

from scripting import protocol
from scripting.channel import Channel, ChannelClosed
from scripting.children import Child
from scripting.model import LayerReport

_FRAME_BYTES = 64 * 1024


async def probe(child: Child) -> LayerReport:
    """The report of a fresh child, which is used up by it. Everything is False if it could not even speak."""
    channel = Channel(max_bytes=_FRAME_BYTES)
    try:
        await asyncio.get_running_loop().create_unix_connection(lambda: channel, sock=child.socket)
        channel.send(protocol.Probe(), max_bytes=_FRAME_BYTES)
        held = await _ask(channel)
        status = (await child.exited).status
    finally:
        child.kill()
        channel.abort()
        child.release()
    # The child's last act is a forbidden system call: only the filter can make it die of SIGSYS.
    held["seccomp"] = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGSYS
    return LayerReport(**{field.name: held.get(field.name) is True for field in fields(LayerReport)})


async def _ask(channel: Channel) -> dict[str, object]:
    try:
        frame = protocol.decode(await channel.receive(), protocol.UP)
    except (ChannelClosed, protocol.ProtocolError):
        return {}
    return dict(frame.held) if isinstance(frame, protocol.Layers) else {}
