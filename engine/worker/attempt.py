"""One attempt at a job, from its claim to its ending."""

from __future__ import annotations

import asyncio
import logging

from engine.errors import BadRequest, DatabaseError, DatabaseUnavailable, HeadraceError
from engine.executors.endings import INTERRUPTIONS, Ending, Failed, Finished, HandedBack, Lost
from engine.executors.run import Afterwards, Run, Services
from engine.executors.table import EXECUTORS
from engine.executors.within_time import Execute
from engine.jobs import journal
from engine.jobs.journal import Diverged, Journal, Pages
from engine.jobs.queue import Claim, Finish
from engine.model import Status
from engine.worker.finisher import Finisher
from engine.worker.settle import brief, refused, settle
from scripting.host import SandboxUnavailable
from scripting.model import Interrupt

log = logging.getLogger(__name__)

# Asking again in the same way cannot help these.
SANDBOX_PAUSE_S = 1.0
_HOPELESS = ("badRequest", "notFound", "forbidden")
_FINISHED, _PENDING = Status.FINISHED, Status.PENDING
# Of a job that neither ended nor went back to the queue, by what it is now. RUNNING without its worker waits.
_OUTCOMES = {None: "lost", Status.CANCELED: "canceled", Status.STOPPED: "stopped", Status.RUNNING: "parked"}


class Attempt:
    """A claim while this worker holds it; `left` is what the metrics call its end, once it has one."""

    __slots__ = ("_ending", "_finisher", "_run", "claim", "left")

    def __init__(self, services: Services, claim: Claim, finisher: Finisher) -> None:
        self.claim = claim
        self._finisher = finisher
        self._ending: Ending = Lost()
        self.left = "lost"
        self._run = Run(services, claim, Journal(claim.id, claim.attempt, _recorded(services, claim)))

    def works_in(self, task: asyncio.Task[None]) -> None:
        """Tells which task awaits `work`, before it does: some of what a job executes is cancelled by it."""
        self._run.task = task

    async def work(self) -> Status | None:
        """Executes the job and records how that ended; what the job is now, None if the claim was lost."""
        with self._run.services.tracer.attempt(self.claim) as span:
            await self.execute()
            status = await self.settle()
            span.set(headrace__outcome=self.left)
            if isinstance(self._ending, Failed):
                span.fail(str(self._ending.error.get("code")))
        return status

    async def execute(self) -> None:
        """Executes the job; `settle` records how that ended, or `brief` says all that there is to record."""
        try:
            self._ending = await self._executor()(self._run)
        except Interrupt as interrupt:
            self._ending = INTERRUPTIONS[interrupt.reason]
        except DatabaseUnavailable:
            self._ending = HandedBack()
        except SandboxUnavailable as error:
            self._ending = await self._without_a_sandbox(error)
        except Diverged as error:
            self._ending = Failed(error.to_json(), retryable=False)
        except HeadraceError as error:
            self._ending = Failed(error.to_json(), retryable=error.code not in _HOPELESS)
        except Exception as error:
            self._ending = self._surprise(error)

    def brief(self) -> Finish | None:
        """The end, if nothing else is to be recorded and nobody is to be told: it goes with those of other jobs, and
        `settled` is to hear what the job is then."""
        return None if self._run.afterwards is not None else brief(self._run, self._ending)

    def settled(self, status: Status | None) -> None:
        """The ending is recorded: what the job is now, None if the claim was lost."""
        self.left = self._outcome(status)

    async def settle(self, refusal: DatabaseError | None = None) -> Status | None:
        """Records the ending and tells whoever is to be told; what the job is now, None if the claim was lost.

        With the `refusal` of its end by PostgreSQL: that it failed by this.
        """
        if refusal is not None:
            self._ending = refused(self._run, refusal)
        status = await settle(self._run, self._ending, self._finisher)
        self.settled(status)
        if self._run.afterwards is not None:
            await self._tell(self._run.afterwards, status, self._ending)
        return status

    async def _tell(self, tell: Afterwards, status: Status | None, ending: Ending) -> None:
        """Calls whoever asked to hear of the end, for as long as a job may last at most."""
        limit_s = self._run.services.settings.script_timeout_ms / 1000
        try:
            await asyncio.wait_for(tell(status, ending), limit_s)
        except Exception:
            log.exception("job %s has ended; who was to hear of it", self.claim.id)

    def _outcome(self, status: Status | None) -> str:
        """How this attempt ended, whose job is `status` now; None is a lost claim."""
        # By `is`: as a match of patterns it was a tenth of what a short job costs its worker.
        ending = self._ending
        if status is _FINISHED:
            return "ok" if isinstance(ending, Finished) and not ending.has_errors else "failed"
        if status is _PENDING:
            return "retried" if isinstance(ending, Failed) else "handed_over"
        return _OUTCOMES[status]

    def end(self, reason: str) -> None:
        """Ends the attempt early: stop, cancel, lost or handover."""
        self._run.end(reason)

    def _executor(self) -> Execute:
        found = EXECUTORS.get(self.claim.type)
        if found is None:
            raise BadRequest.field("type", self.claim.type.value, f"one of {', '.join(sorted(EXECUTORS))}")
        return found

    async def _without_a_sandbox(self, error: SandboxUnavailable) -> Ending:
        """No process could be started, for want of memory, say: no fault of the job's. Its slot waits a little,
        so that a worker on a machine in need does not take jobs and give them back without end."""
        log.warning("job %s goes back, no script can start here: %s", self.claim.id, error)
        await asyncio.sleep(SANDBOX_PAUSE_S)
        return HandedBack()

    def _surprise(self, error: Exception) -> Ending:
        """A defect of ours ends the job, not the worker; its text stays in our log, the job gets its name."""
        log.exception("job %s of app %s, attempt %s", self.claim.id, self.claim.app, self.claim.attempt)
        return Failed({"code": "systemException", "message": f"the engine failed: {type(error).__name__}"})


def _recorded(services: Services, claim: Claim) -> Pages | None:
    """What earlier attempts recorded, from the step on that the checkpoint has reached."""
    if claim.attempt == 1:
        return None
    return journal.pages(services.pool, claim.id, int(claim.checkpoint.get("step", 0)))
