"""Every row of seed 003's tables of data() and results(), of jobs that ran, read in both languages and over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from engine import app
from engine.apps.folder import AppFolder
from engine.apps.store import get_pushed
from engine.data import files, tokens, users
from engine.data.cause import NOBODY
from engine.data.users import User
from engine.db.pool import Pool
from engine.events import custom
from engine.events.push import push
from engine.jobs import requests, search
from engine.jobs.requests import Requester
from engine.jobs.search import JobQuery
from engine.model import NewJob, Scope
from engine.settings import Settings
from tests.conformance.conftest import POLL_S, Lab, at_work, new_lab
from tests.conformance.scripts import script
from tests.conformance.test_results import DATA
from tests.mailbox import open_mailbox
from tests.patience import patience
from tests.postgres import Server

READ = "job = sys.jobs.findById(params.id);\nreturn {'data': job.data(), 'results': job.results()};"
ONE, MANY = "EXECUTE_ACTION, One record", "EXECUTE_ACTION, Many records"
# The other value of a flag: a call of a sleeping app started it; new users get no mail.
WAKING, QUIET = "START_APP, by a call", "IMPORT_USERS, without mail"
# Type of job, table, path, in the order of the seed.
ROWS = [
    ("START_APP", "data", "pushChanges"),
    ("START_APP", "data", "wakingUp"),
    (WAKING, "data", "pushChanges"),
    (WAKING, "data", "wakingUp"),
    ("IMPORT_RECORDS", "data", "fileName"),
    ("IMPORT_RECORDS", "data", "entityName"),
    ("EXPORT_RECORDS", "data", "entityName"),
    ("DELETE_RECORDS", "data", "entityName"),
    (ONE, "data", "entityName"),
    (ONE, "data", "actionName"),
    (MANY, "data", "entityName"),
    (MANY, "data", "actionName"),
    ("EXECUTE_LISTENER", "data", "listenerName"),
    ("IMPORT_USERS", "data", "fileName"),
    ("IMPORT_USERS", "data", "notifyUsers"),
    (QUIET, "data", "fileName"),
    (QUIET, "data", "notifyUsers"),
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
_ACTIONS = {ONE: "failForB", MANY: "echoMany"}
Expected = dict[str, dict[str, Any]]
Read = Callable[[UUID], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class World:
    """A job of each kind; what each reader saw of it, and what it should have seen."""

    http: httpx.AsyncClient
    headers: Mapping[str, str]
    mails: list[str]
    seen: Mapping[str, Mapping[str, dict[str, Any]]]
    expected: Mapping[str, dict[str, Any]]


@pytest.fixture(scope="module")
async def world(server: Server, template: str, folder: AppFolder) -> AsyncIterator[World]:
    """All jobs are run, by a worker that may send mail, and read by everybody, once."""
    async with open_mailbox() as box, at_work(server, template, box.settings()) as pool, _api(pool) as http:
        lab = await new_lab(pool, folder)
        waiting = replace(folder, sha256="0", manifest=replace(folder.manifest, name=lab.app))
        jobs, expected = await _jobs(lab, waiting, http)
        async with pool.acquire() as conn:
            issued = await tokens.issue(conn, lab.app, "ann", name="test", scopes=(Scope.READ,))
        headers = {"Authorization": f"Bearer {issued.secret}"}
        readers = {"js": _by_script(lab, "js"), "py": _by_script(lab, "py"), "http": _by_http(lab, http, headers)}
        seen = {name: {kind: await read(job) for kind, job in jobs.items()} for name, read in readers.items()}
        yield World(http, headers, box.to(), seen, expected)


@asynccontextmanager
async def _api(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API on this database."""
    async with app.open_api(Settings(api_port=0, api_requests_per_minute=10_000), pool, _no_check) as server:
        serving = asyncio.create_task(server.run())
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            yield http
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


async def _jobs(lab: Lab, waiting: AppFolder, http: httpx.AsyncClient) -> tuple[dict[str, UUID], Expected]:
    """A job of each kind that has run, and what its tables should say."""
    ids = await lab.save({"name": "A", "type": "a"}, {"name": "B", "type": "b"})
    made = {}
    for kind, job in (await _of_data(lab)).items():
        made[kind] = await lab.create(job)
        await lab.reached(made[kind])
    return {**made, **await _of_the_app(lab, waiting, http)}, _expected(*ids)


