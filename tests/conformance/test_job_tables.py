"""Every row of seed 003's tables of data() and results(), read in both languages and over HTTP: one value for all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from engine import app
from engine.apps.folder import AppFolder
from engine.data import files, tokens, users
from engine.data.users import User
from engine.db.pool import Pool
from engine.jobs import requests
from engine.jobs.requests import Requester
from engine.model import JobType, NewJob, Scope
from engine.settings import Settings
from tests.conformance.conftest import Lab, new_lab
from tests.conformance.scripts import script
from tests.conformance.test_results import DATA

READ = "job = sys.jobs.findById(params.id);\nreturn {'data': job.data(), 'results': job.results()};"
ONE, MANY = "EXECUTE_ACTION, One record", "EXECUTE_ACTION, Many records"
# Type of job, table, path, in the order of the seed.
ROWS = [
    ("START_APP", "data", "pushChanges"),
    ("START_APP", "data", "wakingUp"),
    ("IMPORT_RECORDS", "data", "fileName"),
    ("IMPORT_RECORDS", "data", "entityName"),
    ("EXPORT_RECORDS", "data", "entityName"),
    ("DELETE_RECORDS", "data", "entityName"),
    (ONE, "data", "entityName"),
    (ONE, "data", "actionName"),
    ("EXECUTE_LISTENER", "data", "listenerName"),
    ("IMPORT_USERS", "data", "fileName"),
    ("IMPORT_USERS", "data", "notifyUsers"),
    ("DEPLOY_ENDPOINT", "data", "endpointName"),
    ("UNDEPLOY_ENDPOINT", "data", "endpointName"),
    ("IMPORT_RECORDS", "results", "rowsImported"),
    ("IMPORT_RECORDS", "results", "rowsWithErrors"),
    ("EXPORT_RECORDS", "results", "fileLink"),
    ("EXPORT_RECORDS", "results", "fileId"),
    ("EXPORT_RECORDS", "results", "recordsExported"),
    ("DELETE_RECORDS", "results", "results"),
    (ONE, "results", "results"),
    (MANY, "results", "results"),
    ("EXPORT_USERS", "results", "fileLink"),
    ("EXPORT_USERS", "results", "fileId"),
    ("EXPORT_USERS", "results", "usersExported"),
]
Read = Callable[[UUID], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class World:
    """A job of each kind; what each reader saw of it, and what it should have seen."""

    http: httpx.AsyncClient
    headers: Mapping[str, str]
    seen: Mapping[str, Mapping[str, dict[str, Any]]]
    expected: Mapping[str, dict[str, Any]]


@pytest.fixture(scope="module")
async def world(working: Pool, folder: AppFolder) -> AsyncIterator[World]:
    """All jobs are run, and read by everybody, once."""
    lab = await new_lab(working, folder)
    jobs, expected = await _jobs(lab)
    async with working.acquire() as conn:
        issued = await tokens.issue(conn, lab.app, "ann", name="test", scopes=(Scope.READ,))
    headers = {"Authorization": f"Bearer {issued.secret}"}
    async with app.open_api(Settings(api_port=0), working, _no_check) as server:
        serving = asyncio.create_task(server.run())
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            readers = {"js": _by_script(lab, "js"), "py": _by_script(lab, "py"), "http": _by_http(lab, http, headers)}
            seen = {name: {kind: await read(job) for kind, job in jobs.items()} for name, read in readers.items()}
            yield World(http, headers, seen, expected)
        server.stop()
        await serving


async def _no_check(language: str, path: str, source: str) -> str | None:
    """Finds nothing wrong with a script."""


def _by_script(lab: Lab, language: str) -> Read:
    async def read(job_id: UUID) -> dict[str, Any]:
        found: dict[str, Any] = await lab.value(script(language, READ), id=str(job_id))
        return found

    return read


def _by_http(lab: Lab, http: httpx.AsyncClient, headers: Mapping[str, str]) -> Read:
    async def read(job_id: UUID) -> dict[str, Any]:
        one = f"/apps/{lab.app}/jobs/{job_id}"
        job, results = [(await http.get(path, headers=headers)).json() for path in (one, f"{one}/results")]
        return {"data": job["data"], "results": results}

    return read


async def _jobs(lab: Lab) -> tuple[dict[str, UUID], dict[str, dict[str, Any]]]:
    """A job of each kind, over if it has results by the seed; and what its tables should say."""
    by = Requester(lab.app, None)
    ids = await lab.save({"name": "A", "type": "a"}, {"name": "B", "type": "b"})
    one, many = lab.entity.action("failForB"), lab.entity.action("echoMany")
    async with lab.pool.acquire() as conn:
        for user in (User("ann", "Ann"), User("bob", "Bob")):
            await users.save(conn, lab.app, user)
        rows = await files.get(conn, lab.app, await lab.upload("rows.csv", "name,type\nC,c\nD,no\n"))
        people = await files.get(conn, lab.app, await lab.upload("users.csv", "id,name\ncid,Cid\n"))
    jobs = {
        "EXPORT_RECORDS": requests.export_records(by, lab.entity, {}, {}),
        ONE: requests.run_action(by, one, lab.entity, {}, {}, {}),
        MANY: requests.run_action(by, many, lab.entity, {"type": "a"}, {}, {}),
        "EXPORT_USERS": requests.export_users(by, {}),
        "IMPORT_RECORDS": requests.import_records(by, lab.entity, rows, {}),
        "IMPORT_USERS": requests.import_users(by, people, False, {}),
        "DELETE_RECORDS": requests.delete_records(by, lab.entity, {"type": "a,b"}, {}),
    }
    made = {}
    for kind, job in jobs.items():
        made[kind] = await lab.create(job)
        await lab.reached(made[kind])
    for kind in ("START_APP", "EXECUTE_LISTENER", "DEPLOY_ENDPOINT", "UNDEPLOY_ENDPOINT"):
        made[kind] = await lab.create(NewJob(lab.app, JobType(kind), kind, kind, DATA[kind], delay_ms=3_600_000))
    return made, _expected(made, *ids)


def _expected(made: Mapping[str, UUID], first: str, second: str) -> dict[str, dict[str, Any]]:
    """What the tables should say, but for ids of files, which are checked by themselves."""
    response = {"query": {"type": "a"}, "params": {}, "action": "echoMany", "record": "undefined"}
    expected: dict[str, dict[str, Any]] = {kind: {"data": DATA[kind]} for kind in made if kind in DATA}
    expected["IMPORT_RECORDS"] = {
        "data": {"fileName": "rows.csv", "entityName": "companies"},
        "results": {"rowsImported": 1, "rowsWithErrors": 1},
    }
    expected["EXPORT_RECORDS"]["results"] = {"recordsExported": 2}
    expected["DELETE_RECORDS"]["results"] = {"results": {first: {"status": "ok"}, second: {"status": "ok"}}}
    expected[ONE] = {
        "data": {"entityName": "companies", "actionName": "failForB"},
        "results": {
            "results": {
                first: {"status": "ok", "response": 1},
                second: {"status": "error", "errorMessage": "no b"},
            }
        },
    }
    expected[MANY] = {"results": {"results": {"status": "ok", "response": response}}}
    expected["IMPORT_USERS"] = {"data": {"fileName": "users.csv", "notifyUsers": False}, "results": {}}
    expected["EXPORT_USERS"]["results"] = {"usersExported": 2}
    return expected


@pytest.mark.parametrize("reader", ["js", "py", "http"])
@pytest.mark.parametrize(("kind", "table", "path"), ROWS, ids=["-".join(row) for row in ROWS])
async def test_a_row(world: World, kind: str, table: str, path: str, reader: str) -> None:
    """The path is there, with its value."""
    value = world.seen[reader][kind][table][path]
    if path in ("fileLink", "fileId"):
        assert value == world.seen["js"][kind][table][path]
        UUID(value.rpartition("/")[2])
        return
    assert value == world.expected[kind][table][path]


@pytest.mark.parametrize("kind", ["EXPORT_RECORDS", "EXPORT_USERS"])
async def test_the_link(world: World, kind: str) -> None:
    """ "URL to download the CSV file … You will need to send the token in the headers in order to be able to" """
    results = world.seen["http"][kind]["results"]
    assert results["fileLink"].endswith(results["fileId"])
    assert (await world.http.get(results["fileLink"])).status_code == 401
    answer = await world.http.get(results["fileLink"], headers=world.headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert len(answer.text.splitlines()) == 3


def test_nothing_else(world: World) -> None:
    """Every reader sees the same, and neither data nor results has a path that the seed does not name."""
    named = {(kind, table): {row[2] for row in ROWS if row[:2] == (kind, table)} for kind, table, _ in ROWS}
    named[MANY, "data"] = named[ONE, "data"]
    for reader, seen in world.seen.items():
        assert seen == world.seen["js"], reader
    for kind, tables in world.seen["js"].items():
        for table, value in tables.items():
            assert {*(value or {})} == named.get((kind, table), set()), (kind, table)
