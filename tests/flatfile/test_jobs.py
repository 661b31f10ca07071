"""The resource `jobs` of the real @flatfile/api, call by call."""

from __future__ import annotations

from typing import Any

from engine.jobs import liveness, store
from engine.jobs.requests import Requester, call_handler
from engine.web.shapes import EXAMPLE_ID
from tests.flatfile.conftest import Node
from tests.web.conftest import Api, Caller


async def test_every_call_of_the_client(node: Node) -> None:
    """list, create, get, update, delete, execute, plan, ack, outcome ack, complete, fail, cancel, retry and split."""
    seen = await node.run("jobs.mjs")
    check_a_life(seen)
    check_failures_parts_and_lists(seen)


def check_a_life(seen: Any) -> None:
    """A job is created, executed, acknowledged, updated and completed; what comes too late, or is wrong, is refused."""
    created = seen["created"]
    assert (created["status"], created["trigger"], seen["isDate"]) == ("created", "manual", True)
    assert (created["input"], created["metadata"], created["mode"]) == ({"rows": 3}, {"team": "a"}, "foreground")
    assert (created["source"], created["destination"], created["createdBy"]) == ("us_wb_1", "us_wb_2", "ann")
    assert seen["plan"]["data"]["plan"] == seen["planned"]["data"]["plan"]
    assert seen["plan"]["data"]["plan"]["programId"] == "p1"
    assert seen["executed"] == {"data": {"success": True}}
    assert seen["again"][1:3] == [400, "badRequest"]
    assert seen["ready"]["status"] == "ready"
    acked, updated, completed = seen["acked"], seen["updated"], seen["completed"]
    assert (acked["status"], acked["progress"], acked["info"]) == ("executing", 10, "Starting export...")
    assert acked["estimatedCompletionAt"] == "2030-01-01T12:00:00.000Z"
    assert (updated["progress"], updated["metadata"]) == (50, {"team": "b"})
    assert (completed["status"], completed["progress"]) == ("complete", 100)
    assert completed["outcome"]["next"]["label"] == "View Files"
    assert seen["acknowledged"]["outcomeAcknowledgedAt"]
    assert seen["late"][:3] == ["FlatfileError", 409, "optimisticLocking"]
    assert seen["late"][3].endswith("is refused: it is complete")
    assert seen["late"][4] == [{"message": seen["late"][3]}]
    assert seen["wrong"][:3] == ["FlatfileError", 400, "badRequest"]
    assert [error["key"] for error in seen["wrong"][4]] == ["operation", "progress"]
    assert seen["wrong"][4][0]["message"] == seen["wrong"][3]


def check_failures_parts_and_lists(seen: Any) -> None:
    """A failed job is retried as another, a split one waits for its parts, a deleted one is gone, a list has pages."""
    assert (seen["bare"]["status"], seen["failed"]["status"]) == ("executing", "failed")
    assert seen["failed"]["outcome"] == {"message": "Export failed"}
    assert seen["retried"]["status"] == "ready"
    assert seen["retried"]["id"] != seen["failed"]["id"]
    assert (seen["canceled"]["status"], seen["canceled"]["info"]) == ("canceled", "not needed")
    assert seen["unwanted"][1:3] == [409, "optimisticLocking"]
    assert seen["split"]["status"] == "waiting"
    assert seen["parts"] == [[1, {"from": 0}, "sequential", "ready"], [2, {"from": 5}, "sequential", "waiting"]]
    assert (seen["next"], seen["whole"]["status"]) == ("ready", "complete")
    assert seen["behind"]["predecessorIds"] == [seen["whole"]["id"], seen["failed"]["id"]]
    assert seen["behind"]["info"] == f"its predecessor {seen['failed']['id']} failed"
    assert seen["behind"]["status"] == "canceled"
    assert seen["deleted"] == {"data": {"success": True}}
    assert seen["gone"][1:3] == [404, "notFound"]
    assert seen["list"]["pagination"] == {"currentPage": 1, "pageCount": 2, "totalCount": 4}
    assert [job["id"] for job in seen["list"]["data"]] == [seen["behind"]["id"], seen["whole"]["id"]]


async def test_a_lease_by_a_bare_id_runs_out(api: Api, ann: Caller) -> None:
    """Who acknowledged a job by its id and falls silent loses it: it is ready again, and begins anew for the next."""
    config = {"type": "space", "operation": "configure", "source": "s", "trigger": "immediate"}
    job_id = (await ann("POST", "/v1/jobs", json=config))["data"]["id"]
    assert (await ann("POST", f"/v1/jobs/{job_id}/ack"))["data"]["status"] == "executing"
    await api.pool.execute("update headrace.workers set heartbeat_at = now() - interval '1 hour'")
    async with api.pool.transaction() as conn:
        assert (await liveness.rescue(conn, stale_ms=1000)).requeued == 1
    assert (await ann("GET", f"/v1/jobs/{job_id}"))["data"]["status"] == "ready"
    late = await ann("POST", f"/v1/jobs/{job_id}.1/complete", 409, json={})
    assert "this attempt's lease ran out" in late["message"]
    await ann("POST", f"/v1/jobs/{job_id}/ack", json={"progress": 1})
    assert (await ann("GET", f"/apps/crm/jobs/{job_id}"))["attempt"] == 2
    assert (await ann("POST", f"/v1/jobs/{job_id}/complete"))["data"]["status"] == "complete"
    assert await api.pool.fetch("select from headrace.workers") == []


