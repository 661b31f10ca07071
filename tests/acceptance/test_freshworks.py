"""Apps of Freshworks' kind with a worker: installation parameters, axios, time-outs, and what that vendor cannot do."""

from __future__ import annotations

import asyncio

import pytest
from cryptography.fernet import Fernet

from engine import app
from engine.apps.iparams import set_iparams
from engine.db.pool import Pool
from engine.errors import BadRequest, NotFound
from engine.executors.replay import Step, rerun
from engine.jobs import commands
from engine.model import Status
from engine.vault import Vault
from tests.acceptance.vendor import Vendor

SECRET = 'S3cret"key/42'
SAMPLE = '{"platform-version": "3.0", "modules": {"common": {"jobs": {"sample_job": {}}}}}'
SAMPLE_JS = """
exports.sample_job = async function(args) {
  await $job.updateStatusMessage("Started processing...");
  // Business logic here
  await $job.updateStatusMessage("Done!");
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
    """The request, which would be waited for ten minutes, is given up with the job."""
    hosts = {"hosts": [vendor.server.authority]}
    await vendor.push({"jobs": {"longRunningTask": {}}, "headrace": hosts}, {"server.js": AXIOS_JS})
    async with await vendor.client() as client, asyncio.timeout(120):
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
