"""Asks the process of _script_floor.py what a fork of it costs."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from bench._script_floor import ANSWER, ASKED
from scripting.children import ENVIRONMENT, command


class FloorClient:
    """Asks the process."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control

    def ms(self, pages: float) -> float:
        """CPU of fork, first touch of so many pages, exit and reap."""
        self._control.sendall(ASKED.pack(round(pages)))
        answer = self._control.recv(ANSWER.size, socket.MSG_WAITALL)
        return float(ANSWER.unpack(answer)[0])


@contextmanager
def floor() -> Iterator[FloorClient]:
    """A process to ask, on the processors of this one."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            arguments = command("bench._script_floor", theirs, unsafe=False)
            process = subprocess.Popen(arguments, env=ENVIRONMENT, pass_fds=[theirs.fileno()])
        yield FloorClient(ours)
        ours.shutdown(socket.SHUT_RDWR)
        process.wait()
