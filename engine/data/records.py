"""Records of an app's entities: created, saved with optimistic locking, found by query maps, removed.

Every function takes the caller's connection and the entity's declaration; the transaction is the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from engine.apps.manifest import Entity
from engine.data import keys
from engine.data.cause import NOBODY, Cause
from engine.data.fields import defaults, validate
from engine.data.query import Cursor, Query
from engine.db import search
from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import BadRequest, NotFound, OptimisticLocking, ValidationErrors
from engine.ids import new_id
from engine.model import check_job_id

MAX_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was when it was read. `version` counts its saves, from 1."""

    id: UUID
    entity: str
    label: str
    version: int
    data: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def from_row(cls, row: asyncpg.Record, entity: Entity) -> Record:
        """A record from a row of sql/queries/record_*.sql, with the fields that its entity declares today.

        A value of a field that the app no longer declares stays in the row until the next save.
        """
        return cls(
            id=row["id"],
            entity=row["entity"],
            label=entity.label_of(row["data"], str(row["id"])),
            version=row["version"],
            data={name: row["data"][name] for name in entity.fields if name in row["data"]},
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        )

    def to_wire(self) -> dict[str, Any]:
        """The record as scripts and HTTP callers get it."""
        return {
            "id": str(self.id),
            "entity": self.entity,
            "label": self.label,
            "version": self.version,
            "data": dict(self.data),
        }


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the records that a query finds; `next` is the cursor of the page after, None at the end."""

    items: tuple[Record, ...]
    next: str | None


def new_record(entity: Entity) -> dict[str, Any]:
    """What sys.data.createRecord gives: the wire form of a record that is not saved yet, with its defaults."""
    return {"id": None, "entity": entity.name, "label": None, "version": 0, "data": defaults(entity)}


def check_id(value: object) -> UUID:
    """The value as a record's id; badRequest if it is not the text of a UUID."""
    return check_job_id(value, "id", of="record")


async def save(
    conn: Connection,
    app: str,
    entity: Entity,
    data: object,
    *,
    record_id: object = None,
    version: object = 0,
    new: UUID | None = None,
    cause: Cause = NOBODY,
) -> Record:
    """The record after its save: a new one if `record_id` is None (with the id `new`, if given), else its next version.

    `data` is all of the record's data, not a change to it.
    ValidationErrors with a reason for each wrong field; NotFound if the record is gone;
    OptimisticLocking if it has another version than `version`, the one that the writer read.
    """
    stored = await _checked(conn, app, entity, data)
    async with conn.transaction():
        if record_id is None:
            row = await _insert(conn, app, entity, new or new_id(), stored, cause)
        else:
            row = await _update(conn, app, entity, check_id(record_id), _check_version(version), stored, cause)
    return Record.from_row(row, entity)


async def find_by_id(conn: Connection, app: str, entity: Entity, record_id: object) -> Record | None:
    """The record, None if there is none; badRequest if the id is malformed."""
    row = await conn.fetchrow(load("record_find_by_id"), app, entity.name, check_id(record_id))
    return None if row is None else Record.from_row(row, entity)


async def find_page(
    conn: Connection, app: str, entity: Entity, query: object = None, *, cursor: object = None, limit: int = 100
) -> Page:
    """The next records that the query map finds, in the order of creation unless it sorts; at most `limit`.

    `_size` limits all pages together: the cursor knows how many records came before.
    badRequest names a wrong key of the query, its value and what is allowed.
    """
    wanted = Query.parse(entity, query)
    start = None if cursor is None else Cursor.parse(cursor)
    seen = start.seen if start else 0
    most = min(limit, MAX_PAGE, (wanted.size or limit + seen) - seen)
    if most <= 0:
        return Page((), None)
    rows = await _rows(conn, app, entity.name, wanted, start, most + 1)
    items = tuple(Record.from_row(row, entity) for row in rows[:most])
    done = len(rows) <= most or seen + len(items) == wanted.size
    return Page(items, None if done else _cursor(seen + len(items), rows[most - 1]).text())


