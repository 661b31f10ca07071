"""sys.jobs.find (seed 003): every key of the query, alone and as a range."""

from __future__ import annotations

import pytest

from engine.jobs.search import DEFAULT_SIZE
from engine.model import Job, JobType, NewJob, Status
from tests.conformance.conftest import Lab
from tests.conformance.scripts import Script, both, refuses

PUBLIC = [
    "IMPORT_RECORDS",
    "EXPORT_RECORDS",
    "EXECUTE_ACTION",
    "DELETE_RECORDS",
    "EXECUTE_LISTENER",
    "IMPORT_USERS",
    "EXPORT_USERS",
    "STOP_APP",
    "START_APP",
    "DEPLOY_ENDPOINT",
    "UNDEPLOY_ENDPOINT",
]
FIND = "return ids(sys.jobs.find(params.query));"
REFUSED = "return each(params.queries, @query refused(@ sys.jobs.find(query)));"


def delayed(lab: Lab, kind: str) -> NewJob:
    """A job that nobody starts during the test."""
    return NewJob(lab.app, JobType(kind), kind, kind, delay_ms=3_600_000)


def ms(job: Job, key: str) -> int:
    """A date of the job in ms since the epoch."""
    return int(getattr(job, key).timestamp() * 1000)


async def three(lab: Lab) -> list[Job]:
    """Three jobs, each created, started and ended in a millisecond of its own."""
    jobs: list[Job] = []
    while len(jobs) < 3:
        job = await lab.reached(await lab.action("pause"))
        if not jobs or all(ms(job, key) > ms(jobs[-1], key) for key in ("created_at", "started_at", "ended_at")):
            jobs.append(job)
    return jobs


@both("""
query = {};
query['status'] = 'FINISHED';
query['_size'] = 50;
return ids(sys.jobs.find(query));
""")
async def test_finds_jobs_by_a_query(lab: Lab, script: Script) -> None:
    """ "Finds jobs using a query. A query looks like this: …" """
    job_id = await lab.action("pause")
    await lab.reached(job_id)
    assert await lab.value(script) == [str(job_id)]


@both(FIND)
async def test_by_type(lab: Lab, script: Script) -> None:
    """ "type: the type of job. You can specify many separated by commas." — each of the public types."""
    jobs = {kind: str(await lab.create(delayed(lab, kind))) for kind in PUBLIC}
    assert await lab.value(script, query={"type": "IMPORT_RECORDS"}) == [jobs["IMPORT_RECORDS"]]
    wanted = {"type": "STOP_APP,DEPLOY_ENDPOINT, EXPORT_USERS"}
    found = [jobs["DEPLOY_ENDPOINT"], jobs["STOP_APP"], jobs["EXPORT_USERS"]]
    assert await lab.value(script, query=wanted) == found
    assert await lab.value(script, query={"type": ",".join(PUBLIC), "_size": 50}) == list(reversed(jobs.values()))


@both(FIND)
async def test_by_status(lab: Lab, script: Script) -> None:
    """ "status: the status of the job. … You can specify many statuses separated by comma." """
    pending = str(await lab.create(delayed(lab, "EXECUTE_ACTION")))
    stopped = str(await lab.create(delayed(lab, "EXECUTE_ACTION")))
    await lab.stop(stopped)
    canceled = str(await lab.create(delayed(lab, "EXECUTE_ACTION")))
    await lab.cancel(canceled)
    running = str(await lab.action("pause", {"ms": 600_000}))
    await lab.reached(running, Status.RUNNING)
    finished = str(await lab.action("pause"))
    await lab.reached(finished)
    actions = {"type": "EXECUTE_ACTION"}
    for status, job in {
        "PENDING": pending, "STOPPED": stopped, "CANCELED": canceled, "RUNNING": running, "FINISHED": finished,
    }.items():  # fmt: skip
        assert await lab.value(script, query=actions | {"status": status}) == [job]
    assert await lab.value(script, query=actions | {"status": "STOPPING,CANCELING"}) == []
    assert await lab.value(script, query=actions | {"status": "PENDING,FINISHED"}) == [finished, pending]


@pytest.mark.parametrize(("key", "column"), [("create", "created_at"), ("start", "started_at"), ("end", "ended_at")])
@both("""
return each(params.queries, @query ids(sys.jobs.find(query)));
""")
async def test_by_date(lab: Lab, script: Script, key: str, column: str) -> None:
    """ "startFrom/startTo/endFrom/endTo/createFrom/createTo: … combined (as a range) or alone (in milliseconds)." """
    first, second, third = jobs = await three(lab)
    ids = [str(job.id) for job in jobs]
    middle, last = ms(second, column), ms(third, column)
    own = {"type": "EXECUTE_ACTION"}
    queries = [
        own | {f"{key}From": middle},
        own | {f"{key}To": middle},
        own | {f"{key}From": middle, f"{key}To": middle},
        own | {f"{key}From": ms(first, column), f"{key}To": last},
        own | {f"{key}From": last + 1},
        own | {f"{key}To": ms(first, column) - 1},
        own | {f"{key}From": last, f"{key}To": middle},
    ]
    found = await lab.value(script, queries=queries)
    assert found == [[ids[2], ids[1]], [ids[1], ids[0]], [ids[1]], ids[::-1], [], [], []]


