"""Jobs over HTTP: create, find, show, their results and logs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from engine.jobs.journal import Line, append_lines
from engine.model import LogLevel
from tests.web.conftest import Api, Caller

JOBS = "/apps/crm/jobs"


async def test_a_job_has_the_names_of_the_scripting_api(api: Api, ann: Caller) -> None:
    """What `sys.jobs.Job` has methods for are the names of the response, and some of ours."""
    created = await ann(
        "POST",
        JOBS,
        201,
        json={
            "type": "EXECUTE_ACTION",
            "entityName": "companies",
            "actionName": "logSomething",
            "query": {"type": "a"},
            "params": {"param1": "a"},
            "options": {"lowPriority": True, "queue": "slow"},
        },
    )
    job = await ann("GET", f"{JOBS}/{created['id']}")
    assert job.pop("waiting") >= 0
    created_at = datetime.fromisoformat(job.pop("createDate"))
    assert abs((datetime.now(UTC) - created_at).total_seconds()) < 600
    assert job == {
        "id": created["id"],
        "app": "crm",
        "maxAttempts": 1,
        "label": "Log something on companies",
        "name": "Log something on companies",
        "type": "EXECUTE_ACTION",
        "status": "PENDING",
        "statusMessage": None,
        "progress": 0,
        "duration": 0,
        "hasErrors": False,
        "startDate": None,
        "endDate": None,
        "runBy": {"id": "ann", "name": "Ann Smith"},
        "data": {"entityName": "companies", "actionName": "logSomething"},
        "parentJob": None,
        "rootJob": created["id"],
        "lowPriority": True,
        "attempt": 0,
        "queue": "slow",
    }


@pytest.mark.parametrize(
    ("body", "data"),
    [
        ({"type": "EXECUTE_ACTION", "actionName": "report"}, {"actionName": "report"}),
        ({"type": "EXECUTE_SCRIPT", "path": "actions/report.js"}, {"scriptName": "actions/report.js"}),
        ({"type": "EXPORT_RECORDS", "entityName": "companies"}, {"entityName": "companies"}),
        ({"type": "DELETE_RECORDS", "entityName": "companies", "query": {"type": "d"}}, {"entityName": "companies"}),
        ({"type": "EXPORT_USERS"}, {}),
    ],
)
async def test_every_type_is_created(api: Api, ann: Caller, body: dict[str, Any], data: dict[str, Any]) -> None:
    """Each type that HTTP starts becomes a job with the data that the seed promises for it."""
    response = await ann.send("POST", JOBS, json=body)
    assert response.status_code == 201
    job = await ann("GET", response.headers["Location"])
    assert (job["type"], {**job["data"], **data}) == (body["type"], job["data"])


async def test_an_import_names_its_file(api: Api, ann: Caller) -> None:
    """A file that was uploaded is imported by its id."""
    file = await ann("POST", "/apps/crm/files", 201, params={"name": "c.csv"}, content=b"name\nAcme\n")
    body = {"type": "IMPORT_RECORDS", "entityName": "companies", "fileId": file["id"]}
    created = await ann("POST", JOBS, 201, json=body)
    job = await ann("GET", f"{JOBS}/{created['id']}")
    assert job["data"] == {"entityName": "companies", "fileName": "c.csv"}
    created = await ann("POST", JOBS, 201, json={"type": "IMPORT_USERS", "fileId": "c.csv", "notifyUsers": True})
    job = await ann("GET", f"{JOBS}/{created['id']}")
    assert job["data"] == {"fileName": "c.csv", "notifyUsers": True}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"type": "EXECUTE_ACTION", "entityName": "nothing", "actionName": "x"}, 400, "entity"),
        ({"type": "EXECUTE_ACTION", "entityName": "companies", "actionName": "x"}, 400, "action"),
        ({"type": "EXECUTE_ACTION", "actionName": "report", "query": {"type": "a"}}, 400, "query"),
        ({"type": "EXECUTE_ACTION"}, 400, "EXECUTE_ACTION.actionName"),
        ({"type": "START_THE_CAR"}, 400, "body"),
        ({"type": "DELETE_RECORDS", "entityName": "companies", "query": {"siez": 1}}, 400, "query"),
        ({"type": "EXPORT_RECORDS", "entityName": "companies", "more": 1}, 400, "EXPORT_RECORDS.more"),
        (
            {"type": "EXPORT_RECORDS", "entityName": "companies", "options": {"maxAttempts": 0}},
            400,
            "EXPORT_RECORDS.options.maxAttempts",
        ),
        ({"type": "EXECUTE_SCRIPT", "path": "actions/none.js"}, 404, None),
        ({"type": "IMPORT_RECORDS", "entityName": "companies", "fileId": "none.csv"}, 404, None),
        ({"type": "IMPORT_USERS", "fileId": "none.csv"}, 404, None),
        ({"type": "IMPORT_USERS", "fileId": "c.csv", "notifyUsers": "often"}, 400, "IMPORT_USERS.notifyUsers"),
    ],
)
async def test_what_cannot_be_started(
    api: Api, ann: Caller, body: dict[str, Any], status: int, field: str | None
) -> None:
    """A job that could not run is refused by name, and nothing is created."""
    error = await ann("POST", JOBS, status, json=body)
    assert error["code"] == ("badRequest" if status == 400 else "notFound")
    assert field is None or error["additionalInfo"]["field"] == field
    assert (await ann("GET", JOBS))["items"] == []


async def test_a_unique_key_gives_the_job_that_lives(api: Api, ann: Caller) -> None:
    """A second request with the key of a live job gets that job's id."""
    body = {"type": "EXECUTE_ACTION", "actionName": "report", "options": {"uniqueKey": "daily"}}
    first, second = [await ann("POST", JOBS, 201, json=body) for _ in range(2)]
    assert first == second


