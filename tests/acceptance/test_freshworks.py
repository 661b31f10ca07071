"""The samples of seed 000: pushed as apps of that vendor, started and watched through `client.job`, run by a worker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.fernet import Fernet

from engine import app
from engine.apps.folder import load_folder
from engine.apps.iparams import set_iparams
from engine.apps.push import push
from engine.data import tokens, users
from engine.data.users import User
from engine.db.pool import Pool
from engine.errors import BadRequest, NotFound
from engine.executors.check import checker
from engine.executors.replay import Step, rerun
from engine.jobs import commands, logs, store
from engine.model import Job, Scope, Status
from engine.sdk.freshworks import Freshworks
from engine.settings import Settings
from engine.vault import Vault
from tests.webserver import WebServer, open_web_server

KEY = Fernet.generate_key().decode()
SECRET = 'S3cret"key/42'
SAMPLE = '{"platform-version": "3.0", "modules": {"common": {"jobs": {"sample_job": {}}}}}'
# Below, what the seed's samples call but do not show stands before them.
SAMPLE_JS = """
exports.sample_job = async function(args) {
  await $job.updateStatusMessage("Started processing...");
  // Business logic here
  await $job.updateStatusMessage("Done!");
};
"""
SYNC = """{
  "platform-version": "3.0",
  "common": {
    "jobs": {
      "syncGitHubUser": {
        "timeout": 15
      }
    }
  }
}"""
SYNC_JS = """
const calls = require("../lib/calls");
const getGitHubUserData = () => calls.get();
const createFreshserviceRequester = () => calls.create();
exports = {
  syncGitHubUser: async function (args) {
    try {
      const githubUser = await getGitHubUserData();
      console.log("GitHub User Data:", githubUser.response);

      await createFreshserviceRequester();
      renderData(null, { message: "GitHub user synced successfully." });
    } catch (error) {
      console.error("Error syncing GitHub user:", error);
      renderData(error, null);
    }
  }
};
"""
AXIOS_JS = """import axios from "axios";

