"""The doors of Freshworks' client.job over HTTP: shapes and limits, in Python and in Node; installation parameters."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from engine import app
from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.data import users
from engine.data.users import User
from engine.errors import BadRequest, NotFound, TooManyRequests, Unauthorized
from engine.jobs import store
from engine.sdk.freshworks import Freshworks
from tests.node import run_node
from tests.web.conftest import SETTINGS, Api, Caller, no_check

MISSING = "0193a5b0-7c1e-7d3a-9a1b-2c3d4e5f6071"
# A name of its own: the API keeps versions of apps that it has read, and those of other tests' apps are other ones.
APP = "freshdesk"
MANIFEST = {"modules": {"common": {"jobs": {"sample_job": {}, "longRunningTask": {}, "syncGitHubUser": {}}}}}
# The seed's samples of app.js, each with its way to look at what came of it.
NODE = """
import { page } from "./page.mjs";
const { connect, JobError } = (await page(process.env.URL + "/freshworks/client.js")).exported;
const client = connect({ token: process.env.TOKEN });
const seen = [];
await client.job.invoke("sample_job", "some_tag", {
  ticketId: 12345
}).then(function(jobId) {
  seen.push(jobId);
});
seen.push(await client.job.invoke("longRunningTask", {
  ticket_id: 1
}));
await client.jobs.invoke("syncGitHubUser", "github_tag", {})
    .then(response => seen.push(response))
    .catch(error => console.error("Sync Failed:", error));
seen.push(await client.job.get(seen[0]));
await client.job.get("jobId12345")
  .then(response => seen.push(response))
  .catch(error => seen.push([error instanceof JobError, error.status, error.code]));
console.log(JSON.stringify(seen));
"""


@pytest.fixture
async def desk(api: Api, tmp_path: Path) -> Api:
    """An app of that vendor, with user ann."""
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    (tmp_path / "server.js").write_text("exports = {};")
    async with api.pool.acquire() as conn:
        await push(conn, load_folder(tmp_path, name=APP))
        await users.save(conn, APP, User("ann", "Ann Smith"))
    return api


async def specs(desk: Api, ids: list[str]) -> list[Any]:
    """Name, tag and payload of jobs."""
    async with desk.pool.acquire() as conn:
        jobs = [await store.get(conn, APP, UUID(id)) for id in ids]
    return [(job.spec["actionName"], job.spec.get("tag"), job.spec["params"], job.queue) for job in jobs]


async def test_the_samples_in_node(desk: Api, address: str, tmp_path: Path) -> None:
    """The file that the API serves does what the seed's app.js asks of `client`."""
    *ids, job, refused = await run_node(NODE, tmp_path, URL=address, TOKEN=await desk.token(app=APP))
    assert await specs(desk, ids) == [
        ("sample_job", "some_tag", {"ticketId": 12345}, "freshworks"),
        ("longRunningTask", None, {"ticket_id": 1}, "freshworks"),
        ("syncGitHubUser", "github_tag", {}, "freshworks"),
    ]
    assert job == {
        "id": ids[0],
        "name": "sample_job",
        "tag": "some_tag",
        "start_time": None,
        "status": "in-progress",
        "status_message": None,
    }
    assert refused == [True, 400, "badRequest"]


async def test_the_same_in_python(desk: Api, address: str) -> None:
    """Both forms of invoke, get, and our errors."""
    async with Freshworks(address, await desk.token(app=APP)) as client:
        assert client.jobs is client.job
        ids = [
            await client.job.invoke("sample_job", "some_tag", {"ticketId": 12345}),
            await client.job.invoke("longRunningTask", {"ticket_id": 1}),
            await client.job.invoke("syncGitHubUser"),
        ]
        assert [each[:3] for each in await specs(desk, ids)] == [
            ("sample_job", "some_tag", {"ticketId": 12345}),
            ("longRunningTask", None, {"ticket_id": 1}),
            ("syncGitHubUser", None, {}),
        ]
        assert (await client.job.get(ids[0]))["status"] == "in-progress"
        with pytest.raises(NotFound):
            await client.job.get(MISSING)
        with pytest.raises(BadRequest, match="'nothing' is not allowed; expected an action of freshdesk"):
            await client.job.invoke("nothing", {})
    async with Freshworks(address, "wrong") as client:
        with pytest.raises(Unauthorized):
            await client.job.get(MISSING)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": 5},
        {"name": ""},
        {"name": "sample_job", "payload": []},
        {"name": "sample_job", "tag": 5},
        {"name": "sample_job", "tag": "x" * 501},
        {"name": "sample_job", "more": 1},
    ],
)
async def test_a_wrong_call_makes_no_job(desk: Api, body: Any) -> None:
    """The field is named, and there is nothing to run."""
    ann = await desk.as_(app=APP)
    await ann("POST", "/freshworks/jobs", 400, json=body)
    assert await desk.pool.fetch("select 1 from headrace.jobs_live") == []


