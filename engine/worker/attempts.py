"""The attempts that a worker holds: each from its claim until its end is committed, or it is somebody else's."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from uuid import UUID

from engine.db import cancellation
from engine.errors import DatabaseError
from engine.executors.run import Services
from engine.jobs.queue import Claim
from engine.metrics.jobs import Kind
from engine.model import Status
from engine.tracing import OFF
from engine.worker.attempt import Attempt
from engine.worker.finisher import Finisher
from engine.worker.speaker import speaker

log = logging.getLogger(__name__)

# By attempt, not by job: a job that is handed back may be claimed again before its old attempt is gone.
Key = tuple[UUID, int]


class Attempts:
    """Starts attempts, and tells of each: `left` with what its job is now (None if its claim was lost), or `leaked`, if
    its end could not be recorded (the job is this worker's in the database, and nobody's in truth); then `gone`.
    """

    def __init__(
        self,
        services: Services,
        finisher: Finisher,
        *,
        left: Callable[[Claim, Status | None], None],
        leaked: Callable[[], None],
        gone: Callable[[Claim], None],
    ) -> None:
        self._services = services
        self._finisher = finisher
        self._tell_left, self._tell_leaked, self._tell_gone = left, leaked, gone
        self._held: dict[Key, tuple[Attempt, asyncio.Task[None]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    def __len__(self) -> int:
        return len(self._held)

    @property
    def keys(self) -> Sequence[Key]:
        """Jobs and attempts."""
        return list(self._held)

    def start(self, worker: UUID, claims: Sequence[Claim], kinds: Sequence[Kind]) -> None:
        """Each in a task of its own, for the worker of this id."""
        loop = self._loop = self._loop or asyncio.get_running_loop()
        quiet = self._services.tracer is OFF and not log.isEnabledFor(logging.INFO)
        for claim, kind in zip(claims, kinds, strict=True):
            attempt = Attempt(self._services, claim, self._finisher)
            task = loop.create_task(self._work(worker, attempt, kind, quiet=quiet))
            attempt.works_in(task)
            self._held[claim.id, claim.attempt] = (attempt, task)
        if claims:
            self._idle.clear()

    def end(self, key: Key, reason: str) -> None:
        """Ends an attempt early: stop, cancel, lost or handover; nothing if it is over."""
        if key in self._held:
            self._held[key][0].end(reason)

    def end_all(self, reason: str) -> None:
        """All of them."""
        for attempt, _ in list(self._held.values()):
            attempt.end(reason)

    async def over(self, seconds: float) -> None:
        """Returns once every end is recorded, or after so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)

    async def give_up(self) -> None:
        """Cancels what is left."""
        await cancellation.end(*(task for _, task in self._held.values()))

    async def _work(self, worker: UUID, attempt: Attempt, kind: Kind, *, quiet: bool) -> None:
        began = time.monotonic()
        # This task's own context: every line that is logged on behalf of the attempt carries it.
        speaker.set((worker, attempt.claim))
        try:
            if quiet:
                await attempt.execute()
                if (end := attempt.brief()) is not None:
                    # The task ends here: to wake it once the end is written was a tenth of a short job's cost.
                    self._finisher.end(end, partial(self._written, attempt, kind, began))
                    return
                status = await attempt.settle()
            else:
                status = await self._described(attempt)
        except Exception as error:
            self._over(attempt, kind, began, error)
        except asyncio.CancelledError:
            self._drop(attempt.claim)
            raise
        else:
            self._over(attempt, kind, began, status)

    async def _described(self, attempt: Attempt) -> Status | None:
        """The work with its lines of the log, and its span."""
        log.info("job started", extra={"label": attempt.claim.label})
        status = await attempt.work()
        log.info("job left", extra={"status": status.value if status else "its claim was lost"})
        return status

    def _written(self, attempt: Attempt, kind: Kind, began: float, result: Status | Exception | None) -> None:
        """What has become of a brief end."""
        if isinstance(result, DatabaseError):
            assert self._loop is not None
            task = self._loop.create_task(self._refused(attempt, kind, began, result))
            self._held[attempt.claim.id, attempt.claim.attempt] = (attempt, task)
            return
        if not isinstance(result, Exception):
            attempt.settled(result)
        self._over(attempt, kind, began, result)

    async def _refused(self, attempt: Attempt, kind: Kind, began: float, refusal: DatabaseError) -> None:
        try:
            status = await attempt.settle(refusal)
        except Exception as error:
            self._over(attempt, kind, began, error)
        else:
            self._over(attempt, kind, began, status)

    def _over(self, attempt: Attempt, kind: Kind, began: float, result: Status | Exception | None) -> None:
        claim = attempt.claim
        if isinstance(result, Exception):
            log.error("job %s: its ending could not be recorded", claim.id, exc_info=result)
            self._tell_leaked()
        else:
            kind.left(attempt.left, time.monotonic() - began)
            self._tell_left(claim, result)
        self._drop(claim)

    def _drop(self, claim: Claim) -> None:
        self._held.pop((claim.id, claim.attempt), None)
        if not self._held:
            self._idle.set()
        self._tell_gone(claim)
