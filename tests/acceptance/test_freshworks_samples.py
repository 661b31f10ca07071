"""Every sample of seed 000: server.js and manifest.json pushed as apps, app.js run as a page's script in Node."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from engine.jobs import commands
from tests.acceptance.vendor import Vendor
from tests.node import run_node

# The samples, letter by letter. What they call but do not show stands in front of them.
SAMPLE = """{
  "platform-version": "3.0",
  "modules": {
    "common": {
      "jobs": {
        "sample_job": {}
      }
    }
  }
}"""
SAMPLE_APP = """
client.job.invoke("sample_job", "some_tag", {
  ticketId: 12345
}).then(function(jobId) {
  console.log("Job triggered:", jobId);
});
"""
SAMPLE_SERVER = """
exports.sample_job = async function(args) {
  await $job.updateStatusMessage("Started processing...");
  // Business logic here
  await $job.updateStatusMessage("Done!");
};
"""
PAYLOAD_APP = """
client.job.invoke("longRunningTask", {
  ticket_id: 1
});
"""
PAYLOAD = """{
  "ticket_id": 1,
  "iparams": {
    "api_key": "your_api_key"
  }
}"""
GET_APP = """
client.job.get("jobId12345")
  .then(response =>console.log("Job:", response))
  .catch(error =>console.error("Status fetch failed", error));
"""
MESSAGES_SERVER = """
exports = {
  longRunningTask: async function(payload) {
    await $job.updateStatusMessage("Downloading file...");
    await downloadFile(payload.url);
    await $job.updateStatusMessage("Processing data...");
    await processData();
  }
};
"""
DEPENDENCIES = """
"dependencies": {
  "axios": "1.7.5"
}
"""
AXIOS_SERVER = """
import axios from "axios";