@both(
    js="return ids(sys.jobs.find({type: 'EXECUTE_ACTION', createTo: new Date(params.to)}));",
    py="from datetime import datetime\nto = datetime.fromtimestamp(params.to / 1000)\n"
    "return ids(sys.jobs.find({'type': 'EXECUTE_ACTION', 'createTo': to}))",
)
async def test_dates_are_times_too(lab: Lab, script: Script) -> None:
    """A date object stands for its milliseconds."""
    first, second, _ = await three(lab)
    assert await lab.value(script, to=ms(second, "created_at")) == [str(second.id), str(first.id)]


@both("return each(params.flags, @flag ids(sys.jobs.find({'type': 'EXECUTE_ACTION', 'hasErrors': flag})));")
async def test_by_errors(lab: Lab, script: Script) -> None:
    """ "hasErrors: if the job has errors. You can pass true or false." — the sample passes 'true'."""
    good, bad = str(await lab.action("pause")), str(await lab.action("fail", {"code": "x", "message": "y"}))
    await lab.reached(good)
    await lab.reached(bad)
    found = await lab.value(script, flags=[True, "true", False, "false"])
    assert found == [[bad], [bad], [good], [good]]


@both("return each(params.queries, @query [len(sys.jobs.find(query).toArray()), sys.jobs.find(query).count()]);")
async def test_size(lab: Lab, script: Script) -> None:
    """ "_size: maximum number of jobs to retrieve." — 20 if there is none; count() counts all the same."""
    for _ in range(DEFAULT_SIZE + 5):
        await lab.create(delayed(lab, "EXECUTE_ACTION"))
    own = {"type": "EXECUTE_ACTION"}
    queries = [own, own | {"_size": 3}, own | {"_size": 1000}, own | {"_size": 5, "_offset": 23}]
    assert DEFAULT_SIZE == 20
    assert await lab.value(script, queries=queries) == [[20, 25], [3, 25], [25, 25], [2, 25]]


@both("return ids(sys.jobs.find({'_size': 3}));")
async def test_order(lab: Lab, script: Script) -> None:
    """ "The jobs matching the query ordered by creation time in descendent order." """
    made = [str(await lab.create(delayed(lab, "EXECUTE_ACTION"))) for _ in range(4)]
    assert (await lab.value(script))[1:] == [made[3], made[2]]


@both("return [len(ids(sys.jobs.find())), len(ids(sys.jobs.find({}))), len(ids(sys.jobs.find(null)))];")
async def test_no_query_finds_all(lab: Lab, script: Script) -> None:
    """An empty query has no filter."""
    assert await lab.value(script) == [1, 1, 1]


@both(REFUSED)
async def test_invalid_queries(lab: Lab, script: Script) -> None:
    """ "badRequest: If query is invalid." """
    wrong = [
        ({"color": "red"}, "query.color", "red", "createFrom"),
        ({"type": "NOPE"}, "type", "NOPE", "EXPORT_RECORDS"),
        ({"type": "IMPORT_RECORDS,NOPE"}, "type", "NOPE", "EXPORT_RECORDS"),
        ({"type": ""}, "type", "", "EXPORT_RECORDS"),
        ({"type": 5}, "type", 5, "EXPORT_RECORDS"),
        ({"status": "FAILED"}, "status", "FAILED", "CANCELED"),
        ({"status": "finished"}, "status", "finished", "FINISHED"),
        ({"hasErrors": "yes"}, "hasErrors", "yes", "true or false"),
        ({"hasErrors": 1}, "hasErrors", 1, "true or false"),
        ({"_size": 0}, "_size", 0, "a whole number from 1 to"),
        ({"_size": "ten"}, "_size", "ten", "a whole number"),
        ({"_size": 1.5}, "_size", 1.5, "a whole number"),
        ({"_offset": -1}, "_offset", -1, "a whole number from 0 to"),
        *(
            ({f"{key}{end}": "soon"}, f"{key}{end}", "soon", "a whole number")
            for key in ("start", "end", "create")
            for end in ("From", "To")
        ),
        ("FINISHED", "query", "FINISHED", "an object"),
        (5, "query", 5, "an object"),
        ([], "query", [], "an object"),
    ]
    found = await lab.value(script, queries=[query for query, *_ in wrong])
    for answer, (_, field, value, allowed) in zip(found, wrong, strict=True):
        refuses(answer, "badRequest", field, value, allowed)


@both(js="last = 253402300799999;\nreturn each(['startTo', 'endTo', 'createTo', 'createFrom', 'endFrom'],"
      " @key sys.jobs.find({'type': 'EXECUTE_ACTION', [key]: last}).count());",
      py="last = 253402300799999\nreturn each(['startTo', 'endTo', 'createTo', 'createFrom', 'endFrom'],"
      " @key sys.jobs.find({'type': 'EXECUTE_ACTION', key: last}).count())")  # fmt: skip
async def test_the_last_millisecond(lab: Lab, script: Script) -> None:
    """The last millisecond of the year 9999 stands for no limit."""
    await lab.reached(await lab.action("pause"))
    assert await lab.value(script) == [1, 1, 1, 0, 0]