async def _rows(
    conn: Connection, app: str, entity: str, query: Query, start: Cursor | None, limit: int
) -> list[asyncpg.Record]:
    """The rows of a page; a sorted query's records without a value come last."""
    in_rest = query.sort is not None and start is not None and start.key is None
    rows = [] if in_rest else await search.fetch_planned(conn, query.page(app, entity, cursor=start, limit=limit))
    if query.sort is None or len(rows) == limit:
        return rows
    offset = 0
    if start is None and query.offset and not rows:
        offset = query.offset - await _count(conn, query.count_sorted(app, entity))
    rest = replace(query, offset=max(0, offset)).rest(
        app, entity, cursor=start if in_rest else None, limit=limit - len(rows)
    )
    return [*rows, *await search.fetch_planned(conn, rest)]


async def find_one(conn: Connection, app: str, entity: Entity, query: object = None) -> Record | None:
    """The first record that the query map finds; None if it finds none."""
    page = await find_page(conn, app, entity, query, limit=1)
    return page.items[0] if page.items else None


async def count(conn: Connection, app: str, entity: Entity, query: object = None) -> int:
    """How many records the query map finds, whatever its `_size` and `_offset`."""
    return await _count(conn, Query.parse(entity, query).count(app, entity.name))


async def count_pages(conn: Connection, app: str, entity: Entity, query: object = None) -> int:
    """How many records all pages of the query map have together, which `_size` and `_offset` limit."""
    wanted = Query.parse(entity, query)
    found = max(0, await _count(conn, wanted.count(app, entity.name)) - wanted.offset)
    return found if wanted.size is None else min(found, wanted.size)


async def _count(conn: Connection, statement: sa.Select[Any]) -> int:
    (row,) = await search.fetch_planned(conn, statement)
    return int(row[0])


async def remove(
    conn: Connection,
    app: str,
    entity: Entity,
    record_id: object,
    *,
    version: int | None = None,
    cause: Cause = NOBODY,
) -> Record:
    """The record that is no more; NotFound if there was none, OptimisticLocking if it has another version."""
    wanted = None if version is None else _check_version(version)
    row = await conn.fetchrow(
        load("record_delete"), app, entity.name, check_id(record_id), wanted, cause.root_id, cause.run_by
    )
    if row is None:
        raise await _missed(conn, app, entity, check_id(record_id), version)
    return Record.from_row(row, entity)


async def _checked(conn: Connection, app: str, entity: Entity, data: object) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise BadRequest.field("data", data, "an object with the record's fields")
    stored, reasons = validate(entity, data)
    missing = await keys.missing_relations(conn, app, entity, [stored])
    reasons |= missing.get(0, {})
    if reasons:
        fields = "; ".join(f"{field}: {reason}" for field, reason in reasons.items())
        raise ValidationErrors(f"the record of {entity.name} is not valid: {fields}", additional_info=reasons)
    return stored


def _check_version(version: object) -> int:
    if type(version) is not int or not 0 <= version < 2**31:
        raise BadRequest.field("version", version, "the version that the record had when it was read")
    return version


async def _insert(
    conn: Connection, app: str, entity: Entity, record_id: UUID, data: Mapping[str, Any], cause: Cause
) -> asyncpg.Record:
    await keys.take(conn, app, entity, record_id, data)
    row = await conn.fetchrow(load("record_insert"), app, entity.name, record_id, data, cause.root_id, cause.run_by)
    assert row is not None, "an insert returns its row"
    return row


async def _update(
    conn: Connection, app: str, entity: Entity, record_id: UUID, version: int, data: Mapping[str, Any], cause: Cause
) -> asyncpg.Record:
    row = await conn.fetchrow(
        load("record_update"), app, entity.name, record_id, version, data, cause.root_id, cause.run_by
    )
    if row is not None:
        await keys.exchange(conn, app, entity, record_id, data)
        return row
    raise await _missed(conn, app, entity, record_id, version)


async def _missed(
    conn: Connection, app: str, entity: Entity, record_id: UUID, version: int | None
) -> NotFound | OptimisticLocking:
    """Why a write found no row: the record is gone, or it has another version."""
    current = await find_by_id(conn, app, entity, record_id)
    if current is None:
        return NotFound(f"there is no record {record_id} of {entity.name}")
    return OptimisticLocking(
        f"the record {record_id} of {entity.name} has version {current.version}; this change is based on {version}",
        additional_info={"id": str(record_id), "version": current.version, "basedOn": version},
    )


def _cursor(seen: int, row: asyncpg.Record) -> Cursor:
    key = row["sort_key"]
    return Cursor(seen, None if key is None else str(key), row["id"])
