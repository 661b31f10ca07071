"""Limits over HTTP: an app's admins see all that hold for it, and change their own."""

from __future__ import annotations

from typing import Any

import pytest

from engine.jobs import limits
from engine.jobs.limits import QueueLimit
from tests.web.conftest import Api, Caller

LIMITS = "/apps/crm/limits"


async def test_a_limit_is_put_found_and_removed(ann: Caller) -> None:
    """Putting it again replaces it; what is not there cannot be removed."""
    await ann("PUT", f"{LIMITS}/heavy", json={"concurrency": 3})
    made = await ann("PUT", f"{LIMITS}/heavy", json={"concurrency": 2, "rate": 60, "perMs": 60_000})
    assert made == {
        **{"queue": "heavy", "source": "admin", "concurrency": 2, "rate": 60, "perMs": 60_000},
        "used": 0,
    }
    whole = await ann("PUT", f"{LIMITS}/*", json={"concurrency": 15})
    assert (await ann("GET", LIMITS))["items"] == [whole, made]
    await ann("DELETE", f"{LIMITS}/heavy", 204)
    await ann("DELETE", f"{LIMITS}/heavy", 404)
    assert (await ann("GET", LIMITS))["items"] == [whole]


async def test_the_operator_s_limit_is_seen_and_stays(api: Api, ann: Caller) -> None:
    """An admin's higher limit stands beside it and does not lift it; removing takes only the admin's."""
    async with api.pool.acquire() as conn:
        await limits.set_limit(conn, "crm", "", QueueLimit(concurrency=1))
    await ann("PUT", f"{LIMITS}/*", json={"concurrency": 100})
    found = (await ann("GET", LIMITS))["items"]
    assert {(one["source"], one["concurrency"]) for one in found} == {("operator", 1), ("admin", 100)}
    room = await api.pool.fetch("select headrace.lane_room('crm', 'default', 50, false) as room")
    assert room[0]["room"] == 1
    await ann("DELETE", f"{LIMITS}/*", 204)
    await ann("DELETE", f"{LIMITS}/*", 404)
    assert [one["source"] for one in (await ann("GET", LIMITS))["items"]] == ["operator"]


@pytest.mark.parametrize(
    ("queue", "body", "field"),
    [
        ("heavy", {"concurrency": -1}, "concurrency"),
        ("heavy", {"concurrency": "2"}, "concurrency"),
        ("heavy", {"rate": 1}, "per"),
        ("heavy", {"perMs": 1}, "rate"),
        ("heavy", {}, "concurrency"),
        ("heavy", {"size": 1}, "size"),
        ("a b", {"concurrency": 1}, "queue"),
    ],
)
async def test_what_is_wrong_is_named(ann: Caller, queue: str, body: dict[str, Any], field: str) -> None:
    """The field is in the error, and nothing is set."""
    error = await ann("PUT", f"{LIMITS}/{queue}", 400, json=body)
    assert error["code"] == "badRequest"
    assert field in error["additionalInfo"]["field"]
    assert (await ann("GET", LIMITS))["items"] == []
