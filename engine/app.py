"""The composition root: the only module that wires everything together."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from engine.apps.store import AppCache
from engine.db import migrate
from engine.db.embedded import EmbeddedServer
from engine.db.pool import Pool
from engine.errors import ConfigError
from engine.executors.run import Services
from engine.settings import Settings
from engine.worker.loop import Worker
from scripting.host import SandboxUnavailable, ScriptHost


@dataclass(frozen=True, slots=True)
class Database:
    """An open database, and whether it is the embedded server's."""

    pool: Pool
    embedded: bool


@asynccontextmanager
async def open_database(settings: Settings, *, check_schema: bool = True) -> AsyncIterator[Database]:
    """The database that the settings name, else the embedded server's, which is migrated when it is new.

    A server of somebody's own is only checked: whoever runs it decides when to migrate.
    """
    async with AsyncExitStack() as stack:
        dsn = settings.database_url
        if dsn is None:
            server = await EmbeddedServer.acquire(settings.data_dir, pg_bin=settings.pg_bin)
            stack.callback(server.release)
            dsn = server.dsn
        pool = await Pool.connect(dsn, max_size=settings.pool_size, statement_cache=settings.statement_cache)
        stack.push_async_callback(pool.close)
        if settings.database_url is None:
            await migrate.migrate(pool)
        if check_schema:
            await migrate.check(pool)
        yield Database(pool, embedded=settings.database_url is None)


@asynccontextmanager
async def open_scripts(settings: Settings) -> AsyncIterator[ScriptHost]:
    """A started sandbox; ConfigError if this machine cannot isolate scripts and the settings do not allow that."""
    host = ScriptHost(unsafe=settings.unsafe_scripts, warm=min(settings.slots, 4))
    try:
        await host.start()
    except SandboxUnavailable as error:
        raise ConfigError(f"{error} (setting unsafe_scripts)") from error
    try:
        yield host
    finally:
        await host.close()


@asynccontextmanager
async def open_worker(settings: Settings, pool: Pool) -> AsyncIterator[Worker]:
    """A worker on the database, not running yet."""
    async with open_scripts(settings) as scripts:
        services = Services(pool, AppCache(), scripts, settings, clock_ms)
        yield Worker(services, name=f"{socket.gethostname()}:{os.getpid()}")


def clock_ms() -> int:
    """The wall clock, in ms since the epoch."""
    return time.time_ns() // 1_000_000
