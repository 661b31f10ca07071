"""Custom events over HTTP, and the changes of records that HTTP makes."""

from __future__ import annotations

from tests.web.conftest import Api, Caller

PATH = "/apps/crm/events"


async def test_an_event_is_triggered(api: Api, ann: Caller) -> None:
    """The answer says how many listeners will hear it, and they do, on behalf of the token's user."""
    data = {"company": "Acme", "score": 7}
    assert await ann("POST", PATH, 202, json={"name": "scoreReached", "data": data}) == {"listeners": 1}
    assert await ann("POST", PATH, 202, json={"name": "nobodyListens"}) == {"listeners": 0}
    (told,) = await api.pool.fetch("select app, listener, run_by, body from headrace.events")
    assert (told["app"], told["listener"], told["run_by"]) == ("crm", "scoreReached", "ann")
    assert told["body"] == {"type": "custom", "name": "scoreReached", "data": data}


async def test_a_change_over_http_is_told(api: Api, ann: Caller) -> None:
    """A saved record is told in the name of the token's user; one that was refused is not."""
    path = "/apps/crm/records/companies"
    made = await ann("POST", path, 201, json={"data": {"name": "Acme"}})
    await ann("PUT", f"{path}/{made['id']}", json={"data": {"name": "Apex"}, "version": 1})
    await ann("PUT", f"{path}/{made['id']}", 409, json={"data": {"name": "Late"}, "version": 1})
    (told,) = await api.pool.fetch("select listener, run_by, body from headrace.events")
    assert (told["listener"], told["run_by"]) == ("companyChanged", "ann")
    assert (told["body"]["before"]["name"], told["body"]["after"]["name"]) == ("Acme", "Apex")


async def test_a_bad_event_is_refused(api: Api, ann: Caller) -> None:
    """A wrong name is 400, a token that only reads 403; nothing is told."""
    await ann("POST", PATH, 400, json={"name": "score reached"})
    await (await api.as_("read"))("POST", PATH, 403, json={"name": "scoreReached"})
    assert await api.pool.fetch("select from headrace.events") == []
