"""Actions on resources, and the jobs that they make: over HTTP, in Python, and by the vendor's client."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import BadRequest, NotFound
from engine.sdk.flatfile import Flatfile
from tests.flatfile.conftest import HERE, Node
from tests.web.conftest import Api, Caller

EXPORT = {
    "label": "Export Data",
    "description": "Send data to destination system",
    "operation": "export",
    "type": "file",
    "mode": "foreground",
    "primary": True,
}
FIELD = {"key": "name", "label": "Name", "type": "string"}
FORM = {
    "type": "simple",
    "fields": [
        {"key": "name", "label": "Name", "type": "string", "constraints": [{"type": "required"}]},
        {"key": "kind", "label": "Kind", "type": "enum", "defaultValue": "csv",
         "config": {"options": [{"value": "csv"}, {"value": "json"}]}},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("target", "mount", "kind", "place"),
    [
        ("us_wb_1", None, "workbook", "workbookId"),
        ("us_sh_1", None, "sheet", "sheetId"),
        ("us_fl_1", None, "file", "fileId"),
        ("us_sp_1", None, "space", "spaceId"),
        ("my-space", None, "space", "spaceId"),
        ("contacts", "sheet", "sheet", "sheetId"),
        ("contacts", "field", "sheet", "sheetId"),
        ("report.csv", "file", "file", "fileId"),
    ],
)
async def test_a_trigger_makes_a_job_of_its_resource(
    ann: Caller, target: str, mount: str | None, kind: str, place: str
) -> None:
    """The job is ready, of the handler `kind:operation`, and says on which workbook, sheet, file or space."""
    action = {**EXPORT, "targetId": target, **({} if mount is None else {"mount": {"type": mount}})}
    made = (await ann("POST", "/v1/actions?spaceId=my-space", json=action))["data"]
    given = {"input": {"rows": 3}, "metadata": {"team": "a"}}
    job = (await ann("POST", f"/v1/actions/{made['id']}/trigger", json=given))["data"]
    assert {name: job[name] for name in ("type", "operation", "source", "mode", "status", "trigger", "spaceId")} == {
        "type": kind, "operation": "export", "source": target, "mode": "foreground", "status": "ready",
        "trigger": "immediate", "spaceId": "my-space",
    }  # fmt: skip
    assert (job["input"], job["metadata"], job["actionId"]) == ({"rows": 3}, {"team": "a"}, made["id"])
    events = (await ann("GET", "/v1/events", params={"pageSize": 100}))["data"][::-1]
    mine = [event for event in events if event["context"]["jobId"] == job["id"]]
    assert [event["topic"] for event in mine] == ["job:created", "job:ready"]
    assert (mine[1]["context"][place], mine[1]["context"]["actionName"]) == (target, f"{kind}:export")
    assert (await ann("GET", f"/apps/crm/jobs/{job['id']}"))["name"] == f"{kind}:export"


async def test_the_calls_of_the_client(node: Node) -> None:
    """create, bulkCreate, getAll, get, update and delete of the real client, with the action of seed 001's workbook."""
    text = (HERE / "samples" / "jobs-action.txt").read_text()
    seen = await node.run("actions.mjs", ACTION=text)
    # `const workbook: {` is neither language; with a `=` there it is what declares the action here.
    assert seen["javascript"] == ["SyntaxError", "Missing initializer in const declaration"]
    assert seen["typescript"] == ["SyntaxError", "'const' declarations must be initialized"]
    created = seen["created"]
    assert {name: created[name] for name in ("label", "operation", "type", "targetId")} == {
        "label": "Export Data", "operation": "export", "type": "file", "targetId": "us_wb_1",
    }  # fmt: skip
    assert (seen["isDate"], seen["got"]) == (True, created)
    assert [action["label"] for action in seen["all"]] == ["Export Data", "One", "Two"]
    assert (seen["updated"]["label"], seen["updated"]["primary"], seen["updated"]["operation"]) == (
        "Send",
        True,
        "export",
    )
    assert seen["deleted"] == {"data": {"success": True}}
    assert seen["gone"] == [404, [{"message": f"there is no action {created['id']} in this app"}]]
    assert seen["left"] == ["One", "Two"]
    assert (seen["outcome"], seen["heard"]) == ({"message": "Export completed successfully"}, "workbook:export")


async def test_forms_ask_for_the_input(ann: Caller) -> None:
    """What is required must be given, options bind, defaults fill, and what the form does not have is refused."""
    action = {**EXPORT, "targetId": "us_wb_1", "inputForm": FORM}
    path = f"/v1/actions/{(await ann('POST', '/v1/actions', json=action))['data']['id']}"
    for given, field in (
        ({}, "input.name"),
        ({"name": "a", "kind": "xml"}, "input.kind"),
        ({"name": "a", "size": 1}, "input.size"),
    ):
        refused = await ann("POST", f"{path}/trigger", 400, json={"input": given})
        assert refused["errors"][0]["key"] == field
    assert (await ann("GET", "/v1/jobs"))["data"] == []
    job = (await ann("POST", f"{path}/trigger", json={"input": {"name": "a"}}))["data"]
    assert job["input"] == {"name": "a", "kind": "csv"}


