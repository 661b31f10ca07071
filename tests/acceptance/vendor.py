"""A platform with a worker and an API for apps of Freshworks' kind, as its customers see it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet

from engine import app
from engine.apps.folder import load_folder
from engine.apps.iparams import set_iparams
from engine.apps.push import push
from engine.data import tokens, users
from engine.data.users import User
from engine.db.pool import Pool
from engine.executors.check import checker
from engine.jobs import logs, store
from engine.model import Job, Scope
from engine.sdk.freshworks import Freshworks
from engine.settings import Settings
from engine.vault import Vault
from tests.webserver import WebServer, open_web_server

KEY = Fernet.generate_key().decode()


@dataclass(frozen=True, slots=True)
class Vendor:
    """A platform with a worker and an API, where apps are pushed as folders and used as `client`."""

    pool: Pool
    url: str
    folder: Path
    server: WebServer
    settings: Settings

    async def push(self, manifest: str | Mapping[str, Any], scripts: Mapping[str, str], name: str = "desk") -> None:
        """The app's next version, from this manifest.json and these scripts."""
        folder = self.folder / name
        for path, text in {"manifest.json": manifest, **scripts}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text if isinstance(text, str) else json.dumps(text))
        async with app.open_scripts(Settings()) as sandbox, self.pool.acquire() as conn:
            await push(conn, load_folder(folder), check=checker(sandbox))
            await users.save(conn, name, User("ann", "Ann", None))

    async def iparams(self, values: Mapping[str, Any], name: str = "desk") -> None:
        """What the app is installed with."""
        async with self.pool.acquire() as conn:
            await set_iparams(conn, Vault(KEY), name, values)

    async def client(self, name: str = "desk") -> Freshworks:
        """A client of the app."""
        return Freshworks(self.url, await self.token(name))

    async def token(self, name: str = "desk") -> str:
        """The secret of a token that may do everything in the app."""
        async with self.pool.acquire() as conn:
            return (await tokens.issue(conn, name, "ann", name="t", scopes=list(Scope))).secret

    async def ended(self, client: Freshworks, job_id: str) -> dict[str, Any]:
        """The job once it is no longer in progress."""
        async with asyncio.timeout(120):
            while (job := await client.job.get(job_id))["status"] == "in-progress":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return job

    async def run(self, name: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The job of this name, once it has ended."""
        async with await self.client() as client:
            return await self.ended(client, await client.job.invoke(name, payload))

    async def left(self, job: Mapping[str, Any]) -> Any:
        """What the job left."""
        async with self.pool.acquire() as conn:
            return await store.results(conn, "desk", job["id"])

    async def log(self, job: Mapping[str, Any]) -> list[str]:
        """The job's log, with its levels."""
        async with self.pool.acquire() as conn:
            return [f"{line.level} {line.message}" for line in await logs.newer(conn, UUID(job["id"]), 0)]

    async def job(self, job_id: str) -> Job:
        """The job as we see it."""
        async with self.pool.acquire() as conn:
            return await store.get(conn, "desk", job_id)

    async def jobs(self) -> list[Any]:
        """All jobs that there are, as rows."""
        return await self.pool.fetch("select id, timeout_ms from headrace.jobs")


@asynccontextmanager
async def open_vendor(dsn: str, folder: Path) -> AsyncIterator[Vendor]:
    """A platform with one worker, whose apps may reach one server of this machine."""
    async with open_web_server() as server:
        settings = Settings(
            database_url=dsn,
            slots=2,
            poll_ms=100,
            api_port=0,
            vault_keys=KEY,
            http_private_hosts=server.host,
            http_timeout_ms=600_000,
            freshworks_requests_per_minute=1_000_000,
            api_requests_per_minute=1_000_000,
        )
        async with (
            app.open_database(settings) as database,
            app.open_worker(settings, database.pool) as worker,
            app.open_api(settings, database.pool, _no_check) as api,
        ):
            parts = [asyncio.create_task(part) for part in (api.run(), worker.run())]
            yield Vendor(database.pool, api.url, folder, server, settings)
            api.stop()
            worker.stop()
            await asyncio.gather(*parts)


async def _no_check(language: str, path: str, source: str) -> str | None:
    return None
