"""What the benches stand on: a server of their own, the example app, and workers as processes that can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from uuid import UUID

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine import app  # noqa: E402 - the checkout is found first
from engine.apps.folder import load_folder  # noqa: E402
from engine.apps.push import push  # noqa: E402
from engine.apps.store import AppCache  # noqa: E402
from engine.db.embedded import EmbeddedServer, Profile  # noqa: E402
from engine.db.embedded_home import Home  # noqa: E402
from engine.db.migrate import migrate  # noqa: E402
from engine.db.pool import Pool  # noqa: E402
from engine.errors import HeadraceError  # noqa: E402
from engine.jobs import store  # noqa: E402
from engine.model import JobType, NewJob  # noqa: E402
from engine.schedule import store as schedules  # noqa: E402
from engine.schedule.model import EventType, Plan  # noqa: E402
from engine.settings import Settings  # noqa: E402

APP = "crm"
# The processes of the workers are forked from one that has imported everything: a start takes 0.2 s instead of 1.5 s.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["engine.app"])
# The driver tells of each crash of the server at length.
for _logger in ("asyncpg", "asyncpg.pool"):
    logging.getLogger(_logger).disabled = True


@asynccontextmanager
async def disk_server(*, settings: Mapping[str, str] | None = None) -> AsyncIterator[EmbeddedServer]:
    """An empty server on the disk that survives the loss of power: what a figure of speed has to be measured on."""
    folder = _folder(Path("/var/tmp"))  # noqa: S108 - on the disk, where /tmp may be memory
    chosen = {"max_connections": "200", "max_wal_size": "4GB", **(settings or {})}
    found = await EmbeddedServer.acquire(folder / "data", settings=chosen)
    try:
        yield found
    finally:
        await _remove(found, folder)


async def _remove(found: EmbeddedServer, folder: Path) -> None:
    found.release()
    with Home(folder / "data").supervisor() as alone:
        await asyncio.to_thread(alone.take, wait=True)
    shutil.rmtree(folder, ignore_errors=True)


def _folder(room: Path = Path("/dev/shm")) -> Path:  # noqa: S108
    """A new folder, in memory where there is some; as root, PostgreSQL's account has to pass through it."""
    folder = Path(tempfile.mkdtemp(prefix="headrace-bench-", dir=room if room.is_dir() else None))
    folder.chmod(0o711)
    return folder


@asynccontextmanager
async def server(*, durable: bool = False) -> AsyncIterator[EmbeddedServer]:
    """A migrated server with the example app pushed; gone after the block.

    `durable`: what was committed survives a crash of the server (not of the machine).
    """
    folder = _folder()
    settings = {"synchronous_commit": "on"} if durable else {}
    found = await EmbeddedServer.acquire(folder / "data", profile=Profile.TEST, settings=settings)
    try:
        pool = await Pool.connect(found.dsn)
        await migrate(pool)
        async with pool.acquire() as conn:
            await push(conn, load_folder(ROOT / "examples" / "crm"))
        await pool.close()
        yield found
    finally:
        await _remove(found, folder)


def postmaster(found: EmbeddedServer) -> int:
    """The process to signal when the server is to crash; its supervisor starts it again."""
    return int((found.data_dir / "cluster" / "postmaster.pid").read_text().split()[0])


def process_cpu_s(pid: int) -> float:
    """User and system time of a process; 0 if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_s(folder: Path) -> float:
    """CPU of all processes that work in this folder, as those of a server in its cluster's, in s."""
    total = 0.0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink() == folder:
                total += process_cpu_s(int(process.name))
    return total


def start_worker(settings: Settings) -> ForkServerProcess:
    """A worker in a process of its own, on its way up."""
    process = _processes.Process(target=_work, args=(settings,), daemon=True)
    process.start()
    return process


def _work(settings: Settings) -> None:
    logging.disable(logging.WARNING)
    # A worker that cannot reach its database ends; whoever started it starts another.
    with contextlib.suppress(HeadraceError):
        asyncio.run(_run_worker(settings))
    os._exit(0)


async def _run_worker(settings: Settings) -> None:
    async with app.open_database(settings) as database, app.open_worker(settings, database.pool) as worker:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
        await worker.run()


def script(name: str, source: str, params: Mapping[str, Any], **options: Any) -> NewJob:
    """A job that runs the source."""
    language = "javascript" if name.endswith(".js") else "python"
    spec = {"scriptName": name, "source": source, "language": language, "params": dict(params)}
    return NewJob(app=APP, type=JobType.EXECUTE_SCRIPT, name=name, label=name, spec=spec, **options)


async def schedule(pool: Pool, tags: Sequence[str], **plan: Any) -> None:
    """Schedules of a handler that no worker has, so that only the runs count and not the jobs."""
    async with pool.transaction() as conn:
        found = await AppCache().get(conn, APP)
        for tag in tags:
            given = Plan(tag=tag, name=tag, event_type=EventType.FUNCTION, event_tag="nobody", **plan)
            await schedules.create(conn, found, given)


async def create(pool: Pool, jobs: Sequence[NewJob]) -> list[UUID]:
    """Creates the jobs; their ids."""
    async with pool.transaction() as conn:
        return await store.create(conn, jobs)
