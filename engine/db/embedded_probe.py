"""Is a PostgreSQL there? Asked with a real start-up packet over its Unix socket. Standard library only."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from engine.db.embedded_home import DATABASE, SOCKET, USER

# SQLSTATEs of a server that comes up or goes down; any other refusal (too many clients) is an answer.
_NOT_NOW = (b"57P01", b"57P02", b"57P03")
_PROTOCOL_3 = 196608
_PEER = {"linux": (socket.SOL_SOCKET, getattr(socket, "SO_PEERCRED", 0), 12), "darwin": (0, 2, 4)}


class Answer(Enum):
    """What came back."""

    READY = "ready"
    NOT_NOW = "starting or stopping"
    SILENT = "nobody listens"


class Probe(NamedTuple):
    """An answer and the process that listens, as the kernel knows it: 0 if it does not say."""

    answer: Answer
    pid: int


def probe(folder: Path, *, timeout: float = 5.0) -> Probe:
    """The answer of the server whose socket lies in `folder`, within `timeout` seconds."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout)
        try:
            sock.connect(str(folder / SOCKET))
            pid = _listener(sock)
            sock.sendall(_startup())
            return Probe(_read(sock), pid)
        except OSError:
            return Probe(Answer.SILENT, 0)


def _startup() -> bytes:
    pairs = ("user", USER, "database", DATABASE, "application_name", "headrace probe", "")
    body = struct.pack("!I", _PROTOCOL_3) + b"".join(text.encode() + b"\0" for text in pairs)
    return struct.pack("!I", len(body) + 4) + body


def _read(sock: socket.socket) -> Answer:
    """READY at ReadyForQuery or at a refusal that only a running server gives."""
    with sock.makefile("rb") as stream:
        while len(head := stream.read(5)) == 5:
            kind, length = struct.unpack("!cI", head)
            body = stream.read(length - 4)
            if kind == b"Z":
                with contextlib.suppress(OSError):
                    sock.sendall(b"X\0\0\0\4")
                return Answer.READY
            if kind == b"E":
                return Answer.NOT_NOW if any(b"C" + state in body for state in _NOT_NOW) else Answer.READY
    return Answer.NOT_NOW


def _listener(sock: socket.socket) -> int:
    """The process that called listen(): the first number of SO_PEERCRED on Linux, LOCAL_PEERPID on macOS."""
    option = _PEER.get(sys.platform)
    return int(struct.unpack_from("i", sock.getsockopt(*option))[0]) if option else 0
