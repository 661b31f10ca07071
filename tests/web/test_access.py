"""Who gets in where: made from the OpenAPI document, so that a new route cannot be forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.data import tokens
from engine.model import Scope
from engine.web import api as web_api
from engine.web import document
from engine.web.context import Web
from engine.web.routes import GuardedRoute, Routes, check_guarded
from tests.web.conftest import Api, Caller

PUBLIC_OPERATIONS = {"isLive", "isReady", "getDocument", "getDocs"}
PUBLIC_OPERATIONS |= {"freshworksClient", "ductapeClient", "ductapeClientTypes"}
# Who may call an app's own endpoint, the app says: tests/web/test_endpoints.py.
DECLARED_OPERATIONS = {"callGet", "callPost", "callPut", "callPatch", "callDelete"}
MISSING = "0193a5b0-7c1e-7d3a-9a1b-2c3d4e5f6071"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document; `scope` is None if it is public."""

    name: str
    method: str
    path: str
    scope: Scope | None
    body: Any
    binary: bool
    query: dict[str, str]

    async def send(self, caller: Caller, values: dict[str, str], **headers: str) -> Any:
        """The response to the operation with the example of the document."""
        path = self.path.format(**values)
        if self.binary:
            return await caller.send(self.method, path, params=self.query, content=b"x", headers=headers)
        return await caller.send(self.method, path, params=self.query, json=self.body, headers=headers)


