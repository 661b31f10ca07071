"""Every error in the one form: addresses, methods, bodies, limits, and failures that are ours."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import httpx
import pytest

from engine import app
from engine.db.pool import Pool
from engine.errors import TooManyRequests
from engine.metrics import Metrics
from engine.web import api as web_api
from engine.web import health
from engine.web.context import Web
from engine.web.limits import RateLimits
from engine.web.routes import PUBLIC, Routes
from tests.web.conftest import SETTINGS, Api, Caller, no_check


def form(response: httpx.Response) -> dict[str, Any]:
    """The error of a response, which has the one form."""
    body: dict[str, Any] = response.json()
    assert body.keys() == {"code", "message", "additionalInfo"}
    assert response.headers["X-Request-Id"]
    return body


async def test_addresses_and_methods_that_are_not_there(api: Api, ann: Caller) -> None:
    """404 and 405 have the one form; 405 names all that the address knows."""
    assert form(response := await ann.send("GET", "/nothing"))["code"] == "notFound"
    assert response.status_code == 404
    response = await ann.send("PATCH", "/apps/crm/jobs")
    assert (response.status_code, response.headers["Allow"], form(response)["code"]) == (405, "GET, POST", "badRequest")


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"type": ', "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"type": "EXECUTE_ACTION", "actionName": "report", "params": {"n": NaN}}', "application/json", 400),
        (b'{"type": "EXECUTE_ACTION", "actionName": "report", "params": {"n": 1e999}}', "application/json", 400),
        (b'{"type": "EXECUTE_ACTION", "actionName": "a\\u0000"}', "application/json", 400),
        (b'{"type": "EXECUTE_ACTION", "actionName": "\\ud800"}', "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b"[]", "application/json", 400),
        (b"", "application/json", 400),
        (b'{"type": "EXECUTE_ACTION"}', "text/plain", 415),
        (b'"' + b"x" * 70_000 + b'"', "application/json", 413),
    ],
)
async def test_bodies_that_are_refused(api: Api, ann: Caller, content: bytes, kind: str, status: int) -> None:
    """What is no JSON, what PostgreSQL cannot keep and what is too long is the caller's error, never a failure."""
    response = await ann.send("POST", "/apps/crm/jobs", content=content, headers={"Content-Type": kind})
    assert (response.status_code, form(response)["code"]) == (status, "badRequest")


async def test_the_character_nul_is_nowhere(api: Api, ann: Caller) -> None:
    """In the path and in the query it is refused before PostgreSQL sees it."""
    for path in ("/apps/crm/users/%00", "/apps/crm/records/companies?name=%00", "/apps/crm/files?name=a%00"):
        assert form(await ann.send("GET", path))["code"] == "badRequest"


async def test_an_app_has_so_many_requests(pool: Pool, api: Api) -> None:
    """The bucket empties, 429 says when to come back, and another app is not touched."""
    settings = dataclasses.replace(SETTINGS, api_requests_per_minute=2)
    async with app.open_api(settings, pool, no_check) as server:
        serving = asyncio.create_task(server.run())
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            ann, stranger = Caller(http, await api.token()), Caller(http, await api.token(app="other"))
            left = [(await ann.send("GET", "/apps")).headers["RateLimit-Remaining"] for _ in range(2)]
            response = await ann.send("GET", "/apps")
            await stranger("GET", "/apps")
            assert (await http.get("/health/live")).status_code == 200
        server.stop()
        await serving
    assert left == ["1", "0"]
    assert (response.status_code, form(response)["code"]) == (429, "tooManyRequests")
    assert 1 <= int(response.headers["Retry-After"]) <= 30


def test_a_bucket_refills_evenly() -> None:
    """After a second a bucket of 60 a minute has one request more, and never more than its size."""
    now = [0.0]
    limits = RateLimits(60, lambda: now[0])
    for _ in range(60):
        limits.take("crm")
    with pytest.raises(TooManyRequests):
        limits.take("crm")
    now[0] = 1.0
    assert limits.take("crm").remaining == 0
    now[0] = 1000.0
    assert limits.take("crm").remaining == 59


async def test_a_failure_tells_only_where_the_log_has_it(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    """The text of an exception stays inside; the response and the log share an id."""
    built = web_api.build(web)

    async def broken() -> None:
        raise RuntimeError("the secret of the house")

    Routes(built, web).add("GET", "/broken", broken, access=PUBLIC, name="broken", tag="x")
    transport = httpx.ASGITransport(web_api.framed(built, web, Metrics().service))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        response = await http.get("/broken")
    body = form(response)
    assert (response.status_code, body["code"]) == (500, "systemException")
    assert "secret" not in response.text
    assert body["additionalInfo"]["requestId"] == response.headers["X-Request-Id"]
    assert body["additionalInfo"]["requestId"] in caplog.text


async def test_without_its_database_the_api_is_not_ready(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lives, it is not ready, and requests are 503 with Retry-After; nothing says where the database is."""
    monkeypatch.setattr(health, "READY_S", 60.0)
    pool = await Pool.connect(fresh_database)
    async with app.open_api(SETTINGS, pool, no_check) as server:
        serving = asyncio.create_task(server.run())
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            assert (await http.get("/health/ready")).json() == {"status": "ok"}
            await pool.close()
            for path in ("/health/ready", "/apps"):
                response = await http.get(path, headers={"Authorization": "Bearer x"})
                assert (response.status_code, form(response)["code"]) == (503, "systemException")
                assert response.headers["Retry-After"]
                assert "postgres" not in response.text.lower()
            assert (await http.get("/health/live")).status_code == 200
        server.stop()
        await serving


async def test_pages_of_others_may_not_call_unless_they_are_named(web: Web) -> None:
    """CORS is off by default; a setting lets single origins in."""
    for origins, allowed in (("", None), ("https://a.example, https://b.example", "https://b.example")):
        settings = dataclasses.replace(SETTINGS, api_cors_origins=origins)
        changed = dataclasses.replace(web, settings=settings)
        transport = httpx.ASGITransport(web_api.framed(web_api.build(changed), changed, Metrics().service))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            response = await http.get("/health/live", headers={"Origin": "https://b.example"})
        assert response.headers.get("Access-Control-Allow-Origin") == allowed


async def test_the_page_of_the_document_needs_no_other_server(api: Api) -> None:
    """It names every operation and loads nothing from anywhere."""
    response = await api.http.get("/docs")
    document = (await api.http.get("/openapi.json")).json()
    names = [item["operationId"] for methods in document["paths"].values() for item in methods.values()]
    assert [name for name in names if f'id="{name}"' not in response.text] == []
    assert "<script" not in response.text
    assert "src=" not in response.text
