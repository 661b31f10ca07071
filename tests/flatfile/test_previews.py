"""`previewMutation`: a function is tried on records in the sandbox, and nothing is changed."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import pytest

from engine import app
from engine.db.pool import Pool
from engine.settings import Settings
from tests.flatfile.conftest import Node
from tests.web.conftest import SETTINGS, Api, Caller

UPPER = """function mutateRecord(record) {
  record.set("city", String(record.get("city")).toUpperCase());
  return record;
};"""


@pytest.fixture
async def place(api: Api, pool: Pool, dsn: str) -> AsyncIterator[str]:
    """Where an API is that waits long enough, with a worker behind it."""
    worker_settings = Settings(database_url=dsn, slots=2, poll_ms=50)
    settings = dataclasses.replace(SETTINGS, api_wait_ms=60_000)
    async with (
        app.open_worker(worker_settings, pool) as worker,
        app.open_check() as check,
        app.open_api(settings, pool, check) as server,
    ):
        running = [asyncio.create_task(worker.run()), asyncio.create_task(server.run())]
        yield server.url
        worker.stop()
        server.stop()
        await asyncio.gather(*running)


async def company(ann: Caller, name: str, city: str | None) -> str:
    """The id of a new company."""
    data = {"name": name, **({} if city is None else {"city": city})}
    return str((await ann("POST", "/apps/crm/records/companies", 201, json={"data": data}))["id"])


async def test_a_mutation_is_previewed(ann: Caller, node: Node, place: str) -> None:
    """The vendor's client gets the records that would change, each value before and after; the records stay."""
    first, same = await company(ann, "Ada, Inc. (A)", "Ulm"), await company(ann, "Bob", "ULM")
    node.environment["FLATFILE_API_URL"] = place
    seen = await node.run("previews.mjs", UPPER=UPPER, FIRST=first)
    (changed,) = seen["upper"]
    assert (changed["id"], changed["values"]["city"]) == (
        first, {"value": "ULM", "snapshotValue": "Ulm", "valid": True, "messages": []},
    )  # fmt: skip
    assert changed["values"]["name"]["value"] == changed["values"]["name"]["snapshotValue"] == "Ada, Inc. (A)"
    assert [[each["id"] for each in seen[name]] for name in ("some", "found", "others", "none")] == [
        [first], [first], [same], [],
    ]  # fmt: skip
    (wrong,) = seen["wrong"]
    assert (wrong["valid"], wrong["values"]["employees"]["valid"]) == (False, False)
    assert [message["type"] for message in wrong["values"]["employees"]["messages"]] == ["error"]
    assert [(message["type"], message["message"]) for message in wrong["values"]["city"]["messages"]] == [
        ("warn", "far")
    ]
    records = (await ann("GET", "/apps/crm/records/companies"))["items"]
    assert [(record["data"]["city"], record["version"]) for record in records] == [("Ulm", 1), ("ULM", 1)]
    for name, why in (
        ("syntax", "preview-mutation.js:2:1: SyntaxError"),
        ("throws", "no luck"),
        ("calls", "data.delete is not allowed here"),
        ("other", "it returned something else than the record"),
        ("value", "it is no function"),
    ):
        status, errors = seen[name]
        assert (status, errors[0]["key"]) == (400, "mutateRecord")
        assert why in errors[0]["message"], errors
    assert (await ann("GET", "/apps/crm/records/companies"))["items"] == records


async def test_what_cannot_be_previewed(ann: Caller) -> None:
    """What is not there, a query language that is not ours, and a preview that nobody does in time."""
    path, mutation = "/v1/jobs/preview-mutation", {"sheetId": "companies", "mutateRecord": UPPER}
    await ann("POST", path, 404, json={**mutation, "sheetId": "nothing"})
    for wrong, field in (
        ({"searchField": "nothing", "searchValue": "a"}, "searchField"),
        ({"searchValue": "a"}, "searchField"),
        ({"q": "city eq 'Ulm'"}, "q"),
        ({"ids": ["us_rc_1"]}, "ids.0"),
    ):
        refused = await ann("POST", path, 400, json={**mutation, **wrong})
        assert refused["additionalInfo"]["field"].endswith(field)
    late = await ann("POST", path, 408, json=mutation)
    job: dict[str, Any] = await ann("GET", f"/apps/crm/jobs/{late['additionalInfo']['jobId']}")
    assert (job["status"], job["name"]) == ("CANCELED", "preview-mutation.js")
    await ann("GET", path, 405)
