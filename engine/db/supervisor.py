"""The small process that owns an embedded server: `python -m engine.db.supervisor SPEC`.

It belongs to no client and outlives them all. It starts PostgreSQL, or adopts the one that a killed supervisor left,
says so to the client that called it, and waits until the kernel grants it clients.lock exclusively: then no client
lives, however they ended. It stops the server while it holds that lock. A client that comes meanwhile waits for its
share of the lock and then finds no supervisor, so it starts one: nobody is handed a server that is about to stop.

The word to the calling client is one line on standard output: ready, busy, or an error as JSON.
Standard library only: with site-packages the start takes half as long again.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from enum import Enum
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from engine.db import embedded_binaries as binaries
from engine.db import embedded_cluster as cluster
from engine.db.embedded_account import account_for, require_reachable
from engine.db.embedded_home import Home, Lock
from engine.db.embedded_probe import Answer, Probe, probe
from engine.errors import DatabaseUnavailable, HeadraceError

# A server that dies under living clients comes back, but not for ever: what kills it may be its own data.
_LIVES = 5
# PostgreSQL's fast shutdown writes a checkpoint; after this it is told to stop without one and recovers later.
_STOP_SECONDS = 60.0


class Spec(NamedTuple):
    """What to run: the data folder, the folder of the programs, PostgreSQL's settings, and whether initdb syncs."""

    root: str
    pg_bin: str
    settings: dict[str, str]
    sync: bool

    def to_json(self) -> str:
        """One word of a command line."""
        return json.dumps(self._asdict())


class Event(Enum):
    """Why the supervisor woke."""

    IDLE = "the last client is gone"
    DEAD = "the server is gone"
    TOLD = "somebody asked for an end"


class Supervisor:
    """One server from its start, or adoption, to its stop."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._home = Home(Path(spec.root))
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._child: subprocess.Popen[bytes] | None = None
        # Kept here: once granted it has to stay so until this process ends.
        self._clients = self._home.clients()

    def run(self) -> None:
        """Serve until the last client is gone. Raises a HeadraceError if the server does not come up."""
        with self._home.supervisor() as alone:
            if not alone.take():
                _say("busy")
                return
            # Before the note: whoever reads it may send the signal at once, and by default that leaves a server alone.
            signal.signal(signal.SIGTERM, lambda *_: self._events.put(Event.TOLD))
            alone.note(str(os.getpid()))
            self._start()
            _say("ready")
            self._watch(self._clients, Event.IDLE)
            self._serve()
            self._stop()

    def _serve(self) -> None:
        for left in reversed(range(_LIVES)):
            self._watch(self._home.server(), Event.DEAD)
            if self._events.get() is not Event.DEAD:
                return
            self._reap()
            if left:
                self._start()

    def _watch(self, lock: Lock, event: Event) -> None:
        """Put the event when the lock is granted. The lock of the server is given back for the next one to inherit."""

        def wait() -> None:
            lock.take(wait=True)
            if event is Event.DEAD:
                lock.drop()
            self._events.put(event)

        threading.Thread(target=wait, daemon=True).start()

    def _start(self) -> None:
        server = self._home.server()
        while not server.take():
            if self._adopts():
                server.hand_over()
                return
            time.sleep(0.01)
        try:
            self._launch(server)
        finally:
            server.hand_over()

    def _adopts(self) -> bool:
        """Whether a server that a killed supervisor left is up; false while it comes up or dies."""
        return probe(self._home.socket_folder()).answer is Answer.READY

    def _launch(self, server: Lock) -> None:
        home, account = self._home, account_for(self._home.cluster)
        require_reachable(account, home.root)
        folder = binaries.reachable(Path(self._spec.pg_bin), account)
        major = binaries.major(folder, account)
        cluster.require_version(home, folder, major)
        cluster.create(home, folder, major, account, server, sync=self._spec.sync)
        cluster.disarm_pid_file(home)
        sockets = cluster.make_socket_folder(home, account)
        since = home.log.stat().st_size
        child: subprocess.Popen[bytes] = subprocess.Popen(
            [folder / "postgres", "-D", home.cluster, *cluster.arguments(sockets, self._spec.settings)],
            stdout=subprocess.DEVNULL, pass_fds=[server.fileno()], start_new_session=True, **account.popen(),
        )  # fmt: skip
        self._child = child
        self._await_answer(child, since)

    def _await_answer(self, child: subprocess.Popen[bytes], since: int) -> None:
        """Return when the child answers, which after a crash is when it has recovered."""
        pause = 0.005
        while probe(self._home.socket_folder()).answer is not Answer.READY:
            if child.poll() is not None:
                raise self._home.failure(f"PostgreSQL ended with code {child.returncode} as it started", since=since)
            time.sleep(pause)
            pause = min(pause * 1.2, 0.1)

    def _stop(self) -> None:
        """Stop the server and forget its socket; returns when no process of it lives."""
        with self._home.server() as server:
            for how in (signal.SIGINT, signal.SIGQUIT):
                self._signal(how)
                if server.take_before(time.monotonic() + _STOP_SECONDS):
                    cluster.remove_socket_folder(self._home)
                    break
        self._reap()

    def _signal(self, how: signal.Signals) -> None:
        """Signal the server: our child, else the process that the kernel and the pid file both name."""
        if self._child is not None:
            self._child.send_signal(how)
            return
        found: Probe = probe(self._home.socket_folder())
        if found.pid > 1 and found.pid == self._pid_in_file():
            os.kill(found.pid, how)

    def _pid_in_file(self) -> int:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int((self._home.cluster / "postmaster.pid").read_bytes().split()[0])
        return 0

    def _reap(self) -> None:
        if self._child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(_STOP_SECONDS)
            self._child = None


def _say(word: str) -> None:
    """Tell the calling client, who may be gone, and close the line to it."""
    with contextlib.suppress(OSError):
        os.write(1, word.encode() + b"\n")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def _fail(error: HeadraceError) -> None:
    told = {"error": type(error).__name__, "message": error.message, "additionalInfo": error.additional_info}
    _say(json.dumps(told))
    print(f"supervisor: {error.message}", file=sys.stderr, flush=True)


def main() -> None:
    """Detach, so that this is nobody's child to reap, and supervise."""
    spec = Spec(**json.loads(sys.argv[1]))
    if os.fork():
        os._exit(0)
    os.chdir("/")
    try:
        Supervisor(spec).run()
    except HeadraceError as error:
        _fail(error)
    except OSError as error:
        _fail(DatabaseUnavailable(f"the embedded server on {spec.root} cannot run: {error}"))
    # The thread that waits for the clients may still be inside flock(): leave it to the kernel.
    os._exit(0)


if __name__ == "__main__":
    main()
