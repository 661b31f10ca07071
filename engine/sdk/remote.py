"""Handlers that are far away: they run over the HTTP API, in a process that knows no database.

    remote = Remote(load_program("myapp.jobs"), "https://jobs.example.org", token, slots=4)
    await remote.run()

`headrace listen` is that as a command; engine/sdk/flatfile.js does the same for the vendor's packages in Node.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

import httpx

from engine.db import cancellation
from engine.errors import (
    BadRequest,
    DatabaseUnavailable,
    Forbidden,
    HeadraceError,
    NotFound,
    OptimisticLocking,
    TooManyRequests,
    Unauthorized,
)
from engine.executors.endings import Ending, Failed, Finished
from engine.executors.run import Afterwards
from engine.flatfile.words import ENDS, READY, Ref
from engine.model import LogLevel, Status
from engine.sdk.answers import call
from engine.sdk.handlers import failure
from engine.sdk.program import Program

log = logging.getLogger(__name__)

PAUSE_S = 1.0
WAIT_MS = 10_000
# The answer to these does not change by asking again.
_FINAL = (BadRequest, Unauthorized, Forbidden)


class RemoteJob:
    """The job that a handler works on: as `engine.executors.handler.HandlerJob`, each call is a request.

    Whatever it says names its attempt: OptimisticLocking if another one has the job by now.
    """

    def __init__(self, http: httpx.AsyncClient, event: Mapping[str, Any]) -> None:
        context, payload = event["context"], event["payload"]
        self.ref = Ref.parse(context["jobId"])
        self.name: str = payload["job"]
        self.id: UUID = self.ref.id
        self.app: str = context["accountId"]
        self.params: Mapping[str, Any] = payload.get("input", {})
        self.attempt: int = self.ref.attempt or 0
        self.run_by: str | None = context.get("actorId")
        self.over = False
        self.tell: Afterwards | None = None
        self._http = http

    async def log_info(self, message: str) -> None:
        """Adds an INFO line to the job's log."""
        await self.answer("log", {"level": LogLevel.INFO, "message": message})

    async def log_error(self, message: str) -> None:
        """Adds an ERROR line to the job's log, which sets the job's error flag (seed 003, logError)."""
        await self.answer("log", {"level": LogLevel.ERROR, "message": message})

    async def progress(self, percent: int | None = None, message: str | None = None) -> None:
        """Stores how far the job is, 0 to 100, and a message; None leaves what was there."""
        given = {"progress": percent, "info": message}
        await self.answer("ack", {name: value for name, value in given.items() if value is not None})

    def afterwards(self, tell: Afterwards) -> None:
        """Has `tell` called once the end of this attempt has been taken; what it raises is logged."""
        self.tell = tell

    async def answer(self, what: str, details: Mapping[str, Any]) -> dict[str, Any]:
        """The job after this answer, however long the API takes to come back."""
        while True:
            try:
                answered = await call(self._http, "POST", f"/v1/jobs/{self.ref}/{what}", details)
                data: dict[str, Any] = answered["data"]
                return data
            except (*_FINAL, NotFound, OptimisticLocking):
                raise
            except HeadraceError as error:
                await _pause(error)


