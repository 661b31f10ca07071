"""The composition root: the only module that wires everything together.

Workers and the API are imported when one is opened: FastAPI and structlog take 0.6 s, which `headrace job list`
should not pay.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine import __version__
from engine.apps.folder import Check
from engine.apps.store import AppCache
from engine.db import cancellation, migrate
from engine.db.embedded import EmbeddedServer
from engine.db.embedded_home import Home
from engine.db.migrate import Migration
from engine.db.pool import Pool
from engine.errors import ConfigError
from engine.executors.check import checker
from engine.jobs.ends import Ends
from engine.jobs.feed import Feed
from engine.metrics import Metrics
from engine.settings import Settings
from engine.tracing import OFF, Tracer
from scripting.host import SandboxUnavailable, ScriptHost
from scripting.model import LayerReport

if TYPE_CHECKING:
    from engine.executors.handler import Handler
    from engine.executors.run import Services
    from engine.web.server import Server
    from engine.worker.loop import Worker


@dataclass(frozen=True, slots=True)
class Database:
    """An open database, whether it is the embedded server's, and the migrations that opening it applied."""

    pool: Pool
    embedded: bool
    migrated: Sequence[Migration] = ()


@asynccontextmanager
async def open_database(
    settings: Settings, *, check_schema: bool = True, create: bool = True
) -> AsyncIterator[Database]:
    """The database that the settings name, else the embedded server's, which is migrated when it is new.

    A server of somebody's own is only checked: whoever runs it decides when to migrate. Without `create` an
    embedded server that was never there is a ConfigError: who only looks does not want an empty one.
    """
    async with AsyncExitStack() as stack:
        dsn = settings.database_url
        if dsn is None:
            if not create:
                _require_cluster(settings)
            server = await EmbeddedServer.acquire(settings.data_dir, pg_bin=settings.pg_bin)
            stack.callback(server.release)
            dsn = server.dsn
        pool = await Pool.connect(
            dsn,
            max_size=settings.pool_size,
            statement_cache=settings.statement_cache,
            idle_transaction_ms=settings.stale_ms if settings.listen else None,
        )
        stack.push_async_callback(pool.close)
        embedded = settings.database_url is None
        migrated = await migrate.migrate(pool) if embedded else ()
        if check_schema:
            await migrate.check(pool)
        yield Database(pool, embedded, migrated)


def _require_cluster(settings: Settings) -> None:
    home = Home(settings.data_dir)
    if not home.cluster.exists():
        raise ConfigError(
            f"there is no database in {home.root} yet: start `headrace dev` here, or name one with DATABASE_URL, "
            "--database-url or --data-dir"
        )


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
async def open_check() -> AsyncIterator[Check]:
    """A check of scripts for `push`. It compiles them and runs nothing, so it works where the sandbox does not hold."""
    async with _anywhere() as host:
        yield checker(host)


async def sandbox_layers() -> LayerReport:
    """Which layers of the sandbox hold on this machine; ConfigError if no child process starts at all."""
    async with _anywhere() as host:
        return host.layers


@asynccontextmanager
async def _anywhere() -> AsyncIterator[ScriptHost]:
    host = ScriptHost(unsafe=True)
    try:
        await host.start()
        yield host
    except SandboxUnavailable as error:
        raise ConfigError(f"the sandbox does not start: {error}") from error
    finally:
        await host.close()


@asynccontextmanager
async def open_services(
    settings: Settings,
    pool: Pool,
    *,
    metrics: Metrics | None = None,
    handlers: Mapping[str, Handler] = MappingProxyType({}),
    tracer: Tracer = OFF,
) -> AsyncIterator[Services]:
    """What executors use: for a worker, or to replay jobs without one."""
    from engine.executors.handler_access import allowed
    from engine.executors.run import Services

    allowed(settings.handler_apps)
    async with open_scripts(settings) as scripts:
        metrics = metrics or Metrics()
        metrics.sandbox_tested(asdict(scripts.layers))
        yield Services(pool, AppCache(), scripts, settings, metrics, clock_ms, handlers, tracer=tracer)


@asynccontextmanager
async def open_worker(
    settings: Settings,
    pool: Pool,
    *,
    metrics: Metrics | None = None,
    handlers: Mapping[str, Handler] = MappingProxyType({}),
    tracer: Tracer = OFF,
) -> AsyncIterator[Worker]:
    """A worker on the database, not running yet; it counts in `metrics`. `handlers` are for HANDLER jobs, by name."""
    from engine.worker.loop import Worker

    async with open_services(settings, pool, metrics=metrics, handlers=handlers, tracer=tracer) as services:
        yield Worker(services, name=process_name())


@asynccontextmanager
async def open_api(
    settings: Settings, pool: Pool, check: Check, *, metrics: Metrics | None = None, tracer: Tracer = OFF
) -> AsyncIterator[Server]:
    """The HTTP API on its port, not served yet; `check` compiles the scripts of versions that are pushed to it."""
    from engine.web import api
    from engine.web.context import Web
    from engine.web.limits import RateLimits
    from engine.web.server import Server
    from engine.web.shared_limits import SharedLimits

    limits = RateLimits(settings.api_requests_per_minute, time.monotonic)
    feed = Feed(pool)
    jobs_limits = SharedLimits(pool, settings.freshworks_requests_per_minute, time.monotonic)
    ends = Ends(pool)
    web = Web(pool, AppCache(), feed, settings, limits, jobs_limits, check, ends)
    server = Server(
        api.framed(api.build(web), web, (metrics or Metrics()).service, tracer),
        settings.api_host,
        settings.api_port,
        names="api_host, api_port",
        grace_s=settings.grace_ms // 1000,
        closing=feed.close,
    )
    try:
        yield server
    finally:
        server.close()
        await feed.close()
        await ends.close()


@asynccontextmanager
async def open_metrics(
    settings: Settings, pool: Pool, metrics: Metrics, *, fit: Callable[[], bool]
) -> AsyncIterator[str]:
    """Serves /metrics and the probes while the block lasts; the address. `fit` tells whether the process works."""
    from engine.web.scrape import Scrape
    from engine.web.server import Server

    metrics.service.runs(__version__)
    scrape = Scrape(pool, metrics, stale_ms=settings.stale_ms, fit=fit)
    server = Server(scrape.app, settings.metrics_host, settings.metrics_port, names="metrics_host, metrics_port")
    async with server.serving():
        watching = asyncio.create_task(scrape.watch_lag())
        try:
            yield server.url
        finally:
            await cancellation.end(watching)


@asynccontextmanager
async def open_tracer(settings: Settings) -> AsyncIterator[Tracer]:
    """Where spans go by the settings; OpenTelemetry is imported only for this. ConfigError if it is not installed."""
    if not settings.traces:
        yield OFF
        return
    try:
        from engine.tracing import otel
    except ImportError as error:
        raise ConfigError(f"setting traces: {error.name} is not installed; install headrace[otel]") from error
    async with otel.exported(instance=process_name()) as tracer:
        yield tracer


def process_name() -> str:
    """This process among all, for people."""
    return f"{socket.gethostname()}:{os.getpid()}"


def clock_ms() -> int:
    """The wall clock, in ms since the epoch."""
    return time.time_ns() // 1_000_000
