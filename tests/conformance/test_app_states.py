"""sys.app: starting and stopping the app (seed 003: Start app)."""

from __future__ import annotations

import asyncio
from uuid import UUID

from engine.apps.store import AppState, get_pushed
from engine.jobs import requests, store
from engine.jobs.requests import Requester
from engine.model import Status
from tests.conformance.conftest import POLL_S, Lab
from tests.conformance.scripts import Script, both
from tests.patience import patience


async def _state(lab: Lab) -> AppState:
    async with lab.pool.acquire() as conn:
        return (await get_pushed(conn, lab.app)).state


async def _start(lab: Lab, **options: object) -> UUID:
    return await lab.create(requests.start_app(Requester(lab.app, None), options))


async def _stop(lab: Lab, **options: object) -> None:
    job = await lab.reached(await lab.create(requests.stop_app(Requester(lab.app, None), options)))
    assert (job.status, job.has_errors, job.data) == (Status.FINISHED, False, {})


async def _stopped(lab: Lab) -> None:
    async with patience("the stop of the app"):
        while await _state(lab) is AppState.STARTED:  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(POLL_S)


@both("""
log('before');
id = sys.app.stop({'sleep': params.sleep});
log('between');
while (true) { if (sys.jobs.findById(id).status() == 'FINISHED') { break; } }
job = sys.jobs.findById(id);
log('after');
return [job.type(), job.data(), job.results(), sys.jobs.find({'type': 'START_APP'}).next().data()];
""", py="""
log('before')
id = sys.app.stop({'sleep': params.sleep})
log('between')
while sys.jobs.findById(id).status() != 'FINISHED':
    pass
job = sys.jobs.findById(id)
log('after')
return [job.type(), job.data(), job.results(), sys.jobs.find({'type': 'START_APP'}).next().data()]
""")  # fmt: skip
async def test_a_script_stops_its_own_app(lab: Lab, script: Script) -> None:
    """It is cut like all others, and goes on behind the call after the start, saying nothing twice."""
    job_id = await lab.start(script, sleep=True)
    await _stopped(lab)
    assert await _state(lab) is AppState.SLEEPING
    await lab.reached(job_id, Status.PENDING)
    await _start(lab)
    left = await lab.left(job_id)
    assert left["results"]["response"] == ["STOP_APP", {}, {}, {"pushChanges": False, "wakingUp": False}]
    assert await lab.messages(job_id) == ["before", "between", "after"]
    assert await _state(lab) is AppState.STARTED


@both("""
while (sys.data.count('companies', {'name': 'go'}) == 0) { sys.jobs.setProgress(5); }
return 1;
""", py="""
while sys.data.count('companies', {'name': 'go'}) == 0:
    sys.jobs.setProgress(5)
return 1
""")  # fmt: skip
async def test_running_jobs_go_on_after_the_start(lab: Lab, script: Script) -> None:
    """STOP_APP ends when none runs; those are PENDING with their start and their progress, and end after START_APP."""
    job_id = await lab.start(script)
    async with patience("the job's progress"):
        while (await lab.get(job_id)).progress != 5:  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(POLL_S)
    await _stop(lab)
    await _stop(lab)
    waiting = await lab.get(job_id)
    assert (waiting.status, waiting.progress, waiting.started_at is None) == (Status.PENDING, 5, False)
    new = await lab.start(script)
    await lab.save({"name": "go"})
    started = await lab.reached(await _start(lab))
    assert started.data == {"pushChanges": False, "wakingUp": False}
    assert (await lab.reached(job_id)).has_errors is False
    assert (await lab.reached(new)).has_errors is False
    # Once more, to an app that runs.
    assert await lab.messages((await lab.reached(await _start(lab))).id) == ["the app was not stopped"]


@both("""
return [code(@ sys.app.stop({'sleep': 'long'})), code(@ sys.app.start({'pushChanges': 7})),
        code(@ sys.app.start({'queue': 'mine'})), code(@ sys.app.start({'wakingUp': true})),
        refused(@ sys.data.executeGlobalAction(null, params.echo, {}, {'queue': 'app:control'}))[1]];
""")
async def test_what_is_refused(lab: Lab, script: Script) -> None:
    """Options that do not exist or have no such value, and the queue that a stop leaves open."""
    refused = await lab.value(script, echo="echoGlobal" if script.language == "javascript" else "echoGlobalPy")
    assert refused[:4] == ["badRequest"] * 4
    assert refused[4].startswith("queue: 'app:control' is not allowed")
    assert await _state(lab) is AppState.STARTED


@both("""
options = {'pushChanges': true, 'delay': 3600000, 'lowPriority': true};
return [sys.app.start(options), sys.app.stop({'delay': 3600000})];
""")
async def test_options_of_every_job(lab: Lab, script: Script) -> None:
    """A start and a stop can be made for later, and read back as any job."""
    start, stop = [await lab.get(job_id) for job_id in await lab.value(script)]
    assert (start.data, start.low_priority) == ({"pushChanges": True, "wakingUp": False}, True)
    assert (stop.data, stop.queue) == ({}, "app:control")
    async with lab.pool.acquire() as conn:
        assert await store.results(conn, lab.app, stop.id) is None
