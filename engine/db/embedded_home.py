"""The folder of an embedded server, and the locks in it that say who lives.

    clients.lock     shared by every client; the supervisor waits for it exclusively: granted means nobody is left
    supervisor.lock  exclusive for the life of the one supervisor
    server.lock      exclusive, inherited by PostgreSQL itself: free means that no process of the server lives
    cluster/         PostgreSQL's data folder, of the account under which it runs
    socket           a folder of that account, 0700, or a link to a short one under the temporary folder
    server.log       what PostgreSQL and the supervisor say

The kernel drops a flock with the last copy of its descriptor, also after SIGKILL, and never reuses it as it does
process ids: so locks, not pid files, are what everything here believes.
Standard library only: the supervisor starts without site-packages.
"""

from __future__ import annotations

import fcntl
import io
import os
import time
from pathlib import Path
from types import TracebackType

from engine.errors import ConfigError, DatabaseUnavailable

USER = "headrace"
DATABASE = "postgres"
PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"

# sun_path holds 104 bytes on macOS, 108 on Linux, the final NUL included.
_LONGEST_ADDRESS = 100
_LOG_BYTES = 10_000_000


class Lock:
    """One flock on one open file description; ConfigError if the file may not be opened."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = io.FileIO(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")
        except OSError as error:
            raise ConfigError(
                f"the data folder {path.parent} is not usable for this account: {error}; "
                "choose another data folder, or run as the account that made this one"
            ) from error

    def fileno(self) -> int:
        """The descriptor, to hand down to a child: the lock then lives as long as the longer-lived of the two."""
        return self._file.fileno()

    def take(self, *, shared: bool = False, wait: bool = False) -> bool:
        """Whether the lock was granted; with `wait` it always is, at some time."""
        mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self._file, mode if wait else mode | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def take_before(self, deadline: float, *, shared: bool = False) -> bool:
        """Whether the lock was granted before `deadline`, a time of the monotonic clock."""
        while not self.take(shared=shared):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return True

    def note(self, text: str) -> None:
        """Leave a word in the file for people who look for the holder; nothing here reads it."""
        self._file.truncate(0)
        self._file.write(f"{text}\n".encode())

    def drop(self) -> None:
        """Give the lock up, also for a process forked from this one that still has the descriptor."""
        if not self._file.closed:
            fcntl.flock(self._file, fcntl.LOCK_UN)
            self._file.close()

    def hand_over(self) -> None:
        """Close this copy only: a child that inherited the descriptor keeps the lock."""
        self._file.close()

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.drop()


class Home:
    """Names of the files of one embedded server; creates nothing but itself."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.realpath(root))
        self.cluster = self.root / "cluster"
        self.near = self.root / "socket"
        self.log = self.root / "server.log"

    def create(self) -> None:
        """Make the folder, and the missing ones above it; those that exist keep their permissions.

        As root, the account that runs PostgreSQL has to pass through what is made here: 0711, else 0700.
        """
        mode = 0o711 if os.geteuid() == 0 else 0o700
        try:
            for folder in reversed([self.root, *self.root.parents]):
                if not folder.is_dir():
                    folder.mkdir(mode, exist_ok=True)
                    folder.chmod(mode)
        except OSError as error:
            raise ConfigError(f"cannot make the data folder {self.root}: {error}; choose another") from error

    def clients(self) -> Lock:
        """clients.lock, not yet taken."""
        return Lock(self.root / "clients.lock")

    def supervisor(self) -> Lock:
        """supervisor.lock, not yet taken."""
        return Lock(self.root / "supervisor.lock")

    def server(self) -> Lock:
        """server.lock, not yet taken."""
        return Lock(self.root / "server.lock")

    def supervised(self) -> bool:
        """Whether a supervisor lives."""
        with self.supervisor() as lock:
            return not lock.take(shared=True)

    def socket_folder(self) -> Path:
        """Where the socket is, or would be."""
        try:
            return self.near.readlink()
        except OSError:
            return self.near

    def fits(self) -> bool:
        """Whether a socket inside the data folder has an address that PostgreSQL's clients can use.

        Commas separate hosts in a DSN and folders in PostgreSQL's setting, double quotes are that setting's own.
        """
        address = os.fsencode(self.near / SOCKET)
        return len(address) <= _LONGEST_ADDRESS and not set(address) & set(b',"')

    def open_log(self) -> int:
        """A descriptor that appends to server.log; a log beyond 10 MB becomes server.log.1 first."""
        if self.log.is_file() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_name("server.log.1"))
        return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)

    def log_tail(self, since: int = 0) -> str:
        """The last lines of server.log that were written after its byte `since`."""
        try:
            text = self.log.read_bytes()[since:].decode(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-8:])

    def failure(self, what: str, *, since: int = 0) -> DatabaseUnavailable:
        """The error for a server that did not come up: what happened, what its log says and where that is."""
        tail = self.log_tail(since)
        return DatabaseUnavailable(
            f"{what}; its log {self.log} ends with:\n{tail}" if tail else f"{what}; see {self.log}"
        )
