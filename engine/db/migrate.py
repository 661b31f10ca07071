"""Brings the schema to this code's version: sql/migrations in order, each once, each in its transaction.

Then the views of sql/views, all of them whenever a file has changed or a migration was applied, which may have dropped
one. They only ever gain columns at their end: PostgreSQL itself refuses to replace a view by one that lacks a column.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from engine.db.pool import Connection, Pool
from engine.db.sql import load, root
from engine.errors import SchemaError, SchemaTooNew, SchemaTooOld

# Any constant serves: it only has to be the same in every process that migrates.
_LOCK = 0x4845_4144_5241_4345


@dataclass(frozen=True, slots=True)
class Migration:
    """A file of sql/migrations; `checksum` makes an edit of an applied file visible."""

    version: int
    name: str
    sql: str
    checksum: str


def migrations() -> list[Migration]:
    """All migrations of this code, in order."""
    return [_read(path) for path in sorted((root() / "migrations").glob("[0-9]*.sql"))]


def _read(path: Path) -> Migration:
    text = path.read_text(encoding="utf-8")
    number, _, name = path.stem.partition("_")
    return Migration(int(number), name, text, hashlib.sha256(text.encode()).hexdigest())


async def migrate(pool: Pool) -> list[Migration]:
    """The migrations that this call applied.

    Safe to run from many processes at once: they queue on an advisory lock.
    SchemaTooNew if the database knows a later version, SchemaError if an applied file was edited.
    """
    done: list[Migration] = []
    async with pool.acquire() as conn:
        for migration in migrations():
            async with conn.transaction():
                await conn.execute(load("schema_lock"), _LOCK)
                await conn.execute(load("schema_bootstrap"))
                if migration.version not in await _applied(conn):
                    await conn.execute(migration.sql)
                    await conn.execute(load("schema_record"), migration.version, migration.name, migration.checksum)
                    done.append(migration)
        await _replace_views(conn, changed=bool(done))
    return done


async def _replace_views(conn: Connection, *, changed: bool) -> None:
    """Whoever reads them sees the old ones or the new ones, never a part."""
    files = sorted((root() / "views").glob("*.sql"))
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    checksum = hashlib.sha256(text.encode()).hexdigest()
    async with conn.transaction():
        await conn.execute(load("schema_lock"), _LOCK)
        if changed or await conn.fetchval(load("views_applied")) != checksum:
            await conn.execute(text)
            await conn.execute(load("views_record"), checksum)


async def check(pool: Pool) -> None:
    """Return if the schema fits this code; else SchemaTooOld, SchemaTooNew or SchemaError."""
    async with pool.acquire() as conn:
        applied = await _applied(conn) if await conn.fetchval(load("schema_exists")) else set()
    missing = [m for m in migrations() if m.version not in applied]
    if missing:
        raise SchemaTooOld(
            f"the schema lacks migration {missing[0].version:04}_{missing[0].name}: run `headrace migrate`"
        )


async def applied_version(pool: Pool) -> int | None:
    """The last migration in the database; None if it was never migrated. Errors as in `check`."""
    async with pool.acquire() as conn:
        applied = await _applied(conn) if await conn.fetchval(load("schema_exists")) else set()
    return max(applied, default=None)


async def _applied(conn: Connection) -> set[int]:
    """The versions in the database, after a check that this code knows them all, unedited."""
    known = {migration.version: migration for migration in migrations()}
    rows = await conn.fetch(load("schema_applied"))
    for row in rows:
        migration = known.get(row["version"])
        if migration is None:
            raise SchemaTooNew(
                f"the database has migration {row['version']:04}_{row['name']}, which this version of Headrace "
                "does not know: upgrade Headrace, or restore the database from before that migration"
            )
        if migration.checksum != row["checksum"]:
            raise SchemaError(
                f"migration {row['version']:04}_{row['name']} was edited after it was applied: "
                "migrations are append-only; restore the file"
            )
    return {row["version"] for row in rows}
