"""Schedules over HTTP, in our words and in Ductape's (seed 004)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from engine.apps.store import AppCache
from engine.errors import BadRequest
from engine.metrics import Metrics
from engine.schedule import store
from engine.schedule.given import new_plan, plan_changes
from engine.schedule.scheduler import Scheduler
from tests.web.conftest import Api, Caller

PATH = "/apps/crm/schedules"
NIGHTLY = {"tag": "nightly", "name": "Nightly", "eventType": "FUNCTION", "eventTag": "report", "cron": "0 3 * * *"}
# The sample of seed 004; its action is one of the example app.
EXAMPLE = {
    "name": "Example Job",
    "tag": "example_job",
    "event_type": "FUNCTION",
    "event_tag": "action_tag",
    "executions": 5,
    "intervals": 60_000,
}


async def test_a_schedule_lives_over_http(api: Api, ann: Caller) -> None:
    """Created, found, changed, paused, resumed and removed; each answer shows it as it is then."""
    made = await ann("POST", PATH, 201, json={**NIGHTLY, "timezone": "Europe/Berlin", "params": {"n": 1}})
    assert (made["state"], made["runBy"], made["executed"], made["missed"]) == ("active", "ann", 0, "once")
    assert made["nextRun"].endswith(("T01:00:00.000Z", "T02:00:00.000Z"))
    assert await ann("GET", f"{PATH}/nightly") == made
    changed = await ann("PATCH", f"{PATH}/nightly", json={"interval": 120_000, "name": "Often"})
    assert (changed["cron"], changed["interval"], changed["name"], changed["params"]) == (
        None,
        120_000,
        "Often",
        {"n": 1},
    )
    paused = await ann("POST", f"{PATH}/nightly/pause")
    assert (paused["state"], paused["nextRun"]) == ("paused", None)
    assert (await ann("POST", f"{PATH}/nightly/resume"))["state"] == "active"
    await ann("DELETE", f"{PATH}/nightly", 204)
    await ann("GET", f"{PATH}/nightly", 404)


async def test_pages_of_schedules_and_runs(api: Api, ann: Caller) -> None:
    """Cursors lead through both lists; a run leads to its job."""
    for tag in "abc":
        await ann("POST", PATH, 201, json={**NIGHTLY, "tag": tag, "missed": "all"})
    first = await ann("GET", PATH, params={"_size": 2})
    second = await ann("GET", PATH, params={"_size": 2, "_cursor": first["next"]})
    assert [item["tag"] for item in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["next"] is None
    late = "next_at = next_at - interval '3 days', look_at = look_at - interval '3 days'"
    await api.pool.execute(f"update headrace.schedules set {late} where tag = 'a'")
    await Scheduler(api.pool, AppCache(), Metrics().schedules, keep_days=30).make()
    newest = await ann("GET", f"{PATH}/a/runs", params={"_size": 2})
    oldest = await ann("GET", f"{PATH}/a/runs", params={"_size": 2, "_cursor": newest["next"]})
    runs = newest["items"] + oldest["items"]
    assert [run["outcome"] for run in runs] == ["made"] * 3
    assert sorted((run["dueDate"] for run in runs), reverse=True) == [run["dueDate"] for run in runs]
    assert (await ann("GET", f"/apps/crm/jobs/{runs[0]['jobId']}"))["name"] == "report"


async def test_only_its_maker_and_administrators_change_a_schedule(api: Api, ann: Caller) -> None:
    """Its runs are its maker's jobs, so nobody else may say what they do."""
    await ann("POST", PATH, 201, json=NIGHTLY)
    bob = await api.as_("read", "run", "manage", user="bob")
    for method, path, body in (
        ("PATCH", f"{PATH}/nightly", {"eventTag": "other"}),
        ("POST", f"{PATH}/nightly/pause", None),
        ("DELETE", f"{PATH}/nightly", None),
        ("PATCH", "/ductape/jobs/nightly", {"event_tag": "other"}),
    ):
        await bob(method, path, 403, json=body)
    await (await api.as_("admin", user="bob"))("POST", f"{PATH}/nightly/pause")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"interval": 5}, "interval"),
        ({"interval": 60_000}, "interval"),
        ({"cron": "every day"}, "cron"),
        ({"timezone": "Mars"}, "timezone"),
        ({"eventType": "NOTHING"}, "eventType"),
        ({"eventTag": "no.js"}, "eventTag"),
        ({"tag": "app.x"}, "tag"),
        ({"start": "tomorrow"}, "start"),
        ({"options": {"delay": 5}}, "options.delay"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
async def test_a_bad_schedule_names_its_field(api: Api, ann: Caller, change: dict[str, Any], field: str) -> None:
    """400 with field, value and what is allowed; nothing is kept."""
    problem = await ann("POST", PATH, 400, json={**NIGHTLY, **change})
    assert field in str(problem)
    assert (await ann("GET", PATH))["items"] == []


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ({"end": None}, {"end": None}),
        ({"start": None}, {"start": None}),
        ({"jitter": None}, {"jitter": 0}),
        ({"options": None}, {"options": {}}),
        ({"interval": None}, {"cron": "0 3 * * *"}),
        ({"cron": None, "interval": 60_000}, {"cron": None, "interval": 60_000}),
    ],
)
async def test_null_takes_away(api: Api, ann: Caller, change: dict[str, Any], after: dict[str, Any]) -> None:
    """What a schedule can be without: its bounds, jitter and options, and one of cron and interval."""
    bounds = {
        "start": "2026-01-01T00:00:00.000Z",
        "end": "2100-01-01T00:00:00.000Z",
        "jitter": 1000,
        "options": {"maxAttempts": 2},
    }
    await ann("POST", PATH, 201, json={**NIGHTLY, **bounds})
    changed = await ann("PATCH", f"{PATH}/nightly", json=change)
    assert {name: changed[name] for name in after} == after