async def test_a_job_of_another_app_is_not_there(desk: Api) -> None:
    """An id of somebody else's job answers as if there were none."""
    ann, foreign = await desk.as_(app=APP), await desk.job(app="other")
    await ann("GET", f"/freshworks/jobs/{foreign}", 404)


async def test_fifty_requests_a_minute(desk: Api) -> None:
    """The doors have a limit of their own for each app, over all API processes; the rest of the API does not count."""
    settings = dataclasses.replace(SETTINGS, freshworks_requests_per_minute=3)
    token = await desk.token(app=APP)
    async with app.open_api(settings, desk.pool, no_check) as one, app.open_api(settings, desk.pool, no_check) as two:
        serving = [asyncio.create_task(server.run()) for server in (one, two)]
        async with Freshworks(one.url, token) as first, Freshworks(two.url, token) as second:
            for client in (first, second, first):
                job_id = await client.job.invoke("sample_job", {})
            await desk.pool.execute("update headrace.request_buckets set level = 0, at = clock_timestamp()")
            for client in (second, first):
                with pytest.raises(TooManyRequests, match="app freshdesk may send 3 requests a minute"):
                    await client.job.get(job_id)
        async with httpx.AsyncClient(base_url=one.url) as http:
            await Caller(http, token)("GET", f"/apps/{APP}/jobs/{job_id}")
        one.stop()
        two.stop()
        await asyncio.gather(*serving)


async def test_parameters_are_set_and_never_shown(desk: Api) -> None:
    """Their names are told to admins; what is wrong with them is said without them."""
    admin, reader = await desk.as_(app=APP), await desk.as_("read", "run", app=APP)
    path, names = f"/apps/{APP}/iparams", {"names": ["api_key", "domain"]}
    assert await admin("PUT", path, json={"domain": "acme", "api_key": "hidden"}) == names
    assert await admin("GET", path) == names
    await reader("GET", path, 403)
    stored = await desk.pool.fetch("select sealed, changed_by from headrace.app_iparams")
    assert [row["changed_by"] for row in stored] == ["ann"] and b"hidden" not in stored[0]["sealed"]
    refused = await admin("PUT", path, 400, json=["hidden"])
    assert "hidden" not in json.dumps(refused)
    await admin("DELETE", path, 204)
    assert await admin("GET", path) == {"names": []}
    await admin("DELETE", path, 404)


@pytest.fixture
async def keyless(desk: Api) -> AsyncIterator[Caller]:
    """An admin of an API whose operator forgot the setting."""
    async with app.open_api(dataclasses.replace(SETTINGS, vault_keys=None), desk.pool, no_check) as server:
        serving = asyncio.create_task(server.run())
        async with httpx.AsyncClient(base_url=server.url) as http:
            yield Caller(http, await desk.token(app=APP))
        server.stop()
        await serving


async def test_without_a_key_nothing_is_stored(desk: Api, keyless: Caller) -> None:
    """The error names the setting, and no value."""
    refused = await keyless("PUT", f"/apps/{APP}/iparams", 400, json={"api_key": "hidden"})
    assert refused["message"].startswith("setting vault_keys is missing")
    assert "hidden" not in json.dumps(refused)
    assert await desk.pool.fetch("select 1 from headrace.app_iparams") == []
