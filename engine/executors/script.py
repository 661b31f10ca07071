"""EXECUTE_SCRIPT: a script that runs once, with `params`; and a chunk of executeInJob."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from engine.db.pool import Pool
from engine.executors import program
from engine.executors.calls import JobCalls
from engine.executors.endings import Ending, Finished
from engine.executors.run import Run
from engine.hostapi.caller import Origin
from engine.jobs import journal
from engine.jobs.journal import Journal, Pages
from scripting.model import Failure, Json, Reply, Returned, Value


class NoCalls(JobCalls):
    """The calls of a script that is to change nothing and to know nothing but its params: all are refused.

    What it logs is dropped, as outside of a job (seed 003, logInfo).
    """

    async def call(self, seq: int, method: str, args: list[Json]) -> Reply:
        """Nothing; or the refusal."""
        if method == "jobs.log":
            return Value(None, self.clock_ms)
        return Failure(
            "forbidden", f"{method} is not allowed here: this script may call nothing of sys", {}, self.clock_ms
        )


_PROGRAM = ("path", "language", "scriptName", "source")


async def execute(run: Run) -> Ending:
    """Runs the job's script; its value is `results.response`."""
    return await once(run, begin(run))


def begin(run: Run) -> Origin:
    """Where the job's script begins; the run's journal is then the one that it replays."""
    spec = run.claim.spec
    named = {key: spec[key] for key in _PROGRAM if key in spec}
    fork = spec.get("fork")
    if fork is None:
        return start(run, named, {"params": spec.get("params", {})})
    run.journal = Journal(run.claim.id, run.claim.attempt, _forked(run.services.pool, run.claim.id, fork))
    return Origin(named, spec["variables"], fork["seed"], fork["startMs"], fork["step"], fork)


def start(run: Run, named: Mapping[str, Any], variables: Mapping[str, Any]) -> Origin:
    """A run at its top, or where the job continued as new: with other params, and a journal that begins there."""
    again = run.claim.checkpoint
    if not again:
        return at_step(run, named, variables, 0)
    changed = {**variables, "params": again["params"]}
    return replace(at_step(run, named, changed, again["step"]), start_ms=again["startMs"])


def at_step(run: Run, named: Mapping[str, Any], variables: Mapping[str, Any], step: int) -> Origin:
    """A run whose clock starts when the job did, and whose randomness is the job's and the step's own."""
    started_ms = round(run.claim.started_s * 1000)
    return Origin(named, variables, f"{run.claim.id}/{step}", started_ms, step)


async def once(run: Run, origin: Origin) -> Ending:
    """Runs a program once; the results have the shape of a Many records action (seed 003, results)."""
    chosen = await program.load(run, origin.program)
    async with program.session(run, chosen) as child:
        calls = (NoCalls if run.claim.spec.get("pure") else JobCalls)(run, origin)
        outcome = await program.execute(run, child, calls, origin)
    match outcome:
        case Returned(value=value):
            return Finished({"results": {"status": "ok", "response": value}})
        case _:
            return program.ending(outcome)


async def _forked(pool: Pool, job_id: UUID, fork: Mapping[str, Any]) -> Pages:
    """What a chunk replays: its parent's calls up to executeInJob, its chunk as the reply of that, its own since."""
    parent, step, seq = UUID(fork["job"]), fork["step"], fork["seq"]
    above = _forked(pool, parent, fork["above"]) if fork["above"] else journal.pages(pool, parent, step)
    async for page in above:
        before = [entry for entry in page if (entry.step, entry.seq) < (step, seq)]
        here = [entry for entry in page if (entry.step, entry.seq) == (step, seq)]
        yield [*before, *(entry.answered({"items": fork["items"]}) for entry in here)]
        if here:
            break
    async for page in journal.pages(pool, job_id, step, seq):
        yield page