def operations(doc: dict[str, Any]) -> Iterator[Operation]:
    """Every operation of a document."""
    for path, methods in doc["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            body = content.get("application/json")
            query = {
                item["name"]: "x"
                for item in operation.get("parameters", ())
                if item["in"] == "query" and item["required"]
            }
            security = operation["security"]
            yield Operation(
                operation["operationId"],
                method.upper(),
                path,
                Scope(security[0]["token"][0]) if security else None,
                None if body is None else example(doc, body),
                bool(content) and body is None,
                query,
            )


def example(doc: dict[str, Any], body: dict[str, Any]) -> Any:
    """The first example of a body: its own, or put together from those of its fields."""
    if "examples" in body:
        return next(iter(body["examples"].values()))["value"]
    if body["schema"].get("type") == "array":
        return [example(doc, {"schema": body["schema"]["items"]})]
    schema = doc["components"]["schemas"][body["schema"]["$ref"].rsplit("/", 1)[-1]]
    return {name: field["examples"][0] for name, field in schema["properties"].items() if "examples" in field}


@pytest.fixture
async def all_operations(api: Api) -> list[Operation]:
    """The operations of the running API."""
    return list(operations((await api.http.get("/openapi.json")).json()))


@pytest.fixture
async def values(api: Api, ann: Caller) -> dict[str, str]:
    """Things of the app crm by the names of path parameters. A parameter with a new name needs a value here."""
    file = await ann("POST", "/apps/crm/files", 201, params={"name": "a"}, content=b"x")
    await ann("PUT", "/apps/crm/limits/heavy", json={"concurrency": 1})
    schedule = {"tag": "nightly", "name": "N", "eventType": "FUNCTION", "eventTag": "n", "interval": 60_000}
    await ann("POST", "/apps/crm/schedules", 201, json=schedule)
    record = await ann("POST", "/apps/crm/records/companies", 201, json={"data": {"name": "Acme"}})
    listener = await ann("POST", "/v1/listeners", 201, json={"jobs": []})
    await ann("POST", "/v1/jobs", json={"type": "space", "operation": "configure", "source": "s"})
    action = {"operation": "export", "label": "Export", "targetId": "us_wb_1"}
    action_id = (await ann("POST", "/v1/actions", json=action))["data"]["id"]
    return {
        "app": "crm",
        "actionId": action_id,
        "jobId": str(await api.job()),
        "fileId": file["id"],
        "entity": "companies",
        "recordId": record["id"],
        "userId": "bob",
        "tag": "nightly",
        "queue": "heavy",
        "listenerId": listener["data"]["id"],
        "eventId": (await ann("GET", "/v1/events"))["data"][0]["id"],
        "endpoint": "stats",
    }


def guarded(found: list[Operation]) -> list[Operation]:
    return [operation for operation in found if operation.scope is not None]


async def test_only_these_need_no_token(all_operations: list[Operation]) -> None:
    """Whoever makes another operation public has to say so here."""
    without = {operation.name for operation in all_operations if operation.scope is None}
    assert without == PUBLIC_OPERATIONS | DECLARED_OPERATIONS


async def test_a_missing_wrong_expired_or_revoked_token_is_401(
    api: Api, all_operations: list[Operation], values: dict[str, str]
) -> None:
    """Every operation with a scope refuses them in the one form, before it looks at anything else."""
    expired = await api.token(expires_at=datetime.now(UTC) + timedelta(days=1))
    await api.pool.execute("update headrace.api_tokens set expires_at = now() where expires_at is not null")
    async with api.pool.acquire() as conn:
        revoked = await tokens.issue(conn, "crm", "ann", name="r", scopes=list(Scope))
        await tokens.revoke(conn, "crm", revoked.token.id)
    good = await api.token()
    for operation in guarded(all_operations):
        for authorization in (
            "",
            f"Bearer {good}x",
            f"Bearer {expired}",
            f"Bearer {revoked.secret}",
            f"Basic {good}",
            "Bearer",
        ):
            response = await operation.send(Caller(api.http, ""), values, Authorization=authorization)
            assert response.status_code == 401, (operation, authorization, response.text)
            assert response.json()["code"] == "unauthorized"
            assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_too_small_a_scope_is_403(api: Api, all_operations: list[Operation], values: dict[str, str]) -> None:
    """A token with every scope but the one that is needed (and admin) is refused."""
    for operation in guarded(all_operations):
        others = {scope for scope in Scope if scope not in (operation.scope, Scope.ADMIN)}
        response = await operation.send(await api.as_(*others), values)
        assert response.status_code == 403, (operation, response.text)
        assert (response.json()["code"], response.json()["additionalInfo"]["scope"]) == ("forbidden", operation.scope)


async def test_its_own_scope_is_enough(api: Api, all_operations: list[Operation], values: dict[str, str]) -> None:
    """No operation needs a second scope; the examples of the document are taken."""
    await (await api.as_())("POST", f"/apps/crm/jobs/{values['jobId']}/cancel")
    for operation in guarded(all_operations):
        assert operation.scope is not None
        response = await operation.send(await api.as_(operation.scope), values, **{"Last-Event-ID": "0.0.0.end"})
        assert response.status_code not in (401, 403, 422), (operation, response.text)
        assert response.status_code < 500, (operation, response.text)


async def test_another_apps_things_are_404(api: Api, all_operations: list[Operation], values: dict[str, str]) -> None:
    """Neither the other app's address nor, under the own app's, the ids of the other app's things lead anywhere."""
    stranger = await api.as_(app="other")
    before = await everything(api)
    for operation in guarded(all_operations):
        if "{" not in operation.path:
            continue
        places = [values]
        if "Id}" in operation.path:
            places.append({**values, "app": "other"})
        for place in places:
            response = await operation.send(stranger, place)
            assert response.status_code == 404, (operation, place, response.text)
            assert response.json()["code"] == "notFound"
    assert await everything(api) == before


async def test_what_is_not_there_is_404(api: Api, all_operations: list[Operation], values: dict[str, str]) -> None:
    """An id that nobody has answers like another app's."""
    caller = await api.as_()
    missing = {name: MISSING if name.endswith("Id") else value for name, value in values.items()}
    missing |= {"userId": "nobody", "eventId": "999999999"}
    for operation in guarded(all_operations):
        if "Id}" in operation.path:
            response = await operation.send(caller, missing)
            assert response.status_code == 404, (operation, response.text)


async def everything(api: Api) -> str:
    """The contents of the tables that requests can change."""
    tables = ("jobs", "schedules", "records", "files", "app_versions", "users")
    rows = [await api.pool.fetch(f"select t::text as row from headrace.{table} t order by 1") for table in tables]
    return json.dumps([[row["row"] for row in found] for found in rows])


async def test_a_list_shows_only_its_app(api: Api, ann: Caller, values: dict[str, str]) -> None:
    """The other app's lists do not have what this app's lists have."""
    stranger = await api.as_(app="other")
    for path in ("jobs", "schedules", "files", "records/companies"):
        assert (await ann("GET", f"/apps/crm/{path}"))["items"]
        assert (await stranger("GET", f"/apps/other/{path}"))["items"] == []
    assert [user["id"] for user in (await stranger("GET", "/apps/other/users"))["items"]] == ["ann"]
    assert [app["name"] for app in (await stranger("GET", "/apps"))["items"]] == ["other"]


def test_a_route_without_a_scope_is_impossible(web: Web) -> None:
    """Routes.add cannot be called without one, and a route that was added past it stops the API from being built."""
    built = web_api.build(web)
    routes = Routes(built, web)

    async def endpoint() -> dict[str, str]:
        return {}

    with pytest.raises(TypeError, match="access"):
        routes.add("GET", "/x", endpoint, name="x", tag="x")  # type: ignore[call-arg]
    check_guarded(built.routes)
    built.add_api_route("/x", endpoint)
    with pytest.raises(TypeError, match="no declared scope"):
        check_guarded(built.routes)


def test_the_document_shows_every_route(web: Web) -> None:
    """No route is hidden from the document, so none is hidden from these tests; its scope there is its guard's."""
    built = web_api.build(web)
    shown = {(item.method, item.path): item.scope for item in operations(document.build(built))}
    routes = [route for route in built.routes if isinstance(route, GuardedRoute)]
    real = {
        (method, route.path_format): route.access if isinstance(route.access, Scope) else None
        for route in routes
        for method in route.methods or ()
    }
    assert real == shown