async def test_a_concurrency_key_is_kept_with_the_job(api: Api, ann: Caller) -> None:
    """Both options arrive; a limit without a key is refused by name."""
    options = {"concurrencyKey": "report", "concurrencyLimit": 2}
    body = {"type": "EXECUTE_ACTION", "actionName": "report", "options": options}
    await ann("POST", JOBS, 201, json=body)
    (row,) = await api.pool.fetch("select concurrency_key, concurrency_limit from headrace.jobs_live")
    assert tuple(row) == ("report", 2)
    error = await ann("POST", JOBS, 400, json={**body, "options": {"concurrencyLimit": 2}})
    assert error["additionalInfo"]["field"] == "options.concurrencyLimit"


async def test_filters_and_pages(api: Api, ann: Caller) -> None:
    """Every filter of sys.jobs.find works, newest first, and a cursor leads through all pages."""
    ids = [str(await api.job()) for _ in range(5)]
    await api.job(app="other")
    await ann("POST", f"{JOBS}/{ids[0]}/cancel")
    await api.pool.execute(
        "update headrace.jobs set started_at = '2100-01-01T00:00:00.0005Z' where id = $1", UUID(ids[4])
    )

    async def found(**params: Any) -> list[str]:
        return [job["id"] for job in (await ann("GET", JOBS, params=params))["items"]]

    newest = ids[::-1]
    assert await found() == newest
    assert await found(status="CANCELED") == ids[:1]
    assert await found(status="PENDING,CANCELED", type="EXECUTE_SCRIPT,EXECUTE_ACTION") == newest
    assert await found(type="EXECUTE_ACTION") == []
    assert await found(hasErrors="false") == newest
    assert await found(hasErrors="true") == []
    assert await found(startFrom="2100-01-01T00:00:00Z", startTo="2100-01-01T00:00:00.000Z") == ids[4:]
    assert await found(startFrom="2100-01-01T01:00:00.001+01:00") == []
    assert await found(createFrom="2020-01-01T00:00:00Z", createTo="2100-01-01T00:00:00Z") == newest
    assert await found(endFrom="2020-01-01T00:00:00Z") == ids[:1]
    assert await found(endTo="2020-01-01T00:00:00Z") == []

    pages, cursor = [], {}
    while True:
        page = await ann("GET", JOBS, params={"_size": 2, **cursor})
        pages.append([job["id"] for job in page["items"]])
        if page["next"] is None:
            break
        cursor = {"_cursor": page["next"]}
    assert pages == [newest[:2], newest[2:4], newest[4:]]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"status": "DONE"}, "status"),
        ({"type": "X,Y"}, "type"),
        ({"hasErrors": "yes"}, "hasErrors"),
        ({"startFrom": "1764064800000"}, "startFrom"),
        ({"startFrom": "2026-13-01T00:00:00Z"}, "startFrom"),
        ({"_size": "0"}, "_size"),
        ({"_size": "1001"}, "_size"),
        ({"_size": "+5"}, "_size"),
        ({"_cursor": "x"}, "_cursor"),
        ({"_cursor": "bm90IGFuIGlk"}, "cursor"),
        ({"state": "FINISHED"}, "state"),
        ({"status": ["FINISHED", "PENDING"]}, "status"),
    ],
)
async def test_wrong_parameters_are_named(api: Api, ann: Caller, params: dict[str, Any], field: str) -> None:
    """A parameter that is unknown, repeated or malformed is refused with its name, its value and what is allowed."""
    error = await ann("GET", JOBS, 400, params=params)
    assert error["code"] == "badRequest"
    assert error["additionalInfo"].keys() >= {"field", "value", "allowed"}
    assert error["additionalInfo"]["field"] == field


