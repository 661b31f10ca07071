"""An app that listens, by hand: what it is told, and the jobs that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.apps.folder import load_folder
from engine.apps.manifest import Entity
from engine.apps.push import push
from engine.apps.store import AppCache, load_manifest
from engine.data import records
from engine.data.cause import Cause
from engine.data.records import Record
from engine.db.pool import Pool
from engine.events.deliverer import Deliverer
from engine.metrics import Metrics
from tests.engine.hands import APP

ENTITY = '[app]\nname = "crm"\n[entities.things.fields]\nname = { type = "text", required = true }\n'


@dataclass(frozen=True, slots=True)
class Ears:
    """An app with one entity, and what its listeners are told."""

    pool: Pool
    folder: Path
    deliverer: Deliverer

    @classmethod
    def of(cls, pool: Pool, folder: Path) -> Ears:
        """An app that nobody has pushed yet; its files go into the folder."""
        return cls(pool, folder, Deliverer(pool, AppCache(), Metrics().events))

    async def listen(self, listeners: str) -> Entity:
        """Pushes the app with these listeners; its entity."""
        (self.folder / "app.toml").write_text(ENTITY + listeners)
        (self.folder / "listeners").mkdir(exist_ok=True)
        (self.folder / "listeners" / "l.js").write_text("return event;")
        async with self.pool.acquire() as conn:
            await push(conn, load_folder(self.folder))
            return (await load_manifest(conn, APP)).entity("things")

    async def save(self, entity: Entity, name: str, old: Record | None = None, cause: Cause | None = None) -> Record:
        """A record that is new, or the next version of `old`, in a transaction of its own."""
        where = {} if old is None else {"record_id": old.id, "version": old.version}
        async with self.pool.transaction() as conn:
            return await records.save(conn, APP, entity, {"name": name}, cause=cause or Cause(), **where)

    async def remove(self, entity: Entity, record: Record) -> None:
        """The record is no more."""
        async with self.pool.transaction() as conn:
            await records.remove(conn, APP, entity, record.id)

    async def told(self) -> list[Mapping[str, Any]]:
        """What waits to be delivered, oldest first."""
        return [dict(row) for row in await self.pool.fetch("select * from headrace.events order by id")]

    async def deliver(self) -> list[Mapping[str, Any]]:
        """Delivers one round; the live jobs of listeners, oldest first."""
        while not await self.deliverer.deliver():
            pass
        return [
            {**row, "spec": row["spec"]}
            for row in await self.pool.fetch(
                "select j.*, p.spec from headrace.jobs_live j join headrace.job_params p on p.job_id = j.id "
                "where j.type = 'EXECUTE_LISTENER' order by j.id"
            )
        ]
