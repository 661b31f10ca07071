"""Writes the ending of an attempt: one transaction, fenced by the claim, with everything that belongs to it."""

from __future__ import annotations

import logging
import random

from engine.db import chore
from engine.db.pool import Connection
from engine.errors import DatabaseError
from engine.executors.endings import Ending, Failed, Finished, Lost, Parked
from engine.executors.results import error_line
from engine.executors.run import Run
from engine.hostapi.table import CALLS, Read
from engine.jobs import backoff, journal, queue
from engine.jobs.queue import Finish
from engine.model import Status
from engine.worker.finisher import Finisher

log = logging.getLogger(__name__)

_READS = [name for name, call in CALLS.items() if isinstance(call, Read)]


def brief(run: Run, ending: Ending) -> Finish | None:
    """The end of a job of which nothing else is to be recorded: its work is done, and its journal is empty."""
    if not isinstance(ending, Finished) or run.journal.dirty:
        return None
    return Finish(run.claim.id, run.claim.attempt, ending.has_errors, ending.results)


def refused(run: Run, error: DatabaseError) -> Failed:
    """How a job ends whose end PostgreSQL refuses; what was to be recorded with it is not."""
    log.error("job %s: PostgreSQL refuses its ending", run.claim.id, exc_info=error)
    run.journal.clear()
    return Failed(error.to_json(), retryable=False)


async def settle(run: Run, ending: Ending, finisher: Finisher) -> Status | None:
    """Records the ending, however long the database takes to come back: only this worker knows it.

    What the job is now; None if it is not this attempt's any more.
    """
    if isinstance(ending, Lost):
        return None
    if isinstance(ending, Parked):
        return Status.RUNNING
    _log_failure(run, ending)
    end = _end(run, ending)
    try:
        # Nothing but the end itself: it shares a transaction with the ends of other jobs.
        if end is not None and not run.journal.dirty:
            return await finisher.finish(end)
        return await _recorded(run, ending)
    except DatabaseError as error:
        return await _recorded(run, refused(run, error))


async def _recorded(run: Run, ending: Ending) -> Status | None:
    async def once() -> Status | None:
        return await run.services.pool.run(lambda conn: _write(conn, run, ending))

    return await chore.outlast(f"the end of job {run.claim.id}", once)


def _log_failure(run: Run, ending: Ending) -> None:
    """The error of an attempt is an ERROR line of its job; of a failed attempt that is tried again too."""
    if isinstance(ending, Failed):
        error = ending.error
        place = f" ({error['path']}:{error['line']})" if "line" in error and "path" in error else ""
        run.journal.log(error_line(run, f"{error['code']}: {error['message']}{place}"))


async def _write(conn: Connection, run: Run, ending: Ending) -> Status | None:
    status = await queue.fence(conn, run.claim, moving=True)
    if status is None:
        return None
    await run.journal.write(conn)
    end = _end(run, ending)
    if status is Status.CANCELING:
        return await _finish(conn, end or Finish(run.claim.id, run.claim.attempt))
    if end is not None:
        return await _finish(conn, end)
    if status is Status.STOPPING:
        return await _stop(conn, run, failed=isinstance(ending, Failed))
    if isinstance(ending, Failed):
        return await _retry(conn, run, ending)
    await queue.hand_back(conn, run.claim)
    return Status.PENDING


def _end(run: Run, ending: Ending) -> Finish | None:
    """How the job ends, if it does."""
    claim = run.claim
    if isinstance(ending, Finished):
        return Finish(claim.id, claim.attempt, ending.has_errors, ending.results)
    if isinstance(ending, Failed) and (not ending.retryable or claim.failures + 1 >= claim.max_attempts):
        return Finish(claim.id, claim.attempt, True, ending.results, ending.error)
    return None


async def _retry(conn: Connection, run: Run, ending: Failed) -> Status | None:
    settings = run.services.settings
    delay = backoff.delay_ms(
        run.claim.failures + 1, base_ms=settings.retry_base_ms, max_ms=settings.retry_max_ms, random=random.random
    )
    await journal.forget_tail(conn, run.claim.id, _READS)
    await queue.retry(conn, run.claim, delay_ms=delay, detail=str(ending.error["message"])[:500])
    return Status.PENDING


async def _stop(conn: Connection, run: Run, *, failed: bool) -> Status | None:
    """What threw while it was being stopped is tried again when it is resumed."""
    if failed:
        await journal.forget_tail(conn, run.claim.id, _READS)
    await queue.stopped(conn, run.claim, failed=failed)
    return Status.STOPPED


async def _finish(conn: Connection, end: Finish) -> Status | None:
    (status,) = await queue.finish(conn, [end])
    return status
