"""Helpers for tests of the embedded server: data folders, clients in processes of their own, events to wait for."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from engine.db import embedded_binaries
from engine.db.embedded import EmbeddedServer, Profile
from engine.db.embedded_account import Account, account_for
from engine.db.embedded_home import Home, Lock
from tests.postgres import chosen_binaries

PATIENCE = 90.0

# Acquires, says the DSN, and stays until its input ends.
_CLIENT = """
import asyncio, sys
from pathlib import Path
from engine.db.embedded import EmbeddedServer, Profile
server = asyncio.run(EmbeddedServer.acquire(Path(sys.argv[1]), pg_bin=Path(sys.argv[2]), profile=Profile.TEST))
print(server.dsn, flush=True)
sys.stdin.read()
"""


def programs() -> Path:
    """The programs under test."""
    return embedded_binaries.find(chosen_binaries())


def account(home: Home) -> Account:
    """Whom PostgreSQL runs as on this folder."""
    return account_for(home.cluster)


async def acquire(home: Home, **options: Any) -> EmbeddedServer:
    """A share of the server under test."""
    return await EmbeddedServer.acquire(home.root, **{"pg_bin": chosen_binaries(), "profile": Profile.TEST} | options)


@asynccontextmanager
async def share(home: Home, **options: Any) -> AsyncIterator[EmbeddedServer]:
    """A share of the server under test for the length of the block; after it the server has stopped."""
    server = await acquire(home, **options)
    try:
        yield server
    finally:
        server.release()
        await stopped(home)


async def ask(dsn: str, question: str) -> Any:
    """The one value of a query, on a connection of its own."""
    conn = await asyncpg.connect(dsn)
    try:
        return await conn.fetchval(question)
    finally:
        await conn.close()


async def born(dsn: str) -> Any:
    """When this server started: equal means the same server."""
    return await ask(dsn, "select pg_postmaster_start_time()")


async def granted(lock: Lock) -> None:
    """Return when the kernel grants the lock: what held it has ended."""
    with lock:
        assert await asyncio.to_thread(lock.take_before, time.monotonic() + PATIENCE), "still held"


async def stopped(home: Home) -> None:
    """Return when no process of the server and no supervisor lives."""
    await granted(home.server())
    await granted(home.supervisor())


async def until(true: Callable[[], bool]) -> None:
    """Return when the condition holds; fail if it does not for long."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - another process changes what is asked
            await asyncio.sleep(0.005)


def supervisor_pid(home: Home) -> int:
    """The process that notes itself as the supervisor."""
    return int((home.root / "supervisor.lock").read_text())


def supervisor_noted(home: Home) -> bool:
    """Whether a living supervisor has noted itself."""
    return home.supervised() and bool((home.root / "supervisor.lock").read_text().strip())


def postmaster_pid(home: Home) -> int:
    """The process that PostgreSQL notes."""
    return int((home.cluster / "postmaster.pid").read_text().split()[0])


def spawn(who: Account, *command: str | Path) -> subprocess.Popen[bytes]:
    """A process of this account; the caller ends it."""
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, **who.popen())


def copy(source: Home, target: Path) -> Home:
    """A stopped data folder again, owners included: 20 times as fast as a new one."""
    home = Home(target)
    home.create()
    shutil.copytree(source.cluster, home.cluster)
    if os.geteuid() == 0:
        owner = source.cluster.stat()
        for path in (home.cluster, *home.cluster.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)
    return home


@asynccontextmanager
async def client(home: Home, **popen: Any) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A client in a process of its own, and the DSN it was given; it ends with the block if it still lives."""
    command = [popen.pop("python", sys.executable), "-c", _CLIENT, str(home.root), str(popen.pop("pg_bin", programs()))]
    where = popen.pop("cwd", Path(embedded_binaries.__file__).parents[2])
    process = await asyncio.create_subprocess_exec(
        *command, cwd=where, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **popen
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process, (await asyncio.wait_for(process.stdout.readline(), PATIENCE)).decode().strip()
    finally:
        process.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), PATIENCE)


def reachable_python(who: Account) -> Path | None:
    """A Python that the account can execute: this one, the one under this one, or the system's; None without any."""
    known = [sys.executable, getattr(sys, "_base_executable", ""), *_system_pythons()]
    return next((Path(p) for p in known if p and who.obstacle(Path(os.path.realpath(p))) is None), None)


def _system_pythons() -> list[str]:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = (shutil.which(name, path="/usr/local/bin:/usr/bin:/bin") for name in (version, "python3"))
    return [path for path in found if path]
