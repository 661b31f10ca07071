"""The samples of seeds 001 and 002, word for word, in Node with the vendor's real packages."""

from __future__ import annotations

from typing import Any

import pytest

from engine.jobs import store
from engine.jobs.requests import Requester, call_handler
from tests.flatfile.conftest import HERE, Node
from tests.web.conftest import Api, Caller

# What the samples use and do not show.
AROUND = """
import { FlatfileClient } from "@flatfile/api";
const api = new FlatfileClient();
const getRecords = async () => [];
const cleanupTemporaryResources = async (jobId) => (globalThis.cleaned ??= []).push(jobId);
"""
ALONE = """
import { FlatfileListener } from "@flatfile/listener";
const listener = new FlatfileListener();
"""
WITH_MIDDLEWARE = """
import { FlatfileListener } from "@flatfile/listener";
import { withMiddleware } from "./flatfile.js";
const listener = withMiddleware(new FlatfileListener());
"""
# What lies behind the middleware; and what the vendor's own `use` does with it: it calls it with the listener.
BEHIND = """
listener.use((plugged) => plugged.on("job:completed", ({ context }) => (globalThis.behind ??= []).push(context.jobId)));
export const begin = () => {
  const plain = new FlatfileListener();
  plain.use((event, next) => (globalThis.given = [event === plain, typeof next]));
};
"""
BEGIN = """
export const begin = (listener) => listener.dispatchEvent({
  domain: "commit", topic: "commit:created", context: { workbookId: "us_wb_9" }, payload: { sheet: "contacts" },
});
"""


def sample(node: Node, name: str, more: str = "", *, alone: str = ALONE) -> str:
    """The name of a module with the sample in it."""
    text = (HERE / "samples" / name).read_text()
    before = "" if "import " in text else alone
    return node.module(name, f"{AROUND}{before}{text}{more}\nexport {{ listener }};\n")


async def begin(ann: Caller, kind: str, operation: str, source: str) -> str:
    """The id of a new job that is ready."""
    config = {"type": kind, "operation": operation, "source": source, "trigger": "immediate"}
    return str((await ann("POST", "/v1/jobs", json=config))["data"]["id"])


def of(seen: Any, job_id: str) -> list[dict[str, Any]]:
    """The events of a job, in their order, without the starts that only its own listener is told."""
    return [event for event in seen["events"] if event["jobId"] == job_id]


def topics(seen: Any, job_id: str) -> list[str]:
    """The topics of a job's events, each run of updates once."""
    told = [event["topic"] for event in of(seen, job_id)]
    return [topic for n, topic in enumerate(told) if n == 0 or topic != told[n - 1]]


def five(end: str) -> list[str]:
    """The vendor's five events, with this end."""
    return ["job:created", "job:ready", "job:updated", end, "job:outcome-acknowledged"]


@pytest.mark.parametrize("language", ["js", "ts"])
async def test_the_samples_of_the_job_handler(node: Node, api: Api, ann: Caller, language: str) -> None:
    """Ticks, defaults, debug, custom outcomes and errors do what seed 002 says, with all five events in order."""
    modules = [sample(node, f"handler-{name}.{language}") for name in ("basic", "debug", "outcomes", "errors")]
    configure = await begin(ann, "space", "configure", "us_sp_1")
    submit = await begin(ann, "workbook", "submit", "us_wb_1")
    process = await begin(ann, "file", "process", "us_fl_1")
    async with api.pool.transaction() as conn:
        # No door of the vendor's makes a job of the type `data`: another one does.
        new = call_handler(Requester("crm", "ann"), "data:validate", {}, None)
        validate = str((await store.create(conn, [new]))[0])
    seen = await node.run("samples.mjs", MODULES=",".join(modules), WANTED="4")
    for job_id, end in (
        (configure, "job:completed"),
        (submit, "job:completed"),
        (process, "job:completed"),
        (validate, "job:failed"),
    ):
        assert topics(seen, job_id) == five(end), job_id
    ticks = [(event["progress"], event.get("info")) for event in of(seen, configure) if event["topic"] == "job:updated"]
    assert ticks[-4:] == [
        (0, "Accepted"),
        (10, "Starting configuration..."),
        (50, "Halfway there!"),
        (100, "Configuration complete."),
    ]
    assert {event["spaceId"] for event in of(seen, configure)} == {"us_sp_1"}
    outcomes = {
        job_id: (await ann("GET", f"/v1/jobs/{job_id}"))["data"] for job_id in (configure, submit, process, validate)
    }
    assert outcomes[configure]["outcome"] == outcomes[submit]["outcome"] == {"message": "Job complete"}
    assert outcomes[process]["outcome"]["message"] == "File processed successfully. 10 new records created."
    assert outcomes[validate]["status"] == "failed"
    failed = outcomes[validate]["outcome"]
    assert failed == {"acknowledge": True, "message": "Validation failed: No records found to validate."}


async def test_the_samples_of_jobs(node: Node, ann: Caller) -> None:
    """A listener exports, makes a custom job at an event and does it, cleans up, and watches, as seed 001 shows."""
    modules = [
        sample(node, "jobs-export.js"),
        sample(node, "jobs-custom.js", BEGIN),
        sample(node, "jobs-cleanup.js"),
        sample(node, "jobs-monitoring.js", BEHIND, alone=WITH_MIDDLEWARE),
    ]
    export = await begin(ann, "workbook", "export", "us_wb_1")
    seen = await node.run("samples.mjs", MODULES=",".join(modules), WANTED="2")
    assert topics(seen, export) == five("job:completed")
    jobs = {job["operation"]: job for job in (await ann("GET", "/v1/jobs"))["data"]}
    custom = jobs["customOperation"]
    assert topics(seen, custom["id"]) == five("job:completed")
    assert (custom["source"], custom["outcome"]) == ("us_wb_9", {"message": "Operation completed"})
    assert jobs["export"]["outcome"] == {"message": "Export completed successfully"}
    assert sorted(seen["cleaned"]) == sorted(seen["behind"]) == sorted([export, custom["id"]])
    assert seen["given"] == [True, "undefined"]
    for job_id in (export, custom["id"]):
        watched = [line.split(": ")[1] for line in seen["logged"] if line.startswith(f"Job {job_id}: ")]
        assert [topic for n, topic in enumerate(watched) if topic not in watched[:n]] == five("job:completed")