class Remote:
    """A listener of the API at `url`, with the handlers of a program. `run` lasts until `stop`; it runs once."""

    def __init__(self, program: Program, url: str, token: str, *, slots: int = 1, name: str | None = None) -> None:
        self._handlers = program.for_worker()
        self._slots = slots
        self._name = name or f"python {os.getpid()}"
        self._http = httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        self._id: str | None = None
        self._cursor = 0
        self._wait_ms = WAIT_MS
        self._held: dict[str, tuple[RemoteJob, asyncio.Task[None]]] = {}
        # Of jobs that are over, and of which somebody has yet to be told.
        self._telling: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Takes jobs until it is stopped, then ends those that it has, keeping its lease meanwhile.

        A HeadraceError if the API refuses the token, or what it is asked.
        """
        async with self._http:
            stopping = asyncio.create_task(self._stopping.wait())
            try:
                while not self._stopping.is_set():
                    await self._take_turn(stopping)
                await self._leave()
            finally:
                await cancellation.end(stopping, *self._telling, *(task for _, task in self._held.values()))

    @property
    def held(self) -> int:
        """Attempts that the API counts as this process's."""
        return len(self._held)

    def stop(self) -> None:
        """Takes nothing more and ends; may be called from a signal handler, and more than once."""
        self._stopping.set()

    async def _take_turn(self, stopping: asyncio.Task[Any]) -> None:
        turn = asyncio.create_task(self._turn(self._slots - len(self._held)))
        try:
            await asyncio.wait({turn, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not turn.done():
                await cancellation.end(turn)
        if not turn.cancelled():
            turn.result()

    async def _turn(self, free: int) -> None:
        try:
            if self._id is None:
                await self._register()
            await self._poll(free, self._wait_ms)
        except NotFound:
            self._drop("the API takes this process for dead")
            self._id = None
        except _FINAL:
            raise
        except HeadraceError as error:
            await _pause(error)

    async def _register(self) -> None:
        body = {"jobs": sorted(self._handlers), "name": self._name, "slots": self._slots}
        data = (await call(self._http, "POST", "/v1/listeners", body))["data"]
        self._id, self._cursor = data["id"], data["cursor"]
        self._wait_ms = min(WAIT_MS, data["pollMs"])

    async def _poll(self, free: int, wait_ms: int) -> None:
        wants = {"after": self._cursor, "free": max(0, free), "held": list(self._held), "waitMs": wait_ms}
        data = (await call(self._http, "POST", f"/v1/listeners/{self._id}/poll", wants))["data"]
        self._cursor = data["cursor"]
        for ref in data["released"]:
            self._release(ref)
        for event in data["events"]:
            if event["topic"] == READY and "." in event["context"]["jobId"]:
                self._begin(RemoteJob(self._http, event))

    def _begin(self, job: RemoteJob) -> None:
        # What came too late goes back when this process leaves.
        if str(job.ref) not in self._held and not self._stopping.is_set():
            self._held[str(job.ref)] = (job, asyncio.create_task(self._work(job)))

    def _release(self, ref: str) -> None:
        """The attempt is not ours any more: over by its own answer, or another's, stopped, canceled."""
        job, task = self._held.pop(ref)
        if job.over:
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)
        else:
            log.warning("job %s is not this process's any more: its handler is cancelled", ref)
            task.cancel()

    def _drop(self, why: str) -> None:
        if self._held:
            log.warning("%s: it drops %s jobs", why, len(self._held))
        for ref in list(self._held):
            self._release(ref)

    async def _work(self, job: RemoteJob) -> None:
        try:
            ending = await self._ending(job)
            # What is left is to answer and to tell: a poll may hear of the end before this task has its own answer.
            job.over = True
            status = await _answered(job, ending)
        except HeadraceError as error:
            log.warning("job %s: %s", job.ref, error.message)
            return
        finally:
            job.over = True
        if job.tell is not None:
            try:
                await job.tell(status, ending)
            except Exception:
                log.exception("job %s has ended; who was to hear of it", job.ref)

    async def _ending(self, job: RemoteJob) -> Ending:
        try:
            returned = await self._handlers[job.name](job)
        except OptimisticLocking:
            raise
        except Exception as error:
            return failure(error)
        if isinstance(returned, Failed):
            return returned
        return Finished({"results": {"status": "ok", "response": returned}})

    async def _leave(self) -> None:
        """Keeps the lease while handlers end what they do, then goes."""
        while running := [*self._telling, *(task for _, task in self._held.values() if not task.done())]:
            await asyncio.wait(running, timeout=PAUSE_S)
            await self._turn(0)
        if self._id is not None:
            with suppress(HeadraceError):
                await call(self._http, "DELETE", f"/v1/listeners/{self._id}")


async def _answered(job: RemoteJob, ending: Ending) -> Status:
    """What the job is after the end of this attempt was told."""
    if isinstance(ending, Failed):
        outcome = (ending.results or {}).get("outcome")
        details = {"info": ending.error["message"], **({} if outcome is None else {"outcome": outcome})}
        data = await job.answer("fail", details)
    else:
        results = ending.results if isinstance(ending, Finished) else None
        data = await job.answer("complete", (results or {})["results"]["response"])
    if data["status"] not in ENDS:
        return Status.PENDING
    return Status.CANCELED if data["status"] == "canceled" else Status.FINISHED


async def _pause(error: HeadraceError) -> None:
    """Before it is tried again: as long as the API says, else a moment."""
    known = isinstance(error, TooManyRequests | DatabaseUnavailable)
    log.log(logging.INFO if known else logging.WARNING, "the API does not answer: %s", error.message)
    await asyncio.sleep(float(error.additional_info.get("retryAfterSeconds", PAUSE_S)))