async def _of_data(lab: Lab) -> dict[str, NewJob]:
    """Jobs on records and users, in this order."""
    by = Requester(lab.app, None)
    one, many = lab.entity.action("failForB"), lab.entity.action("echoMany")
    async with lab.pool.acquire() as conn:
        for user in (User("ann", "Ann"), User("bob", "Bob")):
            await users.save(conn, lab.app, user)
        rows = await files.get(conn, lab.app, await lab.upload("rows.csv", "name,type\nC,c\nD,no\n"))
        people, more = [
            await files.get(
                conn, lab.app, await lab.upload("users.csv", f"id,name,email\n{name},{name},{name}@example.org\n")
            )
            for name in ("cid", "dan")
        ]
    return {
        "EXPORT_RECORDS": requests.export_records(by, lab.entity, {}, {}),
        ONE: requests.run_action(by, one, lab.entity, {}, {}, {}),
        MANY: requests.run_action(by, many, lab.entity, {"type": "a"}, {}, {}),
        "EXPORT_USERS": requests.export_users(by, {}),
        "IMPORT_RECORDS": requests.import_records(by, lab.entity, rows, {}),
        "IMPORT_USERS": requests.import_users(by, people, True, {}),
        QUIET: requests.import_users(by, more, False, {}),
        "DELETE_RECORDS": requests.delete_records(by, lab.entity, {"type": "a,b"}, {}),
    }


async def _of_the_app(lab: Lab, waiting: AppFolder, http: httpx.AsyncClient) -> dict[str, UUID]:
    """An event is heard; the endpoint is deployed, the app put to sleep, woken by a call, started anew."""
    by, endpoint = Requester(lab.app, None), waiting.manifest.endpoint("stats")
    async with lab.pool.transaction() as conn:
        assert await custom.trigger(conn, lab.app, "nightFell", "dark", NOBODY) == 1
        assert (await push(conn, waiting, wait=True)).waiting
    made = {"EXECUTE_LISTENER": await _newest(lab, "EXECUTE_LISTENER")}
    steps: list[tuple[str, NewJob, int]] = [
        ("DEPLOY_ENDPOINT", requests.deploy_endpoint(by, endpoint, {}), 200),
        ("STOP_APP", requests.stop_app(by, {"sleep": True}), 200),
        ("START_APP", requests.start_app(by, {"pushChanges": True}), 200),
        ("UNDEPLOY_ENDPOINT", requests.undeploy_endpoint(by, endpoint, {}), 404),
    ]
    for kind, job, status in steps:
        made[kind] = await lab.create(job)
        await lab.reached(made[kind])
        answer = await http.get(f"/apps/{lab.app}/endpoints/stats")
        assert answer.status_code == status, (kind, answer.text)
        if kind == "STOP_APP":
            made[WAKING] = await _newest(lab, "START_APP")
    async with lab.pool.acquire() as conn:
        assert (await get_pushed(conn, lab.app)).version == 2
    return made


async def _newest(lab: Lab, kind: str) -> UUID:
    """The app's newest job of the type, once there is one that is over."""
    query = JobQuery.parse({"type": kind})
    async with patience("the found job"), lab.pool.acquire() as conn:
        while not (found := (await search.find_page(conn, lab.app, query, limit=1)).jobs):  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)
    return (await lab.reached(found[0].id)).id


def _expected(first: str, second: str) -> Expected:
    """What the tables should say, but for ids of files, which are checked by themselves."""
    response = {"query": {"type": "a"}, "params": {}, "action": "echoMany", "record": "undefined"}
    people = {"fileName": "users.csv", "notifyUsers": True}
    actions = {kind: {"entityName": "companies", "actionName": name} for kind, name in _ACTIONS.items()}
    data = {**DATA, **actions, "IMPORT_USERS": people, QUIET: {**people, "notifyUsers": False}}
    data["IMPORT_RECORDS"] = {"fileName": "rows.csv", "entityName": "companies"}
    data[WAKING] = {"pushChanges": False, "wakingUp": True}
    results: Expected = {
        "IMPORT_RECORDS": {"rowsImported": 1, "rowsWithErrors": 1},
        "EXPORT_RECORDS": {"recordsExported": 2},
        "EXPORT_USERS": {"usersExported": 2},
        "DELETE_RECORDS": {"results": {first: {"status": "ok"}, second: {"status": "ok"}}},
        ONE: {
            "results": {
                first: {"status": "ok", "response": 1},
                second: {"status": "error", "errorMessage": "no b"},
            }
        },
        MANY: {"results": {"status": "ok", "response": response}},
    }
    return {kind: {"data": value, "results": results.get(kind, {})} for kind, value in data.items()}


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
    """Every reader sees the same; but for a listener's value no path is there that the seed does not name."""
    named = {(kind, table): {row[2] for row in ROWS if row[:2] == (kind, table)} for kind, table, _ in ROWS}
    for reader, seen in world.seen.items():
        assert seen == world.seen["js"], reader
    # Told as that of an action is.
    heard = world.seen["js"]["EXECUTE_LISTENER"]["results"]
    assert heard == {"results": {"status": "ok", "response": "dark"}}
    named["EXECUTE_LISTENER", "results"] = {"results"}
    for kind, tables in world.seen["js"].items():
        for table, value in tables.items():
            assert {*value} == named.get((kind, table), set()), (kind, table)


def test_every_type_has_run(world: World) -> None:
    """All eleven types that the seed names are there."""
    assert {kind.partition(",")[0] for kind in world.seen["js"]} == {*DATA}


def test_only_one_user_is_told(world: World) -> None:
    """ "true if people will be notified by email when users are created; false otherwise." """
    assert world.mails == ["cid@example.org"]
