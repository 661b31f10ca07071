"""Ductape's words (seed 004) and ours for the same schedule, there and back, through every step of its states."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from engine.apps.store import AppCache
from engine.metrics import Metrics
from engine.schedule.scheduler import Scheduler
from engine.sdk.ductape import JobEventTypes
from tests.web.conftest import Api, Caller

THEIRS, OURS = "/ductape/jobs", "/apps/crm/schedules"
DETAILS = {"name": "Example Job", "event_type": "FUNCTION", "event_tag": "action_tag", "intervals": 60_000}
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
    ann: Caller
    tag: str
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
        await self.ann("POST", f"{OURS}/{self.tag}/pause")
        self.expected.paused = True

    async def resume(self) -> None:
        await self.ann("POST", f"{OURS}/{self.tag}/resume")
        self.expected.paused = False

    async def once(self) -> None:
        await self._executions(1)

    async def unlimited(self) -> None:
        await self._executions(0)

    async def _executions(self, number: int) -> None:
        await self.ann("PATCH", f"{THEIRS}/{self.tag}", json={"executions": number})
        self.expected.executions = number

    async def check(self) -> None:
        """Both doors show what is expected, field for field."""
        theirs = await self.ann("GET", f"{THEIRS}/{self.tag}")
        same_in_both(theirs, await self.ann("GET", f"{OURS}/{self.tag}"))
        want = self.expected
        found = (theirs["state"], theirs["executed"], theirs["executions"])
        assert found == (want.state, want.executed, want.executions)
        assert (theirs["next_run"] is not None) == (want.state == "active")


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


async def test_every_step_from_every_state(api: Api, ann: Caller) -> None:
    """A run, pause, resume and new numbers of executions; 0 never ends, and a raised number lets it go on."""
    reached = set()
    for number, (way, event) in enumerate(itertools.product(WAYS.values(), EVENTS)):
        walk = Walk(api, ann, f"walk{number}", Expected())
        await ann("POST", THEIRS, 201, json={**DETAILS, "tag": walk.tag, "executions": walk.expected.executions})
        for step in (*way, event):
            await EVENTS[step](walk)
        await walk.check()
        reached.add(walk.expected.state)
    assert reached == {"active", "paused", "ended"}


@pytest.mark.parametrize("kind", JobEventTypes)
async def test_every_type_there_and_back(api: Api, ann: Caller, kind: JobEventTypes) -> None:
    """A type of theirs is the same word in ours; an event that the app has not is refused by our name of the field."""
    if kind is not JobEventTypes.FUNCTION:
        wrong = {**DETAILS, "tag": "t", "event_type": kind, "event_tag": "nothing", "executions": 0}
        refused = await ann("POST", THEIRS, 400, json=wrong)
        assert (refused["additionalInfo"]["field"], refused["additionalInfo"]["value"]) == ("eventTag", "'nothing'")
        assert await ann("GET", THEIRS) == []
        return
    made = await ann("POST", THEIRS, 201, json={**DETAILS, "tag": "t", "event_type": kind, "executions": 0})
    same_in_both(made, await ann("GET", f"{OURS}/t"))


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
async def test_a_word_that_is_none_is_refused(api: Api, ann: Caller, field: str, value: object) -> None:
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
async def test_an_update_ignores_nothing(api: Api, ann: Caller, field: str, value: object, shown: str) -> None:
    """A null, a field that is none and a value that is none are refused by name; nothing of the update holds then."""
    made = await ann("POST", THEIRS, 201, json={**DETAILS, "tag": "t", "executions": 5})
    refused = await ann("PATCH", f"{THEIRS}/t", 400, json={"executions": 9, "name": "Changed", field: value})
    info = refused["additionalInfo"]
    assert (info["field"], info["value"]) == (field, shown)
    assert info["allowed"]
    assert await ann("GET", f"{THEIRS}/t") == made
