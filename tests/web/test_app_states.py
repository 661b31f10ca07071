"""Starting and stopping the app over HTTP: jobs of its admins. No worker runs here."""

from __future__ import annotations

import pytest

from engine.apps import states
from engine.ids import new_id
from tests.web.conftest import Api, Caller
from tests.web.test_files import add, packed

APP = "/apps/crm"


async def test_a_stop_and_a_start_are_jobs(ann: Caller) -> None:
    """With the parameters of seed 003 (Start app), and of the user who asked."""
    stop = await ann("POST", f"{APP}/stop", 201, json={"sleep": True})
    start = await ann("POST", f"{APP}/start", 201, json={"pushChanges": True})
    found = {job["id"]: job for job in (await ann("GET", f"{APP}/jobs?type=START_APP,STOP_APP"))["items"]}
    assert (found[stop["id"]]["type"], found[stop["id"]]["data"]) == ("STOP_APP", {})
    assert (found[start["id"]]["type"], found[start["id"]]["data"]) == (
        "START_APP",
        {"pushChanges": True, "wakingUp": False},
    )
    assert found[start["id"]]["runBy"]["id"] == "ann"


async def test_the_state_and_the_version_that_waits_are_shown(api: Api, ann: Caller) -> None:
    """STARTED, STOPPED or SLEEPING, and what `?wait=true` has pushed."""
    shown = await ann("GET", APP)
    assert (shown["state"], shown["waitingVersion"]) == ("STARTED", None)
    for sleeping, state in ((False, "STOPPED"), (True, "SLEEPING")):
        async with api.pool.transaction() as conn:
            await states.stop(conn, "crm", sleeping=sleeping, by=new_id())
        assert (await ann("GET", APP))["state"] == state
    done = await ann(
        "POST",
        f"{APP}/versions?wait=true",
        201,
        content=packed(lambda archive: add(archive, "./data/companies.csv", b"name\nAcme\n")),
    )
    assert done["waiting"] is True
    shown = await ann("GET", APP)
    assert (shown["version"], shown["waitingVersion"]) == (done["version"] - 1, done["version"])


@pytest.mark.parametrize(("path", "body"), [("stop", {"sleep": "yes"}), ("start", {"wakingUp": True}), ("start", [])])
async def test_bad_bodies_are_refused(ann: Caller, path: str, body: object) -> None:
    """A value of another type, and what only the platform may say; no job is made."""
    await ann("POST", f"{APP}/{path}", 400, json=body)
    assert (await ann("GET", f"{APP}/jobs"))["items"] == []