async def test_results(api: Api, ann: Caller) -> None:
    """Null while there is nothing, then what the job left in the shape of its type."""
    job_id = await api.job()
    assert await ann("GET", f"{JOBS}/{job_id}/results") is None
    await api.pool.execute(
        "insert into headrace.job_results (job_id, results) values ($1, $2)", job_id, {"recordsExported": 3}
    )
    assert await ann("GET", f"{JOBS}/{job_id}/results") == {"recordsExported": 3}


async def test_logs(api: Api, ann: Caller) -> None:
    """Lines come oldest first, by every filter of sys.jobs.logs, in pages."""
    job_id = await api.job()
    lines = [(0, LogLevel.INFO, "one"), (1, LogLevel.ERROR, "two"), (2, LogLevel.INFO, "three")]
    start = 1_760_000_000_000
    async with api.pool.transaction() as conn:
        await append_lines(conn, [Line(job_id, start + ms, level, text) for ms, level, text in lines])

    async def found(**params: Any) -> list[str]:
        return [line["message"] for line in (await ann("GET", f"{JOBS}/{job_id}/logs", params=params))["items"]]

    at = "2025-10-09T08:53:20.001Z"
    assert await found() == ["one", "two", "three"]
    assert await found(level="ERROR") == ["two"]
    assert await found(message="E") == ["one", "three"]
    assert await found(**{"from": at}) == ["two", "three"]
    assert await found(**{"to": at}) == ["one", "two"]
    assert await found(period="10m") == []
    first = await ann("GET", f"{JOBS}/{job_id}/logs", params={"_size": 2})
    assert first["items"][1] == {"timestamp": at, "level": "ERROR", "message": "two", "additionalInfo": None}
    assert await found(_size=2, _cursor=first["next"]) == ["three"]
    assert (await ann("GET", f"{JOBS}/{job_id}/logs", 400, params={"period": "soon"}))["code"] == "badRequest"


async def test_commands(api: Api, ann: Caller) -> None:
    """Each command answers with the job as it is then; in a status that does not allow it, it is refused."""
    one = f"{JOBS}/{await api.job()}"
    assert (await ann("PUT", f"{one}/lowPriority"))["lowPriority"] is True
    assert (await ann("DELETE", f"{one}/lowPriority"))["lowPriority"] is False
    assert (await ann("POST", f"{one}/stop"))["status"] == "STOPPED"
    assert (await ann("POST", f"{one}/stop", 400))["additionalInfo"]["status"] == "STOPPED"
    assert (await ann("POST", f"{one}/resume"))["status"] == "PENDING"
    assert (await ann("POST", f"{one}/stop?force=true"))["status"] == "STOPPED"
    assert (await ann("POST", f"{one}/cancel"))["status"] == "CANCELED"
    assert (await ann("POST", f"{one}/resume", 400))["code"] == "badRequest"


async def test_users_manage_what_they_ran(api: Api) -> None:
    """With the scope manage Bob manages his own jobs and sees Ann's; with admin he manages anybody's."""
    of_ann, of_bob = await api.job(run_by="ann"), await api.job(run_by="bob")
    bob, chief = await api.as_("read", "manage", user="bob"), await api.as_("admin", user="bob")
    for command in ("stop", "resume", "cancel"):
        error = await bob("POST", f"{JOBS}/{of_ann}/{command}", 403)
        assert (error["code"], error["additionalInfo"]["runBy"]) == ("forbidden", "ann")
        await bob("POST", f"{JOBS}/{of_bob}/{command}")
    await bob("PUT", f"{JOBS}/{of_ann}/lowPriority", 403)
    assert (await bob("GET", f"{JOBS}/{of_ann}"))["status"] == "PENDING"
    assert (await chief("POST", f"{JOBS}/{of_ann}/stop"))["status"] == "STOPPED"
    await bob("POST", f"{JOBS}/{await api.job(run_by=None)}/stop", 403)