exports = {
  longRunningTask: async function(payload) {
    let response = await axios.get(payload.url);
    await $job.updateStatusMessage("Data fetched");
    if (payload.hold) sys.utils.script.wait(600000);
    return response.data;
  }
};
"""
DOWNLOAD_JS = """
const downloadFile = async (url) => console.info("from", url);
const processData = async () => {};
exports = {
  longRunningTask: async function(payload) {
    await $job.updateStatusMessage("Downloading file...");
    await downloadFile(payload.url);
    await $job.updateStatusMessage("Processing data...");
    await processData();
  }
};
"""


@dataclass(frozen=True, slots=True)
class Vendor:
    """A platform with a worker and an API, where apps are pushed as folders and used as `client`."""

    pool: Pool
    url: str
    folder: Path
    server: WebServer
    settings: Settings

    async def push(self, manifest: str | Mapping[str, Any], scripts: Mapping[str, str], name: str = "desk") -> None:
        """The app's next version, from this manifest.json and these scripts."""
        folder = self.folder / name
        for path, text in {"manifest.json": manifest, **scripts}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text if isinstance(text, str) else json.dumps(text))
        async with app.open_scripts(Settings()) as sandbox, self.pool.acquire() as conn:
            await push(conn, load_folder(folder), check=checker(sandbox))
            await users.save(conn, name, User("ann", "Ann", None))

    async def iparams(self, values: Mapping[str, Any], name: str = "desk") -> None:
        """What the app is installed with."""
        async with self.pool.acquire() as conn:
            await set_iparams(conn, Vault(KEY), name, values)

    async def client(self, name: str = "desk") -> Freshworks:
        """A client of the app."""
        async with self.pool.acquire() as conn:
            token = await tokens.issue(conn, name, "ann", name="t", scopes=list(Scope))
        return Freshworks(self.url, token.secret)

    async def ended(self, client: Freshworks, job_id: str) -> dict[str, Any]:
        """The job once it is no longer in progress."""
        async with asyncio.timeout(120):
            while (job := await client.job.get(job_id))["status"] == "in-progress":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return job

    async def run(self, name: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The job of this name, once it has ended."""
        async with await self.client() as client:
            return await self.ended(client, await client.job.invoke(name, payload))

    async def left(self, job: Mapping[str, Any]) -> Any:
        """What the job left."""
        async with self.pool.acquire() as conn:
            return await store.results(conn, "desk", job["id"])

    async def log(self, job: Mapping[str, Any]) -> list[str]:
        """The job's log, with its levels."""
        async with self.pool.acquire() as conn:
            return [f"{line.level} {line.message}" for line in await logs.newer(conn, UUID(job["id"]), 0)]

    async def job(self, job_id: str) -> Job:
        """The job as we see it."""
        async with self.pool.acquire() as conn:
            return await store.get(conn, "desk", job_id)

    async def jobs(self) -> list[Any]:
        """All jobs that there are, as rows."""
        return await self.pool.fetch("select id, timeout_ms from headrace.jobs")


@pytest.fixture
async def vendor(fresh_database: str, tmp_path: Path) -> AsyncIterator[Vendor]:
    """A platform with one worker, whose apps may reach one server of this machine."""
    async with open_web_server() as server:
        settings = Settings(
            database_url=fresh_database,
            slots=2,
            poll_ms=100,
            api_port=0,
            vault_keys=KEY,
            http_private_hosts=server.host,
            freshworks_requests_per_minute=1_000_000,
            api_requests_per_minute=1_000_000,
        )
        async with (
            app.open_database(settings) as database,
            app.open_worker(settings, database.pool) as worker,
            app.open_api(settings, database.pool, _no_check) as api,
        ):
            parts = [asyncio.create_task(part) for part in (api.run(), worker.run())]
            yield Vendor(database.pool, api.url, tmp_path, server, settings)
            api.stop()
            worker.stop()
            await asyncio.gather(*parts)


async def _no_check(language: str, path: str, source: str) -> str | None:
    return None


async def test_the_samples_of_the_seed_run(vendor: Vendor) -> None:
    """Each server.js of the seed, started as its app.js starts it, ends with success, messages and log of its own."""
    await vendor.push(SAMPLE, {"server.js": SAMPLE_JS})
    async with await vendor.client() as client:
        job_id = await client.job.invoke("sample_job", "some_tag", {"ticketId": 12345})
        job = await vendor.ended(client, job_id)
        assert (job["id"], job["name"], job["tag"], job["status"]) == (job_id, "sample_job", "some_tag", "success")
        assert job["status_message"] == "Job completed successfully"
        assert job["start_time"] <= job["end_time"]
    manifest = {"modules": {"common": {"jobs": {"longRunningTask": {}}}}}
    await vendor.push(manifest, {"server.js": DOWNLOAD_JS})
    job = await vendor.run("longRunningTask", {"url": "https://example.org/file"})
    assert (job["status"], job["tag"]) == ("success", None)
    assert await vendor.log(job) == ["INFO from https://example.org/file"]


async def test_the_sample_of_a_synchronisation_runs(vendor: Vendor) -> None:
    """The seed's last sample: timeout 15, server/server.js, renderData with data; with an error the job has failed."""
    well = 'exports = { get: async () => ({ response: "octocat" }), create: async () => {} };'
    await vendor.push(SYNC, {"server/server.js": SYNC_JS, "lib/calls.js": well})
    async with await vendor.client() as client:
        job = await vendor.ended(client, await client.jobs.invoke("syncGitHubUser", "github_tag", {}))
    assert (job["status"], job["tag"]) == ("success", "github_tag")
    assert await vendor.left(job) == {
        "results": {"status": "ok", "response": {"message": "GitHub user synced successfully."}}
    }
    assert await vendor.log(job) == ["INFO GitHub User Data: octocat"]
    assert [row["timeout_ms"] for row in await vendor.jobs()] == [15 * 60_000]
    ill = 'exports = { get: async () => { throw new Error("GitHub is down"); } };'
    await vendor.push(SYNC, {"server/server.js": SYNC_JS, "lib/calls.js": ill})
    job = await vendor.run("syncGitHubUser", {})
    assert (job["status"], job["status_message"]) == ("failed", "GitHub is down")
    assert (await vendor.log(job))[0] == "ERROR Error syncing GitHub user: Error: GitHub is down"


async def test_installation_parameters_reach_the_script_and_nothing_else(vendor: Vendor) -> None:
    """The payload has iparams; whatever a careless job does with them, no table has the value in clear."""
    careless = """
    import axios from "axios";
    exports = { leak: async function (args) {
      const key = args.iparams.api_key;
      console.log("payload", args, "key " + key);
      await $job.updateStatusMessage("with " + key);
      const options = { headers: { "X-Key": key }, auth: { username: "me", password: key }, params: { key } };
      const echo = await axios.post(args.url + "/echo", { key }, options);
      if (echo.data.headers["x-key"] !== key || echo.data.json.key !== key) throw new Error("no echo");
      if (args.fail) throw new Error("wrong key " + key);
      return { args, known: key.length, data: echo.data };
    } };
    """
    hosts = {"hosts": [vendor.server.authority]}
    await vendor.push({"jobs": {"leak": {}}, "headrace": hosts}, {"server.js": careless})
    await vendor.iparams({"api_key": SECRET})
    url = vendor.server.url
    job = await vendor.run("leak", {"ticket_id": 1, "url": url})
    assert job["status"] == "success", job
    response = (await vendor.left(job))["results"]["response"]
    assert response["known"] == len(SECRET)
    assert response["args"] == {"ticket_id": 1, "url": url, "iparams": {"api_key": "<%= iparam.api_key %>"}}
    failed = await vendor.run("leak", {"url": url, "fail": True})
    assert failed["status_message"] == "wrong key <%= iparam.api_key %>"
    assert vendor.server.requests[0].headers["x-key"] == SECRET
    await _nowhere(vendor.pool, SECRET[:8])


async def _nowhere(pool: Pool, secret: str) -> None:
    """No row of any table has the secret."""
    tables = await pool.fetch(
        "select c.oid::regclass::text as name from pg_class c where relnamespace = 'headrace'::regnamespace "
        "and relkind in ('r', 'p')"
    )
    for table in tables:
        rows = await pool.fetch(f"select t::text as text from {table['name']} t")
        assert [row["text"] for row in rows if secret in row["text"]] == [], table["name"]


async def test_axios_of_the_sample_fetches(vendor: Vendor) -> None:
    """The seed's import of axios: a host of the app's list is asked, any other is refused as an AxiosError."""
    dependencies = {"axios": "1.7.5"}
    manifest = {"modules": {"common": {"jobs": {"longRunningTask": {}}}}, "dependencies": dependencies}
    await vendor.push({**manifest, "headrace": {"hosts": [vendor.server.authority]}}, {"server.js": AXIOS_JS})
    job = await vendor.run("longRunningTask", {"url": f"{vendor.server.url}/json"})
    assert (await vendor.left(job))["results"]["response"] == {"hello": "world"}
    steps: list[Step] = []
    async with app.open_services(vendor.settings, vendor.pool) as services:
        ended = await rerun(services, await vendor.job(job["id"]), until=None, show=steps.append)
    assert (ended.how, ended.left) == ("returned", {"hello": "world"})
    assert [step.method for step in steps] == ["http.request", "jobs.progress"]
    assert len(vendor.server.requests) == 1, "a replay asks nobody"
    refused = await vendor.run("longRunningTask", {"url": "https://example.org/"})
    assert refused["status"] == "failed"
    assert "example.org:443 is not among the hosts that this app may reach" in refused["status_message"]


async def test_a_job_whose_time_is_over_is_a_timeout(vendor: Vendor) -> None:
    """The vendor's fourth status, with a timeout of a fraction of a minute."""
    loop = "exports = { loop: async function () { for (;;); } };"
    await vendor.push({"jobs": {"loop": {"timeout": 0.01}}}, {"server.js": loop})
    job = await vendor.run("loop", {})
    assert (job["status"], job["status_message"]) == ("timeout", "Job timed out after 0.01 minutes")


async def test_what_the_vendor_cannot_do(vendor: Vendor) -> None:
    """A job starts a job and waits for it; a running job is canceled, here by another one."""
    source = """
    exports = {
      parent: async function (args) {
        const id = sys.data.executeGlobalAction(null, "child", { n: 20 });
        const held = sys.data.executeGlobalAction(null, "child", { hold: true });
        sys.jobs.waitForJob(held, "RUNNING", 60000);
        sys.jobs.cancel(held);
        const job = sys.jobs.waitForJob(id, "FINISHED", 60000);
        return { value: job.results().results.response, held };
      },
      child: async function (args) {
        if (args.hold) sys.utils.script.wait(600000);
        return args.n + 1;
      },
    };
    """
    await vendor.push({"jobs": {"parent": {}, "child": {}}}, {"server.js": source})
    job = await vendor.run("parent", {})
    response = (await vendor.left(job))["results"]["response"]
    assert response["value"] == 21
    async with await vendor.client() as client:
        held = await vendor.ended(client, response["held"])
    assert (held["status"], held["status_message"]) == ("failed", "Job was canceled")


async def test_wrong_calls_are_refused_before_there_is_a_job(vendor: Vendor) -> None:
    """A name that no job has lists those that there are; a job of nobody is not found."""
    await vendor.push(SAMPLE, {"server.js": SAMPLE_JS})
    async with await vendor.client() as client:
        with pytest.raises(BadRequest, match="sample_job"):
            await client.job.invoke("nothing", {})
        with pytest.raises(NotFound):
            await client.job.get("0193a5b0-7c1e-7d3a-9a1b-2c3d4e5f6071")
    assert await vendor.jobs() == []


async def test_a_request_in_the_middle_of_which_the_job_stops_is_sent_again(vendor: Vendor) -> None:
    """At least once, with the same Idempotency-Key; what the journal has is not sent again, also with another key."""
    source = """import axios from "axios";
    exports = { go: async function (args) {
      const headers = { "X-Key": args.iparams.api_key };
      const first = await axios.post(args.url + "/echo", { n: 1 }, { headers });
      const second = await axios.post(args.url + "/held", { n: 2 }, { headers });
      return [first.data.json.n, second.data.json.n, args.iparams.api_key.length];
    } };
    """
    hosts = {"hosts": [vendor.server.authority]}
    await vendor.push({"jobs": {"go": {}}, "headrace": hosts}, {"server.js": source})
    await vendor.iparams({"api_key": "first-key"})
    async with await vendor.client() as client, asyncio.timeout(120):
        job_id = await client.job.invoke("go", {"url": vendor.server.url})
        while len(vendor.server.requests) < 2:  # noqa: ASYNC110 - the server is asked
            await asyncio.sleep(0.02)
        await vendor.pool.run(lambda conn: commands.stop(conn, "desk", job_id))
        while (await vendor.job(job_id)).status is not Status.STOPPED:  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(0.02)
        await vendor.iparams({"api_key": "second-key"})
        vendor.server.released.set()
        await vendor.pool.run(lambda conn: commands.resume(conn, "desk", job_id))
        job = await vendor.ended(client, job_id)
    assert (await vendor.left(job))["results"]["response"] == [1, 2, len("second-key")]
    first, held, again = vendor.server.requests
    assert [request.headers["x-key"] for request in (first, held, again)] == ["first-key", "first-key", "second-key"]
    assert held.headers["idempotency-key"] == again.headers["idempotency-key"] != first.headers["idempotency-key"]


async def test_a_canceled_job_does_not_wait_for_its_server(vendor: Vendor) -> None:
    """The request is given up with the job."""
    hosts = {"hosts": [vendor.server.authority]}
    await vendor.push({"jobs": {"longRunningTask": {}}, "headrace": hosts}, {"server.js": AXIOS_JS})
    async with await vendor.client() as client, asyncio.timeout(20):
        job_id = await client.job.invoke("longRunningTask", {"url": f"{vendor.server.url}/held"})
        while not vendor.server.requests:  # noqa: ASYNC110 - the server is asked
            await asyncio.sleep(0.02)
        await vendor.pool.run(lambda conn: commands.cancel(conn, "desk", job_id))
        assert (await vendor.ended(client, job_id))["status_message"] == "Job was canceled"


async def test_chunks_of_a_job_have_the_parameters_too(vendor: Vendor) -> None:
    """executeInJob repeats the script in child jobs: the values reach them, and are not among what those begin with."""
    source = """
    exports = { go: async function (args) {
      const ids = sys.jobs.executeInJob([1, 2], "default", (n) => args.iparams.api_key.length + n, 1);
      return sys.jobs.waitForJobs(ids, "FINISHED", 60000).map((job) => job.results().results.response[0]);
    } };
    """
    await vendor.push({"jobs": {"go": {}}}, {"server.js": source})
    await vendor.iparams({"api_key": SECRET})
    job = await vendor.run("go", {})
    assert (await vendor.left(job))["results"]["response"] == [len(SECRET) + 1, len(SECRET) + 2]
    await _nowhere(vendor.pool, SECRET[:8])


async def test_parameters_that_cannot_be_read_end_the_job_with_an_error_that_says_so(vendor: Vendor) -> None:
    """A worker whose keys do not fit runs nothing of the script."""
    await vendor.push(SAMPLE, {"server.js": SAMPLE_JS})
    async with vendor.pool.acquire() as conn:
        await set_iparams(conn, Vault(Fernet.generate_key().decode()), "desk", {"api_key": SECRET})
    job = await vendor.run("sample_job", {})
    assert job["status"] == "failed"
    assert job["status_message"].startswith("setting vault_keys: no key in it reads what desk has")
