"""Files on a volume from end to end: uploaded and downloaded over HTTP, imported and exported by a worker."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from engine import app
from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.data import tokens, users
from engine.data.users import User
from engine.model import Scope
from engine.settings import Settings
from tests.acceptance.conftest import CRM, POLL_S

ROWS = "".join(f'{{"name": "Company {n}"}}\n' for n in range(20_000))


async def test_a_file_and_its_way(fresh_database: str, tmp_path: Path) -> None:
    """What is uploaded is imported, exported and downloaded, and no byte of it is in PostgreSQL."""
    settings = Settings(database_url=fresh_database, slots=1, poll_ms=100, api_port=0, files_dir=tmp_path)
    async with app.open_database(settings) as database, app.open_worker(settings, database.pool) as worker:
        async with database.pool.acquire() as conn:
            folder = load_folder(CRM)
            await push(conn, folder)
            objects = await conn.fetchval("select count(*) from pg_largeobject_metadata")
            await users.save(conn, "crm", User("ann", "Ann"))
            issued = await tokens.issue(conn, "crm", "ann", name="test", scopes=tuple(Scope))
        async with app.open_api(settings, database.pool, _no_check) as server:
            running = [asyncio.create_task(worker.run()), asyncio.create_task(server.run())]
            headers = {"Authorization": f"Bearer {issued.secret}"}
            async with httpx.AsyncClient(base_url=f"{server.url}/apps/crm", headers=headers, timeout=60) as http:
                file = (await http.post("/files", params={"name": "rows.jsonl"}, content=ROWS.encode())).json()
                imported = {"type": "IMPORT_RECORDS", "entityName": "companies", "fileId": file["id"]}
                assert (await _results(http, imported)) == {"rowsImported": 20_000, "rowsWithErrors": 0}
                results = await _results(http, {"type": "EXPORT_RECORDS", "entityName": "companies"})
                lines = (await http.get(f"/files/{results['fileId']}")).text.splitlines()
                assert len(lines) == results["recordsExported"] + 1 == 20_001
                sizes = _sizes(tmp_path)
                assert len(sizes) == 2 and min(sizes) == len(ROWS)
                assert await database.pool.fetchrow("select count(*) from pg_largeobject_metadata") == (objects,)
            worker.stop()
            server.stop()
            await asyncio.gather(*running)


async def _no_check(language: str, path: str, source: str) -> str | None:
    """Finds nothing wrong with a script."""


def _sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.rglob("*") if path.is_file()]


async def _results(http: httpx.AsyncClient, job: dict[str, object]) -> dict[str, object]:
    """What the job left, once it is over."""
    answer = await http.post("/jobs", json=job)
    assert answer.status_code == 201, answer.text
    one = f"/jobs/{answer.json()['id']}"
    async with asyncio.timeout(120):
        while (await http.get(one)).json()["status"] != "FINISHED":  # noqa: ASYNC110 - the API is asked
            await asyncio.sleep(POLL_S)
    found: dict[str, object] = (await http.get(f"{one}/results")).json()
    return found
