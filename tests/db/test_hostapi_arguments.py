"""Every call of the host API against arbitrary JSON: a clean error or a clean reply, never a surprise."""

from __future__ import annotations

import json
import random
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.apps.store import AppCache, current_version
from engine.apps.veil import Veil
from engine.data import files, records
from engine.db.pool import Connection, Pool
from engine.errors import CODES, HeadraceError
from engine.hostapi.args import Args
from engine.hostapi.caller import Caller, Origin, Park, Reach
from engine.hostapi.table import CALLS, Continue, Effect, Outside, Read, Wait
from engine.jobs import store
from engine.jobs.queue import Claim
from engine.model import JobType, NewJob
from engine.net.request import Rules
from engine.schedule import store as schedules
from engine.schedule.given import new_plan

CRM = Path(__file__).parents[2] / "examples" / "crm"
OTHER = "01890000-0000-7000-8000-000000000000"
NASTY: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    1e308,
    2**63 - 1,
    -(2**63),
    "",
    " ",
    "x" * 70_000,
    "'; drop table headrace.jobs; --",
    "\ud7ff\U0010ffff\u200f\t\n",
    "../../etc/passwd",
    "id",
    "__class__",
    OTHER,
    OTHER.upper(),
    "2026-02-30",
    "0001-01-01T00:00:00Z",
    [],
    [None],
    [[]],
    [OTHER] * 3,
    [OTHER, 7],
    ["PENDING", "x"],
    {},
    {"": None},
    {"$date": 1},
    {"$date": 2**62},
    {"$date": "x"},
    {"$record": {}},
    {"id": {}},
    {"id": OTHER},
    {"id": [OTHER, 5]},
    {"size": 2**62},
    {"size": -1},
    {"size": 10},
    {"name": {"$gt": None}},
    {"name": ["x", {"y": 1}]},
    {"data": {"name": 5, "nope": 1}},
    {"data": [], "version": "x"},
    {"data": {"name": "x" * 5000}, "id": OTHER, "version": 2**62},
    {"force": 1},
    {"delay": 2**62, "queue": [], "uniqueKey": {}},
    {"timeout": 0, "maxAttempts": 1e9, "lowPriority": "yes"},
    {"status": ["x"], "createDate": {"$date": 2**62}},
    {"from": {"$date": -(2**62)}, "to": "later", "level": 5},
    {"method": "GET", "url": "http://\ud7ff\t[::1", "headers": {"a\n": 5}},
    {"method": "PUT", "url": "http://x/", "headers": {}, "bytes": "?", "timeout": -1},
    {"tag": "t", "name": "x", "eventType": "ACTION", "eventTag": "report", "start": {"$date": 2**62}},
    {"interval": 1e308, "timezone": "../../etc/passwd", "cron": "* * * * *"},
    {"params": [], "query": "x", "options": {"delay": 5}, "end": "0001-01-01T00:00:00Z"},
    {"a": {"b": {"c": [1, {"d": [2]}]}}},
]
PLAN = {"tag": "t", "name": "x", "eventType": "ACTION", "eventTag": "report", "interval": 60_000}
# What gets behind the first check, so that later arguments are looked at as well.
GOOD: dict[str, list[Any]] = {
    "jobs": ["JOB", {}, None, None, None],
    "jobs.wait": [["JOB"], ["FINISHED"], 1000],
    "jobs.executeInJob": [[1, 2], "default", 1],
    "jobs.log": [None, "INFO", "hello"],
    "jobs.progress": [5, "half"],
    "jobs.find": [{}, None],
    "jobs.count": [{}],
    "jobs.stop": ["JOB", {"force": True}],
    "jobs.continueAsNew": [{}],
    "data": ["companies", {}, None, None, None],
    "data.findById": ["companies", "RECORD"],
    "data.lock": ["companies", "RECORD", 1000],
    "data.tryLock": ["companies", "RECORD"],
    "data.unlock": ["companies", "RECORD"],
    "data.remove": ["companies", "RECORD"],
    "data.save": ["companies", {"data": {"name": "x"}}],
    "data.importRecords": ["companies", "FILE", {}],
    "data.executeAction": ["companies", {}, "logSomething", {}, {}],
    "data.executeGlobalAction": [None, "report", {}, {}],
    "events": ["scoreReached", {"n": 1}],
    "users.importUsers": ["FILE", {"notifyUsers": True}],
    "users.exportUsers": [{}],
    "app.start": [{"pushChanges": True}],
    "app.stop": [{"sleep": True}],
    "app.deployEndpoint": ["stats", {}],
    "app.undeployEndpoint": ["stats", {}],
    "schedules": ["nightly", {"executions": 5}],
    "schedules.create": [PLAN],
    "script": [5],
    "http": [{"method": "POST", "url": "http://example.org/", "headers": {"a": "b"}, "text": "x"}],
}


