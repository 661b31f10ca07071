"""Many new records in a few statements: what an import writes for each batch of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.apps.manifest import Entity
from engine.data import keys
from engine.data.cause import NOBODY, Cause
from engine.data.fields import validate
from engine.db.pool import Connection
from engine.db.sql import load
from engine.ids import new_ids


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that became no record: the reason for each field that is wrong."""

    reasons: Mapping[str, str]


async def save_many(
    conn: Connection, app: str, entity: Entity, rows: Sequence[Mapping[str, Any]], *, cause: Cause = NOBODY
) -> list[UUID | Refused]:
    """For each row, in order, the id of its new record, or why there is none; the good ones are saved.

    Of two rows with the same unique value one is refused. Inside the caller's transaction, all in at most
    three statements and one a relation.
    """
    checked = [validate(entity, row) for row in rows]
    dangling = await keys.missing_relations(conn, app, entity, [stored for stored, _ in checked])
    results: list[UUID | Refused] = []
    good: dict[UUID, dict[str, Any]] = {}
    for place, ((stored, reasons), record_id) in enumerate(zip(checked, new_ids(len(checked)), strict=True)):
        reasons |= dangling.get(place, {})
        results.append(Refused(reasons) if reasons else record_id)
        if not reasons:
            good[record_id] = stored
    async with conn.transaction():
        taken = await keys.take_many(conn, app, entity, list(good.items()))
        await _insert(conn, app, entity, {key: data for key, data in good.items() if key not in taken}, cause)
    return [Refused(taken[item]) if isinstance(item, UUID) and item in taken else item for item in results]


async def _insert(
    conn: Connection, app: str, entity: Entity, records: Mapping[UUID, dict[str, Any]], cause: Cause
) -> None:
    if records:
        ids, data = list(records), list(records.values())
        await conn.execute(load("record_insert_many"), app, entity.name, ids, data, cause.root_id, cause.run_by)
