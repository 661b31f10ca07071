"""What a record promises beyond its own fields: unique values, and relations that point to something."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from engine.apps.manifest import Entity, FieldType
from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import ValidationErrors

TAKEN = "another record already has this value"


async def take(conn: Connection, app: str, entity: Entity, record_id: UUID, data: Mapping[str, Any]) -> None:
    """Claim the unique values of a new record; ValidationErrors for those that another record holds."""
    reasons = (await take_many(conn, app, entity, [(record_id, data)])).get(record_id)
    if reasons:
        fields = "; ".join(f"{field}: {reason}" for field, reason in reasons.items())
        raise ValidationErrors(f"the record of {entity.name} is not valid: {fields}", additional_info=reasons)


async def exchange(conn: Connection, app: str, entity: Entity, record_id: UUID, data: Mapping[str, Any]) -> None:
    """Claim the unique values of a changed record and give up those that it had."""
    if _unique(entity):
        await conn.execute(load("record_keys_delete"), app, entity.name, [record_id])
        await take(conn, app, entity, record_id, data)


async def take_many(
    conn: Connection, app: str, entity: Entity, records: Sequence[tuple[UUID, Mapping[str, Any]]]
) -> dict[UUID, dict[str, str]]:
    """Claim the unique values of new records; the reason for each field of each record that comes too late.

    A record that lost one value holds none. Waits for transactions that are claiming the same values.
    """
    wanted = [
        (field, _key(data[field]), record_id)
        for record_id, data in records
        for field in _unique(entity)
        if field in data
    ]
    if not wanted:
        return {}
    columns = [list(column) for column in zip(*wanted, strict=True)]
    rows = await conn.fetch(load("record_keys_insert"), app, entity.name, *columns)
    got = {(row["field"], row["value"], row["record_id"]) for row in rows}
    refused: dict[UUID, dict[str, str]] = {}
    for field, value, record_id in wanted:
        if (field, value, record_id) not in got:
            refused.setdefault(record_id, {})[field] = TAKEN
    if refused:
        await conn.execute(load("record_keys_delete"), app, entity.name, list(refused))
    return refused


async def missing_relations(
    conn: Connection, app: str, entity: Entity, records: Sequence[Mapping[str, Any]]
) -> dict[int, dict[str, str]]:
    """For each record by its place, the relations that point to no record."""
    missing: dict[int, dict[str, str]] = {}
    for field in entity.fields.values():
        if field.type is not FieldType.RELATION:
            continue
        wanted = {place: UUID(data[field.name]) for place, data in enumerate(records) if field.name in data}
        if not wanted:
            continue
        rows = await conn.fetch(load("record_existing"), app, field.entity, sorted(set(wanted.values())))
        known = {row["id"] for row in rows}
        for place in (place for place, target in wanted.items() if target not in known):
            missing.setdefault(place, {})[field.name] = f"there is no record of {field.entity} with this id"
    return missing


def _unique(entity: Entity) -> list[str]:
    return [field.name for field in entity.fields.values() if field.unique]


def _key(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
