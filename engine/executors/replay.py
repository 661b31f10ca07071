"""Re-runs a job from its journal, without effects: every reply is the recorded one, and nothing is written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from engine.apps.manifest import ActionKind
from engine.errors import BadRequest
from engine.executors import action, endpoints, installed, listener, program, script
from engine.executors.calls import compare
from engine.executors.run import Run, Services
from engine.hostapi.caller import Origin
from engine.jobs import journal
from engine.jobs.journal import Entry, Journal
from engine.jobs.queue import Claim
from engine.model import Job, JobType
from scripting.fingerprint import fingerprint, shown
from scripting.model import (
    Failure,
    Interrupt,
    Interrupted,
    Json,
    Killed,
    Outcome,
    Recorded,
    Reply,
    Returned,
    Threw,
    Value,
)

# Why a run ends before its script does.
END, UNTIL = "the journal ends here", "as far as was asked for"


@dataclass(frozen=True, slots=True)
class Step:
    """A call that the script made again: where it comes from, what it asked, and what it was answered."""

    n: int
    place: str
    line: str
    method: str
    args: Sequence[Json]
    at_ms: int
    failed: bool
    reply: Any
    open: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How the script ended: `how` is returned, threw, killed or unfinished; `left` its value, error or reason."""

    how: str
    left: Any


Show = Callable[[Step], None]


class _Calls:
    """Answers from the journal alone."""

    def __init__(self, run: Run, origin: Origin, before: int, until: int | None, show: Callable[[Step], None]) -> None:
        self.made = before
        self._run = run
        self._origin = origin
        self._until = until
        self._show = show
        self._place = ""
        self._clock_ms = origin.start_ms

    async def call(self, seq: int, method: str, args: list[Json]) -> Reply:
        """The recorded reply; Interrupt where there is none."""
        if self._until is not None and self.made >= self._until:
            raise Interrupt(UNTIL)
        asked = Entry(self._origin.step, seq, method, fingerprint(args), shown(args), 0)
        found = await self._run.journal.recorded(self._origin.step, seq)
        if found is None:
            raise Interrupt(END)
        compare(found, asked)
        self.made += 1
        self._clock_ms = max(self._clock_ms, found.at_ms)
        reply = found.reply
        self._show(Step(self.made, self._place, "", method, args, self._clock_ms, found.failed, reply, found.open))
        if found.open:
            raise Interrupt(END)
        if found.failed:
            return Failure(reply["code"], reply["message"], reply["additionalInfo"], self._clock_ms)
        return Value(reply, self._clock_ms)

    async def ahead(self, seq: int) -> Sequence[Recorded]:
        """Nothing: each call is to be seen."""
        return ()

    def at(self, place: str) -> None:
        """Where the next call comes from."""
        self._place = place


async def rerun(services: Services, job: Job, *, until: int | None, show: Show) -> Ended:
    """How the job's script ends when it sees again what it saw; `show` is told of each call.

    It ends after `until` calls, or where the journal does. BadRequest if the job has no script, Diverged if the
    script does not do again what it did. Records of an action that runs for each are steps of one count.
    """
    checkpoint = await _checkpoint(services, job)
    recorded = journal.pages(services.pool, job.id, checkpoint.get("step", 0))
    run = Run(services, _claim(job, checkpoint), Journal(job.id, job.attempt, recorded))
    outcome: Outcome = Returned(None, 0)
    made = 0
    async for origin in _origins(run, job):
        chosen = await program.load(run, origin.program)
        sources = {chosen.path: chosen.source, **chosen.sources}
        calls = _Calls(run, origin, made, until, lambda step: show(_quoted(step, sources)))  # noqa: B023 - called now
        async with program.session(run, chosen) as child:
            variables = await installed.variables(run, child.language, origin.variables)
            outcome = await child.run(variables, calls=calls, seed=origin.seed, start_ms=origin.start_ms, traced=True)
        made = calls.made
        if isinstance(outcome, Interrupted | Killed):
            break
    return _ended(outcome)


def _ended(outcome: Outcome) -> Ended:
    match outcome:
        case Returned(value=value):
            return Ended("returned", value)
        case Interrupted(reason=reason):
            return Ended("unfinished", reason)
        case Threw():
            return Ended("threw", program.error_of(outcome))
        case Killed():
            return Ended("killed", program.error_of(outcome))


def _quoted(step: Step, sources: Mapping[str, str]) -> Step:
    """The step with the text of its line."""
    path, _, number = step.place.rpartition(":")
    lines = sources.get(path, "").split("\n")
    return replace(step, line=lines[int(number) - 1].strip()) if path and int(number) <= len(lines) else step


async def _origins(run: Run, job: Job) -> AsyncIterator[Origin]:
    """Where the job's script began, each time that it did."""
    if job.type is JobType.EXECUTE_SCRIPT:
        yield script.begin(run)
        return
    if job.type is JobType.EXECUTE_LISTENER:
        yield listener.begin(run)
        return
    if job.type is JobType.CALL_ENDPOINT:
        app = await run.app()
        yield endpoints.begin(run, app.manifest.endpoint(run.claim.spec["endpointName"]))
        return
    if job.type is not JobType.EXECUTE_ACTION:
        raise BadRequest(f"a job of type {job.type.value} runs no script: there is nothing to replay")
    app = await run.app()
    chosen = app.manifest.action(run.claim.spec.get("entityName"), run.claim.spec["actionName"])
    if chosen.kind is not ActionKind.ONE:
        yield action.begin(run, chosen)
        return
    while (head := await run.journal.head()) is not None:
        run.journal.runtime = head.runtime
        record = await run.journal.recorded(head.step, 0)
        assert record is not None, "the head is recorded"
        if record.reply is not None:
            yield action.begin_record(run, chosen, head.step, record.reply)


async def _checkpoint(services: Services, job: Job) -> dict[str, Any]:
    """Where a script began that continued as new; {} for all others, whose checkpoints are of another kind."""
    async with services.pool.acquire() as conn:
        found = await journal.checkpoint(conn, job.id)
    return found if "startMs" in found else {}


def _claim(job: Job, checkpoint: Mapping[str, Any]) -> Claim:
    """The claim under which the job ran, as far as scripts can tell."""
    return Claim(
        id=job.id,
        app=job.app,
        queue=job.queue,
        type=job.type,
        name=job.name,
        label=job.label,
        low_priority=job.low_priority,
        attempt=job.attempt,
        failures=job.failures,
        max_attempts=job.max_attempts,
        timeout_ms=job.timeout_ms,
        app_version=job.app_version,
        parent_id=job.parent_id,
        root_id=job.root_id,
        run_by=job.run_by,
        has_errors=job.has_errors,
        created_s=job.created_at.timestamp(),
        started_s=(job.started_at or datetime.now(UTC)).timestamp(),
        spec=job.spec,
        checkpoint=checkpoint,
    )