@pytest.mark.parametrize(
    "field",
    (
        *("name", "eventType", "eventTag", "params", "query", "timezone", "executions", "missed"),
        *("missedAfter", "overlap", "cron", "tag"),
    ),
)
async def test_null_is_refused_by_name(api: Api, ann: Caller, field: str) -> None:
    """Where a schedule cannot be without it; nothing of the change holds."""
    made = await ann("POST", PATH, 201, json=NIGHTLY)
    refused = await ann("PATCH", f"{PATH}/nightly", 400, json={"jitter": 5, field: None})
    assert (refused["additionalInfo"]["field"], refused["additionalInfo"]["value"]) == (field, "null")
    assert await ann("GET", f"{PATH}/nightly") == made


BAD = [
    *({name: None} for name in ("tag", "name", "eventType", "eventTag", "params", "query", "timezone", "executions")),
    *({name: None} for name in ("missed", "missedAfter", "overlap", "cron", "nonsense")),
    *({name: 5} for name in ("tag", "name", "eventType", "eventTag", "params", "query", "options", "cron", "timezone")),
    *({name: "x"} for name in ("interval", "executions", "start", "end", "jitter", "missed", "missedAfter", "overlap")),
    *({name: -1} for name in ("interval", "executions", "jitter", "missedAfter")),
    *({name: True} for name in ("interval", "executions", "nonsense")),
    {"eventType": "LISTENER"},
    {"name": "x" * 201},
    {"cron": "x" * 201},
    {"cron": "* * *"},
    {"tag": "app.x"},
    {"start": "2026-11-25T09:30"},
    {"end": "2300-01-01T00:00:00Z"},
    {"start": "2030-01-01T00:00:00Z", "end": "2029-01-01T00:00:00Z"},
    {"cron": None, "interval": 1000, "jitter": 1000},
    {"interval": 60_000, "cron": "* * * * *"},
    {"options": {"uniqueKey": "x"}},
]


@pytest.mark.parametrize("bad", BAD, ids=str)
async def test_scripts_and_http_refuse_alike(api: Api, ann: Caller, bad: dict[str, Any]) -> None:
    """What is refused over HTTP is refused in scripts, for the same field and value, when made and when changed."""
    async with api.pool.acquire() as conn:
        crm = await AppCache().get(conn, "crm")
        made = await store.create(conn, crm, new_plan({**NIGHTLY, "tag": "there"}), run_by="ann")

        async def refused(path: str, method: str, given: dict[str, Any], work: Any) -> None:
            info = (await ann(method, path, 400, json=given))["additionalInfo"]
            with pytest.raises(BadRequest) as error:
                await work()
            assert {name: error.value.additional_info[name] for name in ("field", "value")} == {
                name: info[name] for name in ("field", "value")
            }

        new = {**NIGHTLY, **bad}
        await refused(PATH, "POST", new, lambda: store.create(conn, crm, new_plan(new)))
        await refused(f"{PATH}/there", "PATCH", bad, lambda: store.update(conn, crm, "there", plan_changes(bad)))
        assert await store.fetch_page(conn, "crm", limit=9) == [made]


async def test_the_samples_of_seed_004_over_http(api: Api, ann: Caller) -> None:
    """create, update, fetchAll and fetch with the seed's names; the same schedule is seen in our words."""
    made = await ann("POST", "/ductape/jobs", 201, json=EXAMPLE)
    assert {key: made[key] for key in EXAMPLE} == EXAMPLE
    assert (made["state"], made["executed"]) == ("active", 0)
    changed = await ann(
        "PATCH",
        "/ductape/jobs/example_job",
        json={"name": "Updated Job Name", "executions": 10, "intervals": 120_000},
    )
    assert (changed["name"], changed["executions"], changed["intervals"]) == ("Updated Job Name", 10, 120_000)
    assert await ann("GET", "/ductape/jobs") == [changed]
    assert await ann("GET", "/ductape/jobs/example_job") == changed
    ours = await ann("GET", f"{PATH}/example_job")
    assert (ours["interval"], ours["executions"]) == (120_000, 10)
    await ann("PATCH", "/ductape/jobs/example_job", 400, json={"tag": "other"})
    await ann("GET", "/ductape/jobs/nothing", 404)


async def test_the_document_refers_to_nothing_that_is_not_there(api: Api) -> None:
    """Each reference of the OpenAPI document leads to one of its schemas, for PATCH as for every method."""
    text = (await api.http.get("/openapi.json")).text
    schemas = json.loads(text)["components"]["schemas"]
    assert set(re.findall(r'"#/components/schemas/(\w+)"', text)) - set(schemas) == set()