async def test_a_failure_is_tried_again_while_tries_are_left(api: Api, ann: Caller) -> None:
    """The first `fail` of a job with two tries puts it back for later, the second ends it; both are in its log."""
    async with api.pool.transaction() as conn:
        new = call_handler(Requester("crm", "ann"), "space:configure", {}, {"maxAttempts": 2})
        (job_id,) = await store.create(conn, [new])
    for status in ("scheduled", "failed"):
        await ann("POST", f"/v1/jobs/{job_id}/ack")
        failed = await ann("POST", f"/v1/jobs/{job_id}/fail", json={"info": "no luck"})
        assert failed["data"]["status"] == status
    lines = (await ann("GET", f"/apps/crm/jobs/{job_id}/logs"))["items"]
    assert [line["message"] for line in lines] == ["unknownError: no luck"] * 2


async def test_others_jobs_are_not_managed(api: Api, ann: Caller) -> None:
    """cancel and delete need the scope manage and, for jobs that somebody else ran, admin; nothing is half done."""
    config = {"type": "space", "operation": "configure", "source": "s"}
    job_id = (await ann("POST", "/v1/jobs", json=config))["data"]["id"]
    bob = await api.as_("read", "run", "manage", user="bob")
    for method, path in (("POST", f"/v1/jobs/{job_id}/cancel"), ("DELETE", f"/v1/jobs/{job_id}")):
        assert (await bob(method, path, 403))["code"] == "forbidden"
    assert (await bob("PATCH", f"/v1/jobs/{job_id}", 403, json={"status": "canceled"}))["code"] == "forbidden"
    assert (await bob("GET", f"/v1/jobs/{job_id}"))["data"]["status"] == "created"


async def test_errors_have_both_forms(api: Api, ann: Caller) -> None:
    """Ours and the vendor's, whatever refuses: the token, the address, the body, the job; elsewhere ours alone."""
    nobody = Caller(api.http, "wrong")
    for caller, method, path, status in (
        (nobody, "GET", "/v1/jobs", 401),
        (ann, "GET", "/v1/nothing", 404),
        (ann, "PUT", "/v1/jobs", 405),
        (ann, "GET", f"/v1/jobs/{EXAMPLE_ID}", 404),
    ):
        body = await caller(method, path, status)
        assert body.keys() == {"code", "message", "additionalInfo", "errors"}
        assert body["errors"] == [{"message": body["message"]}]
    wrong = {"outcome": {"next": {"type": "id"}}}
    refused = await ann("POST", f"/v1/jobs/{EXAMPLE_ID}/complete", 400, json=wrong)
    assert [error["key"] for error in refused["errors"]] == ["outcome.next.id"]
    assert "errors" not in await ann("GET", "/apps/crm/nothing", 404)


async def test_an_update_says_when_it_will_be_done(ann: Caller) -> None:
    """`estimatedCompletionAt` is kept, as the vendor's pages have it; its client does not send it (test_working.py)."""
    config = {"type": "space", "operation": "configure", "source": "s", "trigger": "immediate"}
    path = f"/v1/jobs/{(await ann('POST', '/v1/jobs', json=config))['data']['id']}"
    await ann("POST", f"{path}/ack")
    changes = {"progress": 50, "estimatedCompletionAt": "2024-01-01T12:00:00.000Z"}
    updated = (await ann("PATCH", path, json=changes))["data"]
    assert {name: updated[name] for name in changes} == changes
    assert (await ann("GET", path))["data"]["estimatedCompletionAt"] == changes["estimatedCompletionAt"]


async def test_outcomes_are_checked(ann: Caller) -> None:
    """Every `next` of the seed is kept, what is wrong is named, and the job is still the handler's."""
    config = {"type": "space", "operation": "configure", "source": "s", "trigger": "immediate"}
    job_id = (await ann("POST", "/v1/jobs", json=config))["data"]["id"]
    wrong = {"outcome": {"message": "x", "next": {"type": "snapshot", "snapshotId": "s1"}}}
    refused = await ann("POST", f"/v1/jobs/{job_id}/complete", 400, json=wrong)
    assert refused["additionalInfo"]["field"] == "outcome.next.sheetId"
    assert (await ann("GET", f"/v1/jobs/{job_id}"))["data"]["status"] == "ready"
    for following in (
        {"type": "id", "id": "space_id", "path": "files", "query": "mode=export", "label": "View Files"},
        {"type": "url", "url": "https://example.com", "label": "View Results"},
        {"type": "download", "fileName": "export.csv", "url": "file_url", "label": "Download"},
        {"type": "snapshot", "snapshotId": "snapshot_id", "sheetId": "sheet_id", "label": "View Snapshot"},
        {"type": "retry", "label": "Try Again"},
    ):
        job_id = (await ann("POST", "/v1/jobs", json=config))["data"]["id"]
        ended = await ann("POST", f"/v1/jobs/{job_id}/complete", json={"outcome": {"next": following}})
        assert ended["data"]["outcome"]["next"] == following
