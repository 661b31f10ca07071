"""Records over HTTP: found, created, saved in the version that was read, removed."""

from __future__ import annotations

from typing import Any

from tests.web.conftest import Api, Caller

RECORDS = "/apps/crm/records/companies"


async def create(ann: Caller, **data: Any) -> dict[str, Any]:
    record: dict[str, Any] = await ann("POST", RECORDS, 201, json={"data": data})
    return record


async def test_a_record_lives(api: Api, ann: Caller) -> None:
    """Created with its defaults, shown with its version as ETag, saved, removed, gone."""
    response = await ann.send("POST", RECORDS, json={"data": {"name": "Acme", "type": "a"}})
    made, one = response.json(), response.headers["Location"]
    assert (response.status_code, response.headers["ETag"], made["version"], made["label"]) == (201, '"1"', 1, "Acme")
    shown = await ann.send("GET", one)
    assert (shown.json(), shown.headers["ETag"]) == (made, '"1"')
    saved = await ann("PUT", one, json={"data": {**made["data"], "type": "b"}, "version": 1})
    assert (saved["version"], saved["data"]["type"]) == (2, "b")
    await ann("DELETE", one, 204)
    await ann("GET", one, 404)
    await ann("DELETE", one, 404)


async def test_a_save_needs_the_version_that_was_read(api: Api, ann: Caller) -> None:
    """Another version is 409, another ETag 412, none at all 400; the record stays as it is."""
    made = await create(ann, name="Acme")
    one, body = f"{RECORDS}/{made['id']}", {"data": {"name": "Umbrella"}}
    conflict = await ann("PUT", one, 409, json={**body, "version": 7})
    assert (conflict["code"], conflict["additionalInfo"]["version"]) == ("optimisticLocking", 1)
    assert (await ann("PUT", one, 412, json=body, headers={"If-Match": '"7"'}))["code"] == "optimisticLocking"
    assert (await ann("PUT", one, 400, json=body))["additionalInfo"]["field"] == "version"
    assert (await ann("PUT", one, 400, json=body, headers={"If-Match": "*"}))["additionalInfo"]["field"] == "If-Match"
    await ann("DELETE", one, 412, headers={"If-Match": '"7"'})
    assert (await ann("GET", one)) == made
    assert (await ann("PUT", one, json=body, headers={"If-Match": '"1"'}))["version"] == 2
    await ann("DELETE", one, 204, headers={"If-Match": '"2"'})


async def test_a_wrong_record_has_a_reason_for_each_field(api: Api, ann: Caller) -> None:
    """422 with the fields; nothing is saved."""
    error = await ann("POST", RECORDS, 422, json={"data": {"type": "z", "colour": "red"}})
    assert error["code"] == "validationErrors"
    assert error["additionalInfo"].keys() == {"name", "type", "colour"}
    assert (await ann("GET", RECORDS))["items"] == []


async def test_queries_in_the_address_and_in_the_body(api: Api, ann: Caller) -> None:
    """Both speak the language of sys.data; pages lead through all of it."""
    for n in range(5):
        await create(ann, name=f"Company {n}", type="ab"[n % 2], employees=n)

    async def found(**params: Any) -> list[str]:
        return [item["label"][-1] for item in (await ann("GET", RECORDS, params=params))["items"]]

    assert await found(type="a") == ["0", "2", "4"]
    assert await found(name="like(company 3)") == ["3"]
    assert await found(employees="between(1,2)", _sortField="employees", _sortType="desc") == ["2", "1"]
    assert await found(name=["Company 1", "Company 2"]) == ["1", "2"]
    wanted = {"query": {"type": ["a"], "_sortField": "name"}, "size": 2, "count": True}
    page = await ann("POST", "/apps/crm/queries/companies", json=wanted)
    assert ([item["label"][-1] for item in page["items"]], page["count"]) == (["0", "2"], 3)
    rest = await ann("POST", "/apps/crm/queries/companies", json={**wanted, "cursor": page["next"]})
    assert ([item["label"][-1] for item in rest["items"]], rest["next"]) == (["4"], None)
    assert (await ann("GET", RECORDS, 400, params={"colour": "red"}))["code"] == "badRequest"
    assert (await ann("GET", RECORDS, 400, params={"_cursor": "x"}))["additionalInfo"]["field"] == "_cursor"


async def test_an_entity_that_is_not_there_is_404(api: Api, ann: Caller) -> None:
    """An address that names no entity of the app leads nowhere."""
    assert (await ann("GET", "/apps/crm/records/planets", 404))["additionalInfo"] == {"entity": "planets"}
