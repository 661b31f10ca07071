"""START_APP and STOP_APP. Each step may be done twice: a worker that dies in between loses nothing."""

from __future__ import annotations

import asyncio

from engine.apps import states
from engine.events import push
from engine.executors.endings import Ending, Finished
from engine.executors.run import Effect, Run
from engine.jobs import limits

# How often to look whether the app's running jobs have been handed back.
LOOK_S = 0.1


async def start(run: Run) -> Ending:
    """The app's jobs go on where they were; with `pushChanges` new ones are on the version that waited."""
    push_changes = bool(run.claim.spec["pushChanges"])

    async def work(scope: Effect) -> None:
        version = await push.push_waiting(scope.conn, run.claim.app) if push_changes else None
        if version is not None:
            scope.lines.append(run.line(f"version {version} is pushed"))
        elif push_changes:
            scope.lines.append(run.line("no version waits to be pushed"))
        started = await states.start(scope.conn, run.claim.app)
        scope.lines.append(run.line("the app is started" if started else "the app was not stopped"))

    await run.transact(work)
    if push_changes:
        async with run.services.pool.acquire() as conn:
            await limits.settle(conn, run.claim.app)
    return Finished({})


async def stop(run: Run) -> Ending:
    """None of the app's jobs runs when this ends, but those that start and stop apps."""

    async def work(scope: Effect) -> None:
        await states.stop(scope.conn, run.claim.app, sleeping=bool(run.claim.spec["sleep"]), by=run.claim.id)

    await run.transact(work)
    found = await _halt(run)
    while found.ours and found.running:
        await asyncio.sleep(LOOK_S)
        run.check()
        found = await _halt(run)
    said = "no job of the app runs" if found.ours else "the app was started, or stopped anew, meanwhile"
    run.journal.log(run.line(said))
    return Finished({})


async def _halt(run: Run) -> states.Halt:
    async with run.services.pool.acquire() as conn:
        return await states.halt(conn, run.claim.app, by=run.claim.id)
