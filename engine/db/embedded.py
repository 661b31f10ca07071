"""The PostgreSQL that comes along: shared by all clients of a data folder, stopped after the last one.

A client takes its share of a lock and finds the server, or has a supervisor start it (`engine.db.supervisor`).
How the locks work together is told in `engine.db.embedded_home`.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from engine.db import embedded_binaries as binaries
from engine.db.embedded_home import DATABASE, PORT, USER, Home, Lock
from engine.db.embedded_probe import Answer, probe
from engine.db.supervisor import Spec
from engine.errors import ConfigError, DatabaseUnavailable

_ERRORS = {error.__name__: error for error in (ConfigError, DatabaseUnavailable)}
_CODE = Path(__file__).resolve().parent.parent.parent


class Profile(StrEnum):
    """What the server promises: to survive the loss of power, or only to be quick."""

    DURABLE = "durable"
    TEST = "test"


_SETTINGS: Mapping[Profile, Mapping[str, str]] = {
    Profile.DURABLE: {},
    Profile.TEST: {
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_connections": "200",
    },
}


class EmbeddedServer:
    """A client's share of a running server; the server lives until the last share is released or its process dies."""

    def __init__(self, share: Lock, home: Home) -> None:
        self._share = share
        self.data_dir = home.root
        self.socket_dir = home.socket_folder()

    @classmethod
    async def acquire(
        cls,
        data_dir: Path,
        *,
        pg_bin: Path | None = None,
        profile: Profile = Profile.DURABLE,
        settings: Mapping[str, str] | None = None,
        timeout: float = 60.0,
    ) -> EmbeddedServer:
        """A share of the server on `data_dir`, which is made if it is not there, answering when this returns.

        `pg_bin`: the folder with initdb and postgres, default the wheel's. `profile` and `settings` count for whoever
        starts the server; later clients take it as it runs. ConfigError if the folder or the programs do not serve,
        DatabaseUnavailable if the server does not answer within `timeout` seconds.
        """
        spec = (pg_bin, {**_SETTINGS[profile], **(settings or {})}, profile is Profile.DURABLE)
        return await asyncio.to_thread(cls._acquire, Home(data_dir), spec, time.monotonic() + timeout)

    @classmethod
    def _acquire(cls, home: Home, spec: tuple[Path | None, dict[str, str], bool], deadline: float) -> EmbeddedServer:
        home.create()
        share = home.clients()
        try:
            if not share.take_before(deadline, shared=True):
                raise DatabaseUnavailable(f"the embedded server on {home.root} is still stopping; see {home.log}")
            _find_or_start(home, spec, deadline)
        except BaseException:
            share.drop()
            raise
        return cls(share, home)

    @property
    def dsn(self) -> str:
        """The address for asyncpg and psql: the Unix socket, as the server's superuser."""
        host = quote(str(self.socket_dir), safe="/")
        return f"postgresql://{USER}@/{DATABASE}?host={host}&port={PORT}"

    def release(self) -> None:
        """Give the share back, at once and without waiting for the server to stop."""
        self._share.drop()


def _find_or_start(home: Home, spec: tuple[Path | None, dict[str, str], bool], deadline: float) -> None:
    """Return when a supervised server answers. The caller holds its share, so that server stays."""
    while time.monotonic() < deadline:
        if not home.supervised():
            if _call_supervisor(home, spec, deadline):
                return
        elif probe(home.socket_folder()).answer is Answer.READY:
            return
        time.sleep(0.01)
    raise home.failure(f"the embedded server on {home.root} did not answer in time")


def _call_supervisor(home: Home, spec: tuple[Path | None, dict[str, str], bool], deadline: float) -> bool:
    """Whether the new supervisor has the server up; false if another one was quicker."""
    pg_bin, settings, sync = spec
    word = Spec(root=str(home.root), pg_bin=str(binaries.find(pg_bin)), settings=settings, sync=sync).to_json()
    log = home.open_log()
    try:
        # -S and -E: no site-packages and nobody's PYTHONPATH; the working folder is where `engine` is found.
        process = subprocess.Popen(
            [sys.executable, "-E", "-s", "-S", "-m", "engine.db.supervisor", word],
            cwd=_CODE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
        )  # fmt: skip
    finally:
        os.close(log)
    with process:
        assert process.stdout is not None
        return _understand(_line(process.stdout.fileno(), deadline), home)


def _line(stream: int, deadline: float) -> bytes:
    """What the supervisor says before it closes the line or the deadline passes."""
    said = b""
    while not said.endswith(b"\n"):
        if not select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0]:
            break
        more = os.read(stream, 65536)
        if not more:
            break
        said += more
    return said


def _understand(said: bytes, home: Home) -> bool:
    match said.strip():
        case b"ready":
            return True
        case b"busy":
            return False
        case b"":
            raise home.failure(f"the supervisor of {home.root} gave no answer")
        case text:
            told = json.loads(text)
            raise _ERRORS[told["error"]](told["message"], additional_info=told["additionalInfo"])
