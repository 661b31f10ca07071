"""The resource `jobs` of the real @flatfile/api, call by call."""

from __future__ import annotations

from tests.flatfile.conftest import Node


async def test_every_call_of_the_client(node: Node) -> None:
    """list, create, get, update, delete, execute, plan, ack, outcome ack, complete, fail, cancel, retry and split."""
    seen = await node.run("jobs.mjs")
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
    assert seen["wrong"][:3] == ["FlatfileError", 400, "badRequest"]


async def test_failures_parts_and_lists(node: Node) -> None:
    """A failed job is retried as another, a split one waits for its parts, a deleted one is gone, a list has pages."""
    seen = await node.run("jobs.mjs")
    assert (seen["bare"]["status"], seen["failed"]["status"]) == ("executing", "failed")
    assert seen["failed"]["outcome"] == {"message": "Export failed"}
    assert seen["retried"]["status"] == "ready"
    assert seen["retried"]["id"] != seen["failed"]["id"]
    assert (seen["canceled"]["status"], seen["canceled"]["info"]) == ("canceled", "not needed")
    assert seen["unwanted"][1:3] == [409, "optimisticLocking"]
    assert seen["split"]["status"] == "waiting"
    assert seen["parts"] == [[1, {"from": 0}, "sequential", "ready"], [2, {"from": 5}, "sequential", "waiting"]]
    assert (seen["next"], seen["whole"]["status"]) == ("ready", "complete")
    assert seen["deleted"] == {"data": {"success": True}}
    assert seen["gone"][1:3] == [404, "notFound"]
    assert seen["list"]["pagination"] == {"currentPage": 1, "pageCount": 2, "totalCount": 3}
    assert [job["id"] for job in seen["list"]["data"]] == [seen["whole"]["id"], seen["retried"]["id"]]
