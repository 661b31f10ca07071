"""What the start-up packet makes of the answers that a socket may give."""

from __future__ import annotations

import asyncio
import os
import struct
from pathlib import Path

import pytest

from engine.db.embedded_home import SOCKET
from engine.db.embedded_probe import Answer, Probe, probe


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def refusal(sqlstate: bytes) -> bytes:
    return message(b"E", b"SFATAL\0C" + sqlstate + b"\0Mwords\0\0")


async def answer(folder: Path, reply: bytes) -> Probe:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack("!I", await reader.readexactly(4))
        await reader.readexactly(length - 4)
        writer.write(reply)
        writer.close()

    async with await asyncio.start_unix_server(serve, folder / SOCKET):
        return await asyncio.to_thread(probe, folder)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (message(b"R", b"\0\0\0\0") + message(b"Z", b"I"), Answer.READY),
        (refusal(b"57P03"), Answer.NOT_NOW),
        (refusal(b"57P01"), Answer.NOT_NOW),
        (refusal(b"53300"), Answer.READY),
        (b"", Answer.NOT_NOW),
        (message(b"R", b"\0\0\0\0"), Answer.NOT_NOW),
        (b"R\0\0", Answer.NOT_NOW),
    ],
)
async def test_each_reply_has_its_meaning(open_folder: Path, reply: bytes, expected: Answer) -> None:
    """Ready is a greeting, or a refusal that only a running server gives; a broken reply is not yet one."""
    assert (await answer(open_folder, reply)).answer is expected


async def test_the_kernel_names_the_process_that_listens(open_folder: Path) -> None:
    """Not a pid file but the socket itself says whom a signal would reach."""
    assert (await answer(open_folder, b"")).pid == os.getpid()


def test_a_folder_without_a_socket_is_silent(tmp_path: Path) -> None:
    """Nobody listens where nothing is."""
    assert probe(tmp_path) == Probe(Answer.SILENT, 0)
