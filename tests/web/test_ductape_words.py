"""Ductape's words (seed 004) and ours for the same schedule, there and back, through every step of its states."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.apps.push import push
from engine.apps.store import AppCache
from engine.data import users
from engine.data.users import User
from engine.metrics import Metrics
from engine.schedule.scheduler import Scheduler
from engine.sdk.ductape import JobEventTypes
from tests.product import TYPES, product
from tests.web.conftest import Api, Caller

THEIRS, OURS = "/ductape/jobs", "/apps/product/schedules"
DETAILS = {"name": "Example Job", "event_type": "FUNCTION", "event_tag": "action_tag", "intervals": 60_000}
JOBS = """
    select job.type from headrace.schedules one join headrace.schedule_runs run on run.schedule_id = one.id
    join headrace.jobs job on job.id = run.job_id where one.app = 'product' and one.tag = $1
"""
# Each field of the seed, and ours.
FIELDS = {
    "name": "name",
    "tag": "tag",
    "event_type": "eventType",
    "event_tag": "eventTag",
    "executions": "executions",
    "intervals": "interval",
    "state": "state",
    "executed": "executed",
    "next_run": "nextRun",
}


@pytest.fixture
async def pat(api: Api, tmp_path: Path) -> Caller:
    """Pat, who may do everything in an app with an event of each type."""
    async with api.pool.transaction() as conn:
        await push(conn, product(tmp_path))
        await users.save(conn, "product", User("pat", "Pat", None))
    return await api.as_(user="pat", app="product")


@dataclass
class Expected:
    """What a schedule should be after some steps. `executions` 0 is without end."""

    executions: int = 2
    executed: int = 0
    paused: bool = False

    @property
    def state(self) -> str:
        if self.paused:
            return "paused"
        return "ended" if 0 < self.executions <= self.executed else "active"


@dataclass(frozen=True, slots=True)
class Walk:
    """Takes a schedule through its states by both doors."""

    api: Api
    pat: Caller
    tag: str
    kind: JobEventTypes
    expected: Expected

    async def run(self) -> None:
        """Its next time comes, if it has one."""
        due = "next_at = clock_timestamp(), look_at = clock_timestamp()"
        await self.api.pool.execute(
            f"update headrace.schedules set {due} where tag = $1 and next_at is not null", self.tag
        )
        await Scheduler(self.api.pool, AppCache(), Metrics().schedules, keep_days=30).make()
        self.expected.executed += self.expected.state == "active"

    async def pause(self) -> None:
        await self.pat("POST", f"{OURS}/{self.tag}/pause")
        self.expected.paused = True

    async def resume(self) -> None:
        await self.pat("POST", f"{OURS}/{self.tag}/resume")
        self.expected.paused = False

    async def once(self) -> None:
        await self._executions(1)

    async def unlimited(self) -> None:
        await self._executions(0)

    async def _executions(self, number: int) -> None:
        await self.pat("PATCH", f"{THEIRS}/{self.tag}", json={"executions": number})
        self.expected.executions = number

    async def check(self) -> None:
        """Both doors show what is expected, field for field."""
        theirs = await self.pat("GET", f"{THEIRS}/{self.tag}")
        same_in_both(theirs, await self.pat("GET", f"{OURS}/{self.tag}"))
        want = self.expected
        found = (theirs["state"], theirs["executed"], theirs["executions"])
        assert found == (want.state, want.executed, want.executions)
        assert (theirs["next_run"] is not None) == (want.state == "active")
        rows = await self.api.pool.fetch(JOBS, self.tag)
        assert [row["type"] for row in rows] == [TYPES[self.kind][1]] * want.executed


def same_in_both(theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    """Every field of theirs is ours by the table."""
    assert {FIELDS[name]: value for name, value in theirs.items()} == {name: ours[name] for name in FIELDS.values()}


EVENTS = {"run": Walk.run, "pause": Walk.pause, "resume": Walk.resume, "once": Walk.once, "unlimited": Walk.unlimited}


# A way into each state; a paused schedule may have ended, or be without end.
WAYS: Mapping[str, tuple[str, ...]] = {
    "active": (),
    "active without end": ("unlimited",),
    "paused": ("run", "pause"),
    "paused without end": ("unlimited", "pause"),
    "ended": ("once", "run"),
    "paused at its end": ("once", "run", "pause"),
}


async def test_every_step_from_every_state(api: Api, ann: Caller, pat: Caller) -> None:
    """A run, pause, resume and new numbers of executions; 0 never ends, and a raised number lets it go on.

    The types stand in a Latin square: each goes every way, and takes every step.
    """
    reached, kinds = set(), tuple(TYPES)
    for (row, way), (column, event) in itertools.product(enumerate(WAYS.values()), enumerate(EVENTS)):
        kind = kinds[(row + column) % len(kinds)]
        walk = Walk(api, pat, f"walk{row}{column}", kind, Expected())
        named = {"tag": walk.tag, "event_type": kind, "event_tag": TYPES[kind][0]}
        await pat("POST", THEIRS, 201, json={**DETAILS, **named, "executions": walk.expected.executions})
        for steps in (way, (event,)):
            for step in steps:
                await EVENTS[step](walk)
            await walk.check()
            reached.add((kind, walk.expected.state))
    assert reached == set(itertools.product(kinds, ("active", "paused", "ended")))


@pytest.mark.parametrize("kind", JobEventTypes)
async def test_every_type_there_and_back(pat: Caller, kind: JobEventTypes) -> None:
    """A type of theirs is the same word in ours; an event that the app has not is refused by our name of the field."""
    event, _ = TYPES[kind]
    wrong = {**DETAILS, "tag": "t", "event_type": kind, "event_tag": "no/thing", "executions": 0}
    refused = await pat("POST", THEIRS, 400, json=wrong)
    assert (refused["additionalInfo"]["field"], refused["additionalInfo"]["value"]) == ("eventTag", "'no/thing'")
    assert await pat("GET", THEIRS) == []
    made = await pat("POST", THEIRS, 201, json={**wrong, "event_tag": event})
    same_in_both(made, await pat("GET", f"{OURS}/t"))
    await pat("DELETE", f"{OURS}/t", 204)
    plan = {"tag": "t", "name": "Ours", "eventType": kind, "eventTag": event, "interval": 60_000}
    ours = await pat("POST", OURS, 201, json=plan)
    same_in_both(await pat("GET", f"{THEIRS}/t"), ours)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("executions", -1),
        ("executions", 1.5),
        ("executions", "5"),
        ("intervals", 99),
        ("intervals", 0),
        ("intervals", "1m"),
        ("event_type", "LISTENER"),
        ("event_type", "action"),
        ("tag", "two words"),
        ("state", "paused"),
    ],
)
async def test_a_word_that_is_none_is_refused(ann: Caller, field: str, value: object) -> None:
    """By its name, and there is no job then."""
    refused = await ann("POST", THEIRS, 400, json={**DETAILS, "tag": "t", "executions": 5, field: value})
    assert field in refused["message"]
    assert await ann("GET", THEIRS) == []


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        *((name, None, "null") for name in ("name", "event_type", "event_tag", "executions", "intervals")),
        ("name", "", "''"),
        ("executions", "10", "'10'"),
        ("intervals", 99, "99"),
        ("interval", 60_000, "60000"),
        ("cron", None, "null"),
        ("tag", None, "null"),
        ("tag", "other", "'other'"),
    ],
)
async def test_an_update_ignores_nothing(ann: Caller, field: str, value: object, shown: str) -> None:
    """A null, a field that is none and a value that is none are refused by name; nothing of the update holds then."""
    made = await ann("POST", THEIRS, 201, json={**DETAILS, "tag": "t", "executions": 5})
    refused = await ann("PATCH", f"{THEIRS}/t", 400, json={"executions": 9, "name": "Changed", field: value})
    info = refused["additionalInfo"]
    assert (info["field"], info["value"]) == (field, shown)
    assert info["allowed"]
    assert await ann("GET", f"{THEIRS}/t") == made
