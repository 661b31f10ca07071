"""From a job to the program that runs for it, and from a run's outcome to the attempt's ending."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from engine.executors.calls import JobCalls
from engine.executors.endings import INTERRUPTIONS, Ending, Failed, HandedBack
from engine.executors.run import Run
from engine.executors.runtime import runtime
from engine.hostapi.caller import Origin
from engine.jobs.queue import Claim
from engine.settings import Settings
from scripting.host import Session
from scripting.model import Interrupted, Killed, Language, Limits, Outcome, Program, Returned, Threw


def limits(settings: Settings, claim: Claim) -> Limits:
    """The hard limits on the scripts of a job. Processor time is bounded by the same number as wall time."""
    wall_ms = claim.timeout_ms or settings.script_timeout_ms
    return Limits(
        wall_ms=wall_ms,
        cpu_ms=wall_ms,
        memory_bytes=settings.script_memory_mb * 1024 * 1024,
        calls=settings.script_calls,
    )


async def load(run: Run, spec: Mapping[str, Any]) -> Program:
    """The program that a spec carries ({language, scriptName, source}), or names ({path}) in the app's version."""
    if "source" in spec:
        return Program(Language(spec["language"]), spec["scriptName"], spec["source"])
    async with run.services.pool.acquire() as conn:
        app = await run.services.apps.get(conn, run.claim.app, run.claim.app_version)
    script = app.script(spec["path"])
    return Program(Language(script.language), script.path, script.source, app.sources())


def session(run: Run, program: Program) -> AbstractAsyncContextManager[Session]:
    """A child process for the program, under the job's limits."""
    allowed = limits(run.services.settings, run.claim)
    run.journal.runtime = runtime(program.language)
    return run.services.scripts.session(program, limits=allowed, app=run.claim.app)


async def execute(run: Run, child: Session, calls: JobCalls, origin: Origin) -> Outcome:
    """One run of the child's program, which ends early when the attempt does."""
    run.check()
    run.killable(child.kill)
    try:
        outcome = await child.run(origin.variables, calls=calls, seed=origin.seed, start_ms=origin.start_ms)
    finally:
        run.killable(None)
        await calls.close()
    if isinstance(outcome, Returned | Threw):
        await calls.ended()
    return outcome


def error_of(outcome: Threw | Killed) -> dict[str, Any]:
    """What the job's results and its ERROR line say about a script that did not return."""
    match outcome:
        case Threw():
            error: dict[str, Any] = {"code": outcome.code, "message": outcome.message}
            places = {"path": outcome.path, "line": outcome.line, "column": outcome.column, "quoted": outcome.quoted}
            error |= {key: value for key, value in places.items() if value is not None}
            if outcome.additional_info:
                error["additionalInfo"] = dict(outcome.additional_info)
            if outcome.stack:
                error["stack"] = outcome.stack
            return error
        case Killed():
            code = "timeout" if outcome.limit in ("wall", "cpu") else "systemException"
            return {"code": code, "message": outcome.message, "limit": outcome.limit}


def ending(outcome: Threw | Killed | Interrupted) -> Ending:
    """The ending of an attempt whose script did not return. Limits would be met again: only a crash is retried."""
    match outcome:
        case Interrupted(reason=reason):
            # The sandbox has reasons of its own, all of them this worker's end: another goes on from the journal.
            return INTERRUPTIONS.get(reason, HandedBack())
        case Killed(limit=limit):
            return Failed(error_of(outcome), retryable=limit == "crash")
        case Threw():
            return Failed(error_of(outcome))
