"""An app that listens, on a database with workers: what it is made to do, and what its listeners have heard."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from engine.apps.folder import load_folder
from engine.apps.manifest import Entity
from engine.apps.store import load_manifest
from engine.data import records
from engine.data.records import Record
from engine.db.pool import Pool
from engine.events.push import push
from engine.jobs import store
from engine.model import JobType, NewJob
from tests.acceptance.conftest import POLL_S
from tests.patience import patience


@dataclass(frozen=True, slots=True)
class Ears:
    """The app `ears`, which has an entity `things`."""

    pool: Pool
    entity: Entity

    @classmethod
    async def pushed(cls, pool: Pool, folder: Path, toml: str, listeners: Mapping[str, str]) -> Ears:
        """The app, with the scripts of its listeners by the names of their files."""
        (folder / "listeners").mkdir(parents=True)
        for name, source in listeners.items():
            (folder / "listeners" / name).write_text(source)
        (folder / "app.toml").write_text(toml)
        async with pool.acquire() as conn:
            await push(conn, load_folder(folder))
            return cls(pool, (await load_manifest(conn, "ears")).entity("things"))

    async def run(self, source: str) -> UUID:
        """The id of a job that runs this JavaScript."""
        spec = {"scriptName": "a.js", "source": source, "language": "javascript", "params": {}}
        async with self.pool.transaction() as conn:
            new = NewJob(app="ears", type=JobType.EXECUTE_SCRIPT, name="a.js", label="a.js", spec=spec, run_by="ann")
            return (await store.create(conn, [new]))[0]

    async def save(self, data: Mapping[str, Any], old: Record | None = None) -> Record:
        """A record that is new, or the next version of `old`."""
        where: dict[str, Any] = {} if old is None else {"record_id": old.id, "version": old.version}
        async with self.pool.transaction() as conn:
            return await records.save(conn, "ears", self.entity, data, **where)

    async def heard(self, listener: str, count: int) -> list[Mapping[str, Any]]:
        """The ended jobs of the listener, in the order in which they were made, once there are so many and no event
        waits. Not in that of their ends: one that an event of another made may be over before that one is."""
        async with patience(f"{count} ended jobs of the listener {listener}"):
            while True:
                rows = await self.pool.fetch(
                    "select j.*, r.results, r.error from headrace.jobs_history j left join headrace.job_results r "
                    "on r.job_id = j.id where j.type = 'EXECUTE_LISTENER' and j.name = $1 order by j.id",
                    listener,
                )
                waiting = await self.pool.fetch("select from headrace.events limit 1")
                if len(rows) >= count and not waiting:
                    return [dict(row) for row in rows]
                await asyncio.sleep(POLL_S)

    async def values(self, listener: str, count: int) -> list[Any]:
        """What the scripts of these jobs returned."""
        rows = await self.heard(listener, count)
        assert [row["error"] for row in rows] == [None] * len(rows)
        return [row["results"]["results"]["response"] for row in rows]
