"""HANDLER: a coroutine function of the platform's own Python code, in the worker's process.

The shortest path that a job can take: no child process, no journal. A handler that is tried again starts over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.data.fields import Invalid, check_json
from engine.errors import NotFound
from engine.executors.endings import FINISHED, Ending, Failed, Finished
from engine.executors.handler_access import check_allowed
from engine.executors.interruptible import PASSING, interruptible, shown
from engine.executors.run import Afterwards, Effect, Run
from engine.jobs import store
from engine.model import LogLevel
from scripting.model import Interrupt


class HandlerJob:
    """The job that a handler works on, as the handler sees it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.params: Mapping[str, Any] = run.claim.spec.get("params", {})

    @property
    def id(self) -> UUID:
        """The job."""
        return self._run.claim.id

    @property
    def app(self) -> str:
        """Whose job it is."""
        return self._run.claim.app

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1 on."""
        return self._run.claim.attempt

    @property
    def max_attempts(self) -> int:
        """How many attempts the job has."""
        return self._run.claim.max_attempts

    @property
    def run_by(self) -> str | None:
        """Who ran it."""
        return self._run.claim.run_by

    @property
    def parent_id(self) -> UUID | None:
        """The job that made it."""
        return self._run.claim.parent_id

    @property
    def created_at(self) -> datetime:
        """When the job was created."""
        return self._run.claim.created_at

    async def log_info(self, message: str) -> None:
        """Adds an INFO line to the job's log."""
        await self._log(LogLevel.INFO, message)

    async def log_error(self, message: str) -> None:
        """Adds an ERROR line to the job's log, which sets the job's error flag (seed 003, logError)."""
        await self._log(LogLevel.ERROR, message)

    async def progress(self, percent: int | None = None, message: str | None = None) -> None:
        """Stores how far the job is, 0 to 100, and a message; None leaves what was there."""

        async def write(scope: Effect) -> None:
            await store.set_progress(scope.conn, self.id, percent=percent, message=message)

        await self._run.transact(write)

    def afterwards(self, tell: Afterwards) -> None:
        """Has `tell` called once the end of this attempt has been committed; what it raises is logged."""
        self._run.afterwards = tell

    async def _log(self, level: LogLevel, message: str) -> None:
        line = self._run.line(message, level)

        async def write(scope: Effect) -> None:
            scope.lines.append(line)

        try:
            await self._run.transact(write)
        except (Interrupt, asyncio.CancelledError):
            # What an attempt says while it ends is not lost: it is written with the end.
            self._run.journal.log(line)
            raise


Handler = Callable[[HandlerJob], Awaitable[Any]]


async def execute(run: Run) -> Ending:
    """Awaits the handler that the spec names; its value is `results.response`. Forbidden if the app may not have it.

    Ends early when the attempt does: the handler is cancelled, as asyncio cancels.
    """
    name = run.claim.spec["handlerName"]
    handler = run.services.handlers.get(name)
    if handler is None:
        known = ", ".join(sorted(run.services.handlers)) or "none"
        raise NotFound(f"this worker has no handler {name!r}; it has: {known}")
    check_allowed(run.services.settings.handler_apps, run.claim.app, name)
    limit_ms = run.services.settings.script_timeout_ms
    try:
        # Not `guarded`: a coroutine more around each handler is a thirtieth of what a short job costs its worker.
        response = await interruptible(run, lambda: handler(HandlerJob(run)), "the handler", limit_ms=limit_ms)
    except PASSING:
        raise
    except Exception as error:
        return shown(error)
    if isinstance(response, Failed):
        return response
    if response is None:
        return FINISHED
    try:
        check_json(response)
    except Invalid as error:
        return Failed({"code": "badRequest", "message": f"what the handler returned: {error}"}, retryable=False)
    return Finished({"results": {"status": "ok", "response": response}})
