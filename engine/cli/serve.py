"""`headrace dev` and `headrace worker`: processes that last until a signal."""

from __future__ import annotations

import argparse
import asyncio
import logging

from engine import __version__, app
from engine.app import Database
from engine.apps import store
from engine.cli import logs, loop
from engine.cli.database import place, psql
from engine.cli.exits import Exit
from engine.cli.loop import Signals
from engine.cli.output import Output
from engine.db import migrate
from engine.settings import Loaded, Settings
from engine.worker.loop import Worker

log = logging.getLogger(__name__)

Facts = dict[str, str]


def dev(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Everything on this machine."""
    return loop.run(_Process(loaded.settings, output, whole=True).run())


def worker(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """A worker and nothing else."""
    return loop.run(_Process(loaded.settings, output, whole=False).run())


class _Process:
    """One process that serves. A signal during the start ends it, later it drains; that is a success."""

    def __init__(self, settings: Settings, output: Output, *, whole: bool) -> None:
        self._settings = settings
        self._output = output
        self._whole = whole
        self._worker: Worker | None = None
        self._task: asyncio.Task[Exit] | None = None

    async def run(self) -> Exit:
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
        async with app.open_database(settings) as database, app.open_worker(settings, database.pool) as one:
            facts = await self._facts(database, one)
            self._worker = one
            announcing = asyncio.create_task(self._announce(one, facts))
            try:
                await one.run()
            finally:
                announcing.cancel()
        log.info("ended")

    async def _announce(self, one: Worker, facts: Facts) -> None:
        await one.ready.wait()
        self._say("ready", facts)
        if self._whole and self._settings.log_format == "text":
            self._output.note("ready: `headrace push FOLDER`, `headrace run SCRIPT`, `headrace job list`; Ctrl-C ends")

    async def _facts(self, database: Database, one: Worker) -> Facts:
        async with database.pool.acquire() as conn:
            version = conn.get_server_version()
            apps = await store.list_apps(conn)
        facts = {"postgres": f"{version.major}.{version.minor}"}
        if database.embedded and self._whole:
            facts["psql"] = psql(database.pool.dsn)
        facts["schema"] = str(await migrate.applied_version(database.pool))
        facts["apps"] = ", ".join(f"{found.name} {found.version}" for found in apps) or "none yet"
        return {**facts, "worker": f"{one.name}, {self._settings.slots} slots"}

    def _say(self, event: str, facts: Facts) -> None:
        """The facts as a table for people, as fields of a line for machines."""
        if self._settings.log_format == "json":
            log.info(event, extra=facts)
            return
        for name, value in facts.items():
            self._output.note(f"{self._output.paint(f'{name:9}', 'bold', err=True)} {value}")

    def _end(self) -> None:
        if self._worker is None:
            assert self._task is not None
            self._task.cancel()
            return
        if self._worker.busy:
            grace = f"{self._settings.grace_ms / 1000:g} s"
            log.info("ending: %s running jobs have %s, another signal ends now", self._worker.busy, grace)
        self._worker.stop()