async def test_what_is_no_action(ann: Caller) -> None:
    """No operation, no kind, a schedule, a wrong field: refused with its name, and of a bulk nothing is kept."""
    for wrong, field in (
        ({"operation": None}, "operation"),
        ({"operation": "two words"}, "operation"),
        ({"targetId": "contacts"}, "targetId"),
        ({"mount": {"type": "moon"}}, "mount.type"),
        ({"schedule": "daily"}, "schedule"),
        ({"mode": "hidden"}, "mode"),
        ({"colour": "red"}, "colour"),
        ({"inputForm": {"type": "wizard"}}, "inputForm.type"),
        ({"inputForm": {"type": "simple", "fields": {}}}, "inputForm.fields"),
        ({"inputForm": {"type": "simple", "fields": [1]}}, "inputForm.fields.0"),
        ({"inputForm": {"type": "simple", "fields": [{"key": "a"}]}}, "inputForm.fields.0.label"),
        ({"inputForm": {"type": "simple", "fields": [FIELD, FIELD]}}, "inputForm.fields.1.key"),
        ({"inputForm": {"type": "simple", "fields": [{**FIELD, "config": {}}]}}, "inputForm.fields.0.config.options"),
        (
            {"inputForm": {"type": "simple", "fields": [{**FIELD, "constraints": [{}]}]}},
            "inputForm.fields.0.constraints.0.type",
        ),
    ):
        action = {**EXPORT, "targetId": "us_wb_1", **wrong}
        refused = await ann("POST", "/v1/actions", 400, json=action)
        assert refused["additionalInfo"]["field"] == field
        await ann("POST", "/v1/actions/bulk", 400, json=[{**EXPORT, "targetId": "us_wb_1"}, action])
    assert await ann("GET", "/v1/actions") == []
    old = {"label": "Old", "slug": "send", "targetId": "us_wb_1"}
    assert (await ann("POST", "/v1/actions", json=old))["data"]["operation"] == "send"


async def test_actions_belong_to_their_app_and_maker(api: Api, ann: Caller) -> None:
    """Another app does not find them; another user may trigger them, and change them only with the scope admin."""
    made = (await ann("POST", "/v1/actions", json={**EXPORT, "targetId": "us_wb_1"}))["data"]
    path = f"/v1/actions/{made['id']}"
    other = await api.as_("admin", app="other")
    await other("GET", path, 404)
    await other("POST", f"{path}/trigger", 404)
    bob = await api.as_("read", "run", "manage", user="bob")
    assert (await bob("PATCH", path, 403, json={"label": "Mine"}))["code"] == "forbidden"
    await bob("DELETE", path, 403)
    job = (await bob("POST", f"{path}/trigger"))["data"]
    assert job["createdBy"] == "bob"
    moved = await ann("PATCH", path, json={"mount": {"type": "sheet"}})
    assert (moved["data"]["label"], moved["data"]["mount"]) == ("Export Data", {"type": "sheet"})
    assert (await ann("POST", f"{path}/trigger"))["data"]["type"] == "sheet"
    await ann("DELETE", path)
    assert (await ann("GET", f"/v1/jobs/{job['id']}"))["data"]["status"] == "ready"
    await ann("POST", f"/v1/jobs/{job['id']}/complete")
    assert (await ann("POST", f"/v1/jobs/{job['id']}/retry"))["data"]["actionId"] == made["id"]


async def test_the_same_in_python(api: Api, address: str) -> None:
    """`Flatfile(url, token)`: its actions make jobs, and its jobs are those."""
    async with Flatfile(address, await api.token()) as flatfile:
        action = await flatfile.actions.create({**EXPORT, "targetId": "us_wb_1", "inputForm": FORM}, space_id="s")
        assert await flatfile.actions.get_all(target_id="us_wb_1") == [action]
        assert await flatfile.actions.get_all(space_id="another") == []
        job = await flatfile.actions.trigger(action["id"], {"name": "a"}, metadata={"n": 1})
        assert (await flatfile.jobs.get(job["id"]))["metadata"] == {"n": 1}
        with pytest.raises(BadRequest, match=r"input\.name"):
            await flatfile.actions.trigger(action["id"])
        assert (await flatfile.jobs.cancel(job["id"], "not needed"))["info"] == "not needed"
        assert (await flatfile.jobs.ack_outcome(job["id"]))["outcomeAcknowledgedAt"]
        again = await flatfile.jobs.retry(job["id"])
        assert (again["status"], again["input"]) == ("ready", {"name": "a", "kind": "csv"})
        config: dict[str, Any] = {"type": "space", "operation": "configure", "source": "s"}
        waiting = await flatfile.jobs.create(config)
        await flatfile.jobs.execute(waiting["id"])
        assert (await flatfile.jobs.get(waiting["id"]))["status"] == "ready"
        assert (await flatfile.actions.update(action["id"], {"label": "Send"}))["label"] == "Send"
        assert (await flatfile.actions.get(action["id"]))["label"] == "Send"
        await flatfile.actions.delete(action["id"])
        with pytest.raises(NotFound):
            await flatfile.actions.trigger(action["id"])
