"""The host's end of a child's socket and of the zygote's, where several things arrive at once."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from scripting import protocol
from scripting.channel import Channel, ChannelClosed
from scripting.children import Zygote
from scripting.protocol import Ahead, Call, Done, Load, ProtocolError, Ready, Run
from scripting.records import LAYOUT, Kind

_BYTES = 1000
LOAD = Load("python", "a.py", "", {}, "app", 1, 1, _BYTES, _BYTES, "")
RUN = Run({}, "seed", 0)


@asynccontextmanager
async def conversation() -> AsyncIterator[tuple[Channel, socket.socket]]:
    """A channel and the child's end of it."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    channel = Channel(max_bytes=_BYTES)
    with theirs:
        await asyncio.get_running_loop().create_unix_connection(lambda: channel, sock=ours)
        yield channel, theirs
        channel.abort()


def say(child: socket.socket, *frames: protocol.Frame) -> None:
    """Sends the frames in one piece."""
    child.sendall(b"".join(protocol.encode(frame, max_bytes=_BYTES) for frame in frames))


async def heard(channel: Channel) -> protocol.Frame:
    """The child's next frame."""
    return protocol.decode(await channel.receive(), protocol.UP)


async def test_two_frames_that_are_owed_may_arrive_at_once() -> None:
    """A Load and a Run are answered by Ready and the run's first frame, whether in one piece, cut, or one by one."""
    answers = [Ready(), Call(1, "jobs.find", [])]
    whole = b"".join(protocol.encode(frame, max_bytes=_BYTES) for frame in answers)
    for cut in (0, 3, 6, 9, len(whole)):
        async with conversation() as (channel, child):
            channel.send(LOAD, max_bytes=_BYTES)
            channel.send(Ahead([]), max_bytes=_BYTES)
            channel.send(RUN, max_bytes=_BYTES)
            child.sendall(whole[:cut])
            await asyncio.sleep(0)
            child.sendall(whole[cut:])
            assert [await heard(channel), await heard(channel)] == answers
            assert channel.is_quiet


async def test_one_frame_more_than_is_owed_is_a_breach() -> None:
    """Neither a third answer to two frames counts nor one to an Ahead, nor do the frames before it."""
    async with conversation() as (channel, child):
        channel.send(LOAD, max_bytes=_BYTES)
        channel.send(RUN, max_bytes=_BYTES)
        say(child, Ready(), Done(1), Done(2))
        with pytest.raises(ProtocolError, match="out of turn"):
            while True:
                await heard(channel)
    async with conversation() as (channel, child):
        channel.send(Ahead([]), max_bytes=_BYTES)
        say(child, Done(1))
        child.setblocking(False)
        # Whatever it was told before: at the end the host has hung up.
        while await asyncio.get_running_loop().sock_recv(child, 100):
            pass
        with pytest.raises(ProtocolError, match="out of turn"):
            await channel.receive()


async def test_what_was_said_before_the_end_counts() -> None:
    """A child that answers and is gone was heard; what it still owes is not waited for."""
    async with conversation() as (channel, child):
        channel.send(LOAD, max_bytes=_BYTES)
        channel.send(RUN, max_bytes=_BYTES)
        say(child, Ready())
        child.close()
        assert await heard(channel) == Ready()
        with pytest.raises(ChannelClosed):
            await channel.receive()


async def test_records_that_arrive_at_once_keep_their_descriptors() -> None:
    """Births and ends in one read: each child has the socket that was sent with its own record."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    zygote = Zygote(cast("subprocess.Popen[bytes]", None), ours)
    births = [zygote.fork() for _ in range(3)]
    pairs = [socket.socketpair() for _ in births]
    for number, (mine, _) in enumerate(pairs, 1):
        # The second descriptor stands for a pidfd.
        rights = struct.pack("ii", mine.fileno(), os.open(os.devnull, os.O_RDONLY))
        theirs.sendmsg(
            [LAYOUT.pack(Kind.FORKED, number, 100 + number, 0, 0, 0)],
            [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)],
        )
        if number < 3:
            theirs.sendall(LAYOUT.pack(Kind.EXITED, number, 100 + number, 9, 5, 7))
    asyncio.get_running_loop().add_reader(ours, zygote._hear)
    children = [await birth for birth in births]
    for child, (mine, other) in zip(children, pairs, strict=True):
        other.sendall(b"%d" % child.number)
        assert child.socket.recv(10) == b"%d" % child.number
        mine.close()
        other.close()
    assert [child.pid for child in children] == [101, 102, 103]
    assert [(await child.exited).status for child in children[:2]] == [9, 9]
    assert not children[2].exited.done()
    theirs.close()
    await zygote.lost
    for child in children:
        child.release()
