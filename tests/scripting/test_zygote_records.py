"""What the zygote hears and what its lock does before there is a child."""

from __future__ import annotations

import os
import resource
import select
import socket
from pathlib import Path

import pytest

from scripting.limits import Lock, held
from scripting.records import Kind, Record
from scripting.zygote import Zygote


class Listener(Zygote):
    """A zygote that only writes down what it is told."""

    def __init__(self, control: socket.socket) -> None:
        super().__init__(control, {}, Lock.prepare(unsafe=False), [b""])
        self.heard: list[tuple[int, int, int]] = []
        self._poll.register(self._control_fd, select.POLLIN)

    def _obey(self, kind: int, number: int, status: int) -> None:
        self.heard.append((kind, number, status))


@pytest.mark.parametrize("pieces", [1, 7, 48, 1000])
def test_records_are_heard_however_they_arrive(pieces: int) -> None:
    """Several in one read, and one in several."""
    said = b"".join(Record(Kind.FORK, number, status=number % 3).pack() for number in range(5))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        zygote = Listener(theirs)
        for start in range(0, len(said), pieces):
            ours.sendall(said[start : start + pieces])
            assert zygote._serve_once()
        assert zygote.heard == [(Kind.FORK, number, number % 3) for number in range(5)]
        ours.close()
        assert not zygote._serve_once()


def test_a_rehearsal_of_the_lock_takes_no_step() -> None:
    """Nothing in this process has changed but what the interpreter knows."""

    def state() -> list[object]:
        limits = (resource.RLIMIT_AS, resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_CPU)
        return [
            held(os.getppid()),
            os.getresuid(),
            len(list(Path("/proc/self/fd").iterdir())),
            *map(resource.getrlimit, limits),
        ]

    lock = Lock.prepare(unsafe=False)
    before = state()
    lock.rehearse(3)
    assert state() == before
