"""From a job to the program that runs for it, and from a run's outcome to the attempt's ending."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from engine.apps.manifest import NO_LIMITS
from engine.executors import installed
from engine.executors.calls import JobCalls
from engine.executors.endings import INTERRUPTIONS, Ending, Failed, HandedBack
from engine.executors.limits import InForce, in_force
from engine.executors.run import Run
from engine.executors.runtime import runtime
from engine.hostapi.caller import Origin
from engine.tracing import Span
from scripting.host import Session
from scripting.model import Interrupted, Killed, Language, Outcome, Program, Returned, Threw


async def limits(run: Run) -> InForce:
    """The limits on the scripts of this job: its own time-out, what its app declares, what the operator allows."""
    claim, declared = run.claim, NO_LIMITS
    if claim.app_version is not None:
        declared = (await run.app()).manifest.script_limits(claim.spec)
    return in_force(run.services.settings, declared, timeout_ms=claim.timeout_ms)


async def load(run: Run, spec: Mapping[str, Any]) -> Program:
    """The program that a spec carries ({language, scriptName, source}), or names ({path}) in the app's version.

    Either may use the shared code of that version; an app that was never pushed has none.
    """
    if run.claim.app_version is None and "source" in spec:
        return Program(Language(spec["language"]), spec["scriptName"], spec["source"])
    app = await run.app()
    if "source" in spec:
        return Program(Language(spec["language"]), spec["scriptName"], spec["source"], app.sources())
    script = app.script(spec["path"])
    return Program(Language(script.language), script.path, script.source, app.sources())


@asynccontextmanager
async def session(run: Run, program: Program) -> AsyncIterator[Session]:
    """A child process for the program, under the job's limits."""
    run.limits = await limits(run)
    run.journal.runtime = runtime(program.language)
    began = time.monotonic()
    async with run.services.scripts.session(
        program, limits=run.limits.sandbox(), app=run.claim.app, owner=run.claim.run_by or ""
    ) as child:
        run.services.metrics.script_started(program.language, seconds=time.monotonic() - began)
        yield child


async def execute(run: Run, child: Session, calls: JobCalls, origin: Origin) -> Outcome:
    """One run of the child's program, which ends early when the attempt does."""
    run.check()
    run.killable(child.kill)
    began = time.monotonic()
    try:
        with run.services.tracer.span("script", headrace__language=child.language.value) as span:
            variables = await installed.variables(run, child.language, origin.variables)
            outcome = await child.run(variables, calls=calls, seed=origin.seed, start_ms=origin.start_ms)
            _describe(span, outcome)
    finally:
        run.killable(None)
        await calls.close()
    _count(run, child, outcome, time.monotonic() - began)
    match outcome:
        case Returned() | Threw():
            await calls.ended()
        case Killed():
            return run.limits.explained(outcome, run.services.settings)
    return outcome


def _describe(span: Span, outcome: Outcome) -> None:
    span.set(headrace__outcome=type(outcome).__name__.lower())
    match outcome:
        case Threw(code=code):
            span.fail(code)
        case Killed(limit=limit):
            span.fail(limit)


def _count(run: Run, child: Session, outcome: Outcome, seconds: float) -> None:
    cpu_ms = outcome.cpu_ms if isinstance(outcome, Returned) else 0
    metrics = run.services.metrics
    metrics.script_ended(child.language, type(outcome).__name__.lower(), seconds=seconds, cpu_ms=cpu_ms)
    if isinstance(outcome, Returned | Threw):
        metrics.script_used(child.language, memory_bytes=child.memory_bytes)
    if isinstance(outcome, Killed):
        run.services.metrics.script_killed(outcome.limit)


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