@dataclass(frozen=True, slots=True)
class Desk:
    """A connection and a caller to try calls with."""

    conn: Connection
    caller: Caller
    ids: Mapping[str, str]

    async def ask(self, method: str, values: list[Any]) -> object:
        """The reply or the error's code; whatever it did is undone."""
        where = f"{method} {json.dumps(values)[:300]}"
        save = self.conn.transaction()
        await save.start()
        try:
            reply = await self._serve(method, values)
        except HeadraceError as error:
            assert error.code != "systemException", f"{where}: {error.message}"
            json.dumps(error.to_json())
            return error.code
        except Exception as error:
            raise AssertionError(f"{where}: {type(error).__name__}: {error}") from error
        finally:
            await save.rollback()
        json.dumps(reply, allow_nan=False)
        return reply

    async def _serve(self, method: str, values: list[Any]) -> object:
        call = CALLS[method]
        args = Args(method, values, at_most=call.args)
        match call:
            case Effect(line=line) if line is not None and (own := line(self.caller, args)) is not None:
                return own.message
            case Read() | Effect() | Continue():
                return await call.serve(self.caller, self.conn, args)
            case Outside():
                call.shown(values)
                return await call.serve(self.caller, Reach(Rules((), (), 1000, 1000), Veil()), args)
            case Wait():
                opened = await call.open(self.caller, self.conn, args)
                return opened.to_json() if isinstance(opened, Park) else opened


@pytest.fixture(scope="module")
async def stage(shared_pool: Pool, delete_rows: str) -> AsyncIterator[tuple[Connection, UUID, dict[str, str]]]:
    """The example app, a job of it that calls, and nothing else: each call on it is undone."""
    await shared_pool.execute(delete_rows)
    async with shared_pool.acquire() as conn:
        await push(conn, load_folder(CRM))
        new = NewJob(app="crm", type=JobType.EXECUTE_SCRIPT, name="x.js", label="x", spec={})
        own, other = await store.create(conn, [new, new])
        companies = (await _caller(own, await current_version(conn, "crm")).manifest(conn)).entity("companies")
        record = await records.save(conn, "crm", companies, {"name": "x"})
        file = await files.get(conn, "crm", "data/companies.csv")
        await schedules.create(conn, await AppCache().get(conn, "crm"), new_plan({**PLAN, "tag": "nightly"}))
        yield conn, own, {"JOB": str(other), "RECORD": str(record.id), "FILE": str(file.id)}


@pytest.fixture
async def desk(stage: tuple[Connection, UUID, dict[str, str]]) -> Desk:
    """A caller who has called nothing yet."""
    conn, own, ids = stage
    return Desk(conn, _caller(own, await current_version(conn, "crm")), ids)


def _caller(job_id: UUID, version: int | None) -> Caller:
    now = time.time()
    claim = Claim(
        id=job_id,
        app="crm",
        queue="default",
        type=JobType.EXECUTE_SCRIPT,
        name="x.js",
        label="x",
        low_priority=False,
        attempt=1,
        failures=0,
        max_attempts=1,
        timeout_ms=None,
        app_version=version,
        parent_id=None,
        root_id=job_id,
        run_by=None,
        has_errors=False,
        created_s=now,
        started_s=now,
        spec={},
        checkpoint={},
    )
    origin = Origin({"path": "x.js"}, {}, "seed", 0)
    return Caller(claim, origin, AppCache(), round(now * 1000), 1)


def _good(method: str, ids: Mapping[str, str]) -> list[Any]:
    text = json.dumps(GOOD.get(method) or GOOD[method.partition(".")[0]])
    for name, id in ids.items():
        text = text.replace(f'"{name}"', f'"{id}"')
    values: list[Any] = json.loads(text)
    return values[: CALLS[method].args]


@pytest.mark.parametrize("method", CALLS)
async def test_no_argument_leads_to_a_surprise(desk: Desk, method: str) -> None:
    """Each argument in turn is everything that JSON can be; then all of them are at once."""
    good, count = _good(method, desk.ids), CALLS[method].args
    if method != "jobs.resume":  # a job that has not stopped cannot be resumed, whatever the arguments
        assert await desk.ask(method, good) not in CODES, "the good arguments do not get behind the first check"
    for index in range(count):
        for value in NASTY:
            await desk.ask(method, [*good[:index], value, *good[index + 1 :]])
    choose = random.Random(method)
    for _ in range(40):
        await desk.ask(method, [choose.choice(NASTY) for _ in range(choose.randint(0, count))])


@pytest.mark.parametrize("method", CALLS)
async def test_more_arguments_than_a_call_takes_are_refused(desk: Desk, method: str) -> None:
    """A call has as many arguments as the table says."""
    assert await desk.ask(method, [None] * (CALLS[method].args + 1)) == "badRequest"


async def test_no_argument_chooses_the_app(desk: Desk) -> None:
    """A job of another app does not exist for the caller, whichever call names it."""
    (foreign,) = await store.create(
        desk.conn, [NewJob(app="other", type=JobType.EXECUTE_SCRIPT, name="x.js", label="x", spec={})]
    )
    id = str(foreign)
    assert await desk.ask("jobs.findById", [id]) is None
    assert await desk.ask("jobs.count", [{"id": id}]) in (0, "badRequest")
    for method, values in {
        "jobs.logs": [id, {}, None],
        "jobs.countLogs": [id, {}],
        "jobs.results": [id],
        "jobs.log": [id, "INFO", "hello"],
        "jobs.wait": [[id], ["FINISHED"], 10],
        "jobs.setLowPriority": [id],
        "jobs.removeLowPriority": [id],
        "jobs.stop": [id, {}],
        "jobs.resume": [id],
        "jobs.cancel": [id],
    }.items():
        assert await desk.ask(method, values) == "notFound", method
