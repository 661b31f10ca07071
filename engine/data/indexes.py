"""Indexes of the fields that an app declares as indexed, made and dropped beside the work.

A push says in its transaction what is wanted; workers compare that with what is there, a few seconds later. They
build and drop with `concurrently`, which blocks no writer, and which PostgreSQL allows in no transaction. What was
cut off in its middle is an invalid index: it is dropped and built anew.

An index holds the records of one entity of one app, by the field's value and then by id: so it answers equality in
the order of creation, ranges, and pages in the order of the field.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, DropIndex
from sqlalchemy.sql.elements import Grouping

from engine.apps.manifest import Field, FieldType, Manifest
from engine.data import columns
from engine.db.pool import Connection, Pool, translated
from engine.db.search import ddl
from engine.db.sql import load
from engine.db.statistics import CreateStatistics, DropStatistics
from engine.db.tables import records
from engine.errors import DatabaseError, LostRace

log = logging.getLogger(__name__)

PREFIX = "records_field_"


@dataclass(frozen=True, slots=True)
class Due:
    """An index that is not as it should be: to be dropped, if it is there, and then to be built, if it is wanted."""

    name: str
    app: str | None
    entity: str | None
    field: str | None
    type: FieldType | None
    there: bool

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Due:
        """From a row of sql/queries/record_indexes_due.sql."""
        return cls(**{**row, "type": row["type"] and FieldType(row["type"])})


async def declare(conn: Connection, manifest: Manifest) -> None:
    """What the app wants from now on; in the transaction of its push."""
    wanted = [(entity.name, field) for entity in manifest.entities.values() for field in entity.fields.values()]
    wanted = [(entity, field) for entity, field in wanted if field.indexed]
    await conn.execute(
        load("record_indexes_declare"),
        manifest.name,
        [_name(manifest.name, entity, field) for entity, field in wanted],
        [entity for entity, _ in wanted],
        [field.name for _, field in wanted],
        [field.type.value for _, field in wanted],
    )


async def settle(pool: Pool) -> Sequence[str]:
    """Builds what is wanted and drops what is not; the names of what was built. One builds at a time."""
    if not await pool.fetchrow(load("record_indexes_due"), PREFIX):
        return ()
    async with _connection(pool) as conn, conn.transaction():
        # A fetch would leave a portal open in the transaction, and the build would wait for its snapshot.
        tag = await conn.execute(load("record_indexes_alone"))
        return await _settle_all(pool) if tag.endswith(" 1") else ()


async def _settle_all(pool: Pool) -> Sequence[str]:
    dues = [Due.from_row(row) for row in await pool.fetch(load("record_indexes_due"), PREFIX)]
    built = [due.name for due in dues if await _settle(pool, due)]
    if built:
        # Expressions have statistics of their own, and only once somebody has looked at their values.
        await pool.execute(load("records_analyze"))
    return built


async def _settle(pool: Pool, due: Due) -> bool:
    index = _index(due)
    if due.there:
        await _run(pool, DropIndex(index, if_exists=True), DropStatistics(due.name, records))
    if due.app is None:
        return False
    try:
        statistics = CreateStatistics(due.name, columns.key_of(_field(due), records), records)
        await _run(pool, statistics, CreateIndex(index, if_not_exists=True))
    except LostRace:
        raise
    except DatabaseError as error:
        # A value that was stored before the field was indexed may be too long for an index. The next push tries again.
        log.warning("no index on %s.%s of app %s: %s", due.entity, due.field, due.app, error)
        await _run(pool, DropIndex(index, if_exists=True), DropStatistics(due.name, records))
        await pool.execute(load("record_indexes_problem"), due.name, error.message)
        return False
    log.info("index on %s.%s of app %s is ready", due.entity, due.field, due.app)
    return True


def _index(due: Due) -> sa.Index:
    table = records.to_metadata(sa.MetaData())
    if due.app is None or due.entity is None:
        return sa.Index(due.name, table.c.id, postgresql_concurrently=True)
    return sa.Index(
        due.name,
        Grouping(columns.key_of(_field(due), table)),
        table.c.id,
        postgresql_where=sa.and_(*columns.scope(due.app, due.entity, table)),
        postgresql_concurrently=True,
    )


def _field(due: Due) -> Field:
    assert due.field is not None and due.type is not None
    return Field(name=due.field, type=due.type, label=due.field)


async def _run(pool: Pool, *statements: sa.schema.ExecutableDDLElement) -> None:
    async with _connection(pool) as conn:
        for statement in statements:
            await conn.execute(ddl(statement))


@asynccontextmanager
async def _connection(pool: Pool) -> AsyncIterator[Connection]:
    """A connection of its own: a build may last, and the pool's are for work."""
    conn = await pool.dedicated()
    try:
        with translated():
            yield conn
    finally:
        await conn.close(timeout=5)


def _name(app: str, entity: str, field: Field) -> str:
    """A name for the expression that the index is made of: a field that changes its type gets another one."""
    kind = "number" if field.type in columns.NUMBERS else "text"
    return PREFIX + hashlib.sha256("/".join((app, entity, field.name, kind)).encode()).hexdigest()[:32]
