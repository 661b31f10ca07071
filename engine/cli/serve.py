"""`headrace dev`, `headrace worker` and `headrace api`: processes that last until a signal."""

from __future__ import annotations

import argparse
import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from engine import __version__, app
from engine.app import Database
from engine.apps import store
from engine.cli import logs, loop
from engine.cli.database import place, psql
from engine.cli.exits import Exit
from engine.cli.loop import Signals
from engine.cli.output import Output
from engine.db import cancellation, migrate
from engine.db.pool import Pool
from engine.metrics import Metrics
from engine.settings import Loaded, Settings

if TYPE_CHECKING:
    from engine.executors.handler import Handler

log = logging.getLogger(__name__)

Facts = dict[str, str]


class Part(Protocol):
    """What a process is made of: `run` lasts until `stop`; `ready` is set once it works."""

    ready: asyncio.Event

    @property
    def fit(self) -> bool:
        """Whether it does its work now."""

    async def run(self) -> None:
        """Works until it is stopped."""

    def stop(self) -> None:
        """Ends `run` in order."""


def dev(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Everything on this machine."""
    return loop.run(_Process(_with_a_port(loaded), output, parts=("worker", "api"), whole=True).run())


def worker(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """A worker and nothing else."""
    return loop.run(_Process(loaded.settings, output, parts=("worker",)).run())


def api(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The HTTP API and nothing else."""
    return loop.run(_Process(loaded.settings, output, parts=("api",)).run())


def _with_a_port(loaded: Loaded) -> Settings:
    """The settings, with any free port where nobody chose one and the default's is taken: a second `dev` starts."""
    from engine.web.server import is_free

    settings = loaded.settings
    if loaded.origins["api_port"] != "default" or is_free(settings.api_host, settings.api_port):
        return settings
    return replace(settings, api_port=0)


def _fit(parts: Mapping[str, Part]) -> bool:
    return all(part.fit for part in parts.values())


def _handlers(settings: Settings) -> Mapping[str, Handler]:
    """What the modules of the settings have for HANDLER jobs; ConfigError says what is wrong with them."""
    if not settings.handlers:
        return {}
    from engine.sdk.program import load_program

    return load_program(settings.handlers).for_worker()


class _Process:
    """One process that serves. A signal during the start ends it, later it ends in order; both are a success."""

    def __init__(self, settings: Settings, output: Output, *, parts: tuple[str, ...], whole: bool = False) -> None:
        self._settings = settings
        self._output = output
        self._names = parts
        self._whole = whole
        self._parts: dict[str, Part] = {}
        self._busy: Callable[[], int] = lambda: 0
        self._task: asyncio.Task[Exit] | None = None
        self._handlers = _handlers(settings) if "worker" in parts else {}

    async def run(self) -> Exit:
        """Until a signal, or until a part fails."""
        logs.configure(self._settings)
        self._task = asyncio.current_task()
        signals = Signals(self._end)
        with signals.listening():
            try:
                await self._serve()
            except asyncio.CancelledError:
                if signals.first is None:
                    raise
        return Exit.DONE

    async def _serve(self) -> None:
        settings = self._settings
        self._say("starting", {"headrace": __version__, "database": place(settings)})
        async with app.open_database(settings) as database:
            facts = await self._facts(database)
            async with self._opened(database.pool, facts) as parts:
                self._parts = parts
                await self._run_parts(facts)
        log.info("ended")

    @asynccontextmanager
    async def _opened(self, pool: Pool, facts: Facts) -> AsyncIterator[dict[str, Part]]:
        """The parts by name, not running yet; what people should know of each goes into the facts."""
        parts: dict[str, Part] = {}
        metrics = Metrics()
        async with AsyncExitStack() as stack:
            tracer = await stack.enter_async_context(app.open_tracer(self._settings))
            if "worker" in self._names:
                one = await stack.enter_async_context(
                    app.open_worker(self._settings, pool, metrics=metrics, handlers=self._handlers, tracer=tracer)
                )
                self._busy = lambda: one.busy
                if self._handlers:
                    facts["handlers"] = ", ".join(sorted(self._handlers))
                facts["worker"] = f"{one.name}, {self._settings.slots} slots"
                parts["worker"] = one
            if "api" in self._names:
                check = await stack.enter_async_context(app.open_check())
                server = await stack.enter_async_context(
                    app.open_api(self._settings, pool, check, metrics=metrics, tracer=tracer)
                )
                facts["api"] = f"{server.url}, described at {server.url}/docs"
                parts["api"] = server
            # The last to come and the last to go: also a worker that drains can be looked at.
            facts["metrics"] = await stack.enter_async_context(
                app.open_metrics(self._settings, pool, metrics, fit=lambda: _fit(parts))
            )
            yield parts

    async def _run_parts(self, facts: Facts) -> None:
        """All parts until they are stopped; where one fails the others end in order, too."""
        tasks = [asyncio.create_task(part.run()) for part in self._parts.values()]
        announcing = asyncio.create_task(self._announce(facts))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in self._parts.values():
                part.stop()
            await cancellation.end(announcing)
            await asyncio.wait(tasks)
        for task in tasks:
            task.result()

    async def _announce(self, facts: Facts) -> None:
        for part in self._parts.values():
            await part.ready.wait()
        self._say("ready", facts)
        if self._whole and self._settings.log_format == "text":
            self._output.note("ready: `headrace push FOLDER`, `headrace run SCRIPT`, `headrace job list`; Ctrl-C ends")

    async def _facts(self, database: Database) -> Facts:
        async with database.pool.acquire() as conn:
            version = conn.get_server_version()
            apps = await store.list_apps(conn)
        facts = {"postgres": f"{version.major}.{version.minor}"}
        if database.embedded and self._whole:
            facts["psql"] = psql(database.pool.dsn)
        facts["schema"] = str(await migrate.applied_version(database.pool))
        facts["apps"] = ", ".join(f"{found.name} {found.version}" for found in apps) or "none yet"
        return facts

    def _say(self, event: str, facts: Facts) -> None:
        """The facts as a table for people, as fields of a line for machines."""
        if self._settings.log_format == "json":
            log.info(event, extra=facts)
            return
        for name, value in facts.items():
            self._output.note(f"{self._output.paint(f'{name:9}', 'bold', err=True)} {value}")

    def _end(self) -> None:
        if not self._parts:
            assert self._task is not None
            self._task.cancel()
            return
        if busy := self._busy():
            grace = f"{self._settings.grace_ms / 1000:g} s"
            log.info(
                "ending: %s running %s %s, another signal ends now", busy, "jobs have" if busy > 1 else "job has", grace
            )
        for part in self._parts.values():
            part.stop()
