"""The API on a real port, with the example app pushed, its users, and an app beside it."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from engine import app
from engine.apps.folder import AppFolder, load_folder
from engine.apps.push import push
from engine.apps.store import AppCache
from engine.data import tokens, users
from engine.data.users import User
from engine.db.pool import Pool
from engine.jobs import store
from engine.jobs.ends import Ends
from engine.jobs.feed import Feed
from engine.model import JobType, NewJob, Scope
from engine.settings import Settings
from engine.vault import new_key
from engine.web.context import Web
from engine.web.limits import RateLimits
from engine.web.shared_limits import SharedLimits

CRM = Path(__file__).resolve().parent.parent.parent / "examples" / "crm"
SETTINGS = Settings(
    api_port=0,
    api_requests_per_minute=1_000_000,
    freshworks_requests_per_minute=1_000_000,
    api_body_kb=64,
    api_upload_mb=1,
    api_wait_ms=200,
    api_stream_ms=2000,
    vault_keys=new_key(),
)
ALL = tuple(Scope)


async def no_check(language: str, path: str, source: str) -> str | None:
    """Finds nothing wrong with a script, but with one that says so."""
    return f"{path}:1: does not compile" if "does not compile" in source else None


@dataclass(frozen=True, slots=True)
class Api:
    """A client of the API, and the database behind it."""

    http: httpx.AsyncClient
    pool: Pool

    async def token(self, *scopes: str, user: str = "ann", app: str = "crm", **options: Any) -> str:
        """The secret of a new token; with every scope if none is named."""
        async with self.pool.acquire() as conn:
            issued = await tokens.issue(conn, app, user, name="test", scopes=scopes or ALL, **options)
        return issued.secret

    async def as_(self, *scopes: str, user: str = "ann", app: str = "crm") -> Caller:
        """Somebody with such a token."""
        return Caller(self.http, await self.token(*scopes, user=user, app=app))

    async def job(self, *, run_by: str | None = "ann", app: str = "crm", **options: Any) -> UUID:
        """A job that no worker runs."""
        spec = {"scriptName": "a.js", "source": "1", "language": "javascript"}
        new = NewJob(app=app, type=JobType.EXECUTE_SCRIPT, name="a.js", label="a.js", spec=spec, run_by=run_by)
        async with self.pool.transaction() as conn:
            return (await store.create(conn, [new._replace(**options)]))[0]


@dataclass(frozen=True, slots=True)
class Caller:
    """Sends requests with a token."""

    http: httpx.AsyncClient
    secret: str

    async def __call__(
        self, method: str, path: str, status: int = 200, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> Any:
        """The body of the response, which has this status; as JSON if it is JSON."""
        response = await self.send(method, path, headers=headers, **options)
        assert response.status_code == status, (response.status_code, response.text)
        is_json = response.headers.get("content-type", "").startswith("application/json")
        return response.json() if is_json else response.content

    async def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        """The whole response."""
        all_headers = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
        return await self.http.request(method, path, headers=all_headers, **options)


@pytest.fixture(scope="session")
def crm() -> AppFolder:
    """The example app."""
    return load_folder(CRM)


@pytest.fixture
def web(shared_pool: Pool) -> Web:
    """What an API is built with."""
    limits = RateLimits(1_000_000, time.monotonic)
    jobs_limits = SharedLimits(shared_pool, 1_000_000, time.monotonic)
    return Web(shared_pool, AppCache(), Feed(shared_pool), SETTINGS, limits, jobs_limits, no_check, Ends(shared_pool))


@pytest.fixture(scope="session")
async def address(shared_pool: Pool) -> AsyncIterator[str]:
    """Where the API of this session's database is."""
    async with app.open_api(SETTINGS, shared_pool, no_check) as server:
        serving = asyncio.create_task(server.run())
        yield server.url
        server.stop()
        await serving


@pytest.fixture
async def api(pool: Pool, address: str, crm: AppFolder) -> AsyncIterator[Api]:
    """The API with the apps crm (users ann and bob) and other (user ann)."""
    async with pool.acquire() as conn:
        await push(conn, dataclasses.replace(crm, files=()))
        other = dataclasses.replace(crm.manifest, name="other")
        await push(conn, dataclasses.replace(crm, manifest=other, files=(), sha256="0"))
        for each in ("crm", "other"):
            await users.save(conn, each, User("ann", "Ann Smith", "ann@example.org"))
        await users.save(conn, "crm", User("bob", "Bob"))
    async with httpx.AsyncClient(base_url=address, timeout=120) as http:
        yield Api(http, pool)


@pytest.fixture
async def ann(api: Api) -> Caller:
    """Ann, who may do everything."""
    return await api.as_()