exports = {
  longRunningTask: async function(payload) {
    let response = await axios.get(payload.url);
    await $job.updateStatusMessage("Data fetched");
  }
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
SYNC_APP = """
function triggerGitHubSync() {
  client.jobs.invoke("syncGitHubUser", "github_tag", {})
    .then(response => console.log("Sync Success:", response))
    .catch(error => console.error("Sync Failed:", error));
}
"""
SYNC_SERVER = """
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
LONG_RUNNING = {"modules": {"common": {"jobs": {"longRunningTask": {}}}}}
# What the script gives, and what it says to the console until it has said as much as it should.
PAGE_JS = """
import { page } from "./page.mjs";
const said = [];
const say = (level) => (...parts) =>
  said.push([level, ...parts.map((part) => (part.code ? [part.name, part.status, part.code] : part))]);
const console = { log: say("log"), error: say("error") };
const { exported, context, run } = await page(process.env.URL + "/freshworks/client.js", { console });
context.client = exported.connect({ token: process.env.TOKEN });
const value = await run(process.env.SCRIPT);
while (said.length < Number(process.env.LINES)) await new Promise((next) => setTimeout(next, 10));
globalThis.console.log(JSON.stringify({ value: value ?? null, said }));
"""


async def page(vendor: Vendor, folder: Path, script: str, lines: int = 1) -> Any:
    """What a page's script gives, and the lines that it says to the console."""
    token = await vendor.token()
    found = await run_node(PAGE_JS, folder, URL=vendor.url, TOKEN=token, SCRIPT=script, LINES=str(lines))
    return found["said"] if lines else found["value"]


async def ended(vendor: Vendor, job_id: str) -> dict[str, Any]:
    """The job once it is no longer in progress."""
    async with await vendor.client() as client:
        return await vendor.ended(client, job_id)


async def test_a_registered_job_is_triggered_runs_and_is_seen(vendor: Vendor, tmp_path: Path) -> None:
    """Manifest, trigger, logic; then get: its seven fields for a job that there is, a rejection for one that is not."""
    await vendor.push(SAMPLE, {"server.js": SAMPLE_SERVER})
    ((level, words, job_id),) = await page(vendor, tmp_path, SAMPLE_APP)
    assert (level, words) == ("log", "Job triggered:")
    job = await ended(vendor, job_id)
    assert (job["status"], job["status_message"]) == ("success", "Job completed successfully")
    assert job["start_time"] <= job["end_time"]
    both = GET_APP + GET_APP.replace("jobId12345", job_id)
    said = {line[0]: line[1:] for line in await page(vendor, tmp_path, both, lines=2)}
    assert said == {"log": ["Job:", job], "error": ["Status fetch failed", ["JobError", 400, "badRequest"]]}
    assert sorted(job) == ["end_time", "id", "name", "start_time", "status", "status_message", "tag"]
    assert (job["id"], job["name"], job["tag"]) == (job_id, "sample_job", "some_tag")


async def test_the_payload_is_enriched_with_iparams(vendor: Vendor, tmp_path: Path) -> None:
    """server.js gets exactly the seed's JSON for what app.js of the seed sends."""
    server = f"const wanted = {PAYLOAD};\n" + (
        "exports = { longRunningTask: async (args) => JSON.stringify(args) === JSON.stringify(wanted) };"
    )
    await vendor.push(LONG_RUNNING, {"server.js": server})
    await vendor.iparams({"api_key": "your_api_key"})
    job = await ended(vendor, await page(vendor, tmp_path, PAYLOAD_APP, lines=0))
    assert (job["status"], job["tag"]) == ("success", None)
    assert (await vendor.left(job))["results"]["response"] is True


async def test_messages_tell_of_a_running_job(vendor: Vendor) -> None:
    """Each is seen with status in-progress; the final one replaces the last."""
    calls = """
    const axios = require("axios");
    const downloadFile = (url) => axios.get(url);
    const processData = async () => { sys.utils.script.wait(600000); };
    """
    manifest = {**LONG_RUNNING, "headrace": {"hosts": [vendor.server.authority]}}
    await vendor.push(manifest, {"server.js": calls + MESSAGES_SERVER})
    async with await vendor.client() as client, asyncio.timeout(120):

        async def saying(message: str) -> dict[str, Any]:
            while (job := await client.job.get(job_id))["status_message"] != message:
                assert job["status"] == "in-progress"
                await asyncio.sleep(0.02)
            return job

        job_id = await client.job.invoke("longRunningTask", {"url": f"{vendor.server.url}/held"})
        job = await saying("Downloading file...")
        assert (job["status"], job.get("end_time")) == ("in-progress", None)
        vendor.server.released.set()
        assert (await saying("Processing data..."))["status"] == "in-progress"
        await vendor.pool.run(lambda conn: commands.cancel(conn, "desk", job_id))
        assert (await vendor.ended(client, job_id))["status_message"] == "Job was canceled"


async def test_axios_is_a_dependency(vendor: Vendor) -> None:
    """The import at the head of server.js, and a fetch of the payload's address."""
    manifest = {
        **LONG_RUNNING,
        **json.loads(f"{{{DEPENDENCIES}}}"),
        "whitelisted-domains": [f"https://{vendor.server.authority}"],
    }
    await vendor.push(manifest, {"server/server.js": AXIOS_SERVER})
    job = await vendor.run("longRunningTask", {"url": f"{vendor.server.url}/json"})
    assert job["status"] == "success"
    assert [request.target for request in vendor.server.requests] == ["/json"]


async def test_console_writes_the_log(vendor: Vendor) -> None:
    """log, info and error, in their order; error is a line of level ERROR and no failure."""
    server = """
    exports.longRunningTask = async function () {
      console.log("began", { at: 1 });
      console.info("goes on");
      console.error("a warning");
    };
    """
    await vendor.push(LONG_RUNNING, {"server.js": server})
    job = await vendor.run("longRunningTask", {})
    assert job["status"] == "success"
    assert await vendor.log(job) == ['INFO began {"at":1}', "INFO goes on", "ERROR a warning"]


async def test_the_synchronisation_of_github_users(vendor: Vendor, tmp_path: Path) -> None:
    """The use case: timeout 15, jobs.invoke, requests to two services, renderData with data and with an error."""
    calls = f"""
    const axios = require("axios");
    const getGitHubUserData = async () => ({{ response: (await axios.get("{vendor.server.url}/json")).data.hello }});
    const createFreshserviceRequester = () => axios.post("{vendor.server.url}/PATH", {{ name: "octocat" }});
    """
    manifest = {**json.loads(SYNC), "headrace": {"hosts": [vendor.server.authority]}}
    await vendor.push(manifest, {"server.js": calls.replace("PATH", "echo") + SYNC_SERVER})
    ((level, words, job_id),) = await page(vendor, tmp_path, SYNC_APP + "triggerGitHubSync();")
    assert (level, words) == ("log", "Sync Success:")
    job = await ended(vendor, job_id)
    assert (job["status"], job["tag"]) == ("success", "github_tag")
    data = {"message": "GitHub user synced successfully."}
    assert await vendor.left(job) == {"results": {"status": "ok", "response": data}}
    assert await vendor.log(job) == ["INFO GitHub User Data: world"]
    assert [(request.method, request.target) for request in vendor.server.requests] == [
        ("GET", "/json"),
        ("POST", "/echo"),
    ]
    assert [row["timeout_ms"] for row in await vendor.jobs()] == [15 * 60_000]

    await vendor.push(manifest, {"server.js": calls.replace("PATH", "missing") + SYNC_SERVER})
    job = await vendor.run("syncGitHubUser", {})
    assert (job["status"], job["status_message"]) == ("failed", "AxiosError: Request failed with status code 404")
    assert (await vendor.log(job))[1].startswith("ERROR Error syncing GitHub user: AxiosError: Request failed")
