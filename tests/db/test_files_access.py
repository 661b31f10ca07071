"""Who can read the large object of a file: the roles that own the schema, and nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from engine.data import files
from engine.db.pool import Pool
from engine.db.sql import load

# $1 is the object of a file.
FORBIDDEN = (
    "select lo_get({oid})",
    "select lo_get({oid}, 0, 1)",
    "select lo_put({oid}, 0, 'x')",
    "select loread(lo_open({oid}, 262144), 10)",
    "select lo_unlink({oid})",
    "grant select on large object {oid} to public",
    "select data from pg_largeobject where loid = {oid}",
    "select content from headrace.files",
    "select headrace.new_content()",
    "set lo_compat_privileges = on",
)


@pytest.fixture
async def content(pool: Pool) -> int:
    """The large object of a file of the app shop."""
    await pool.execute("insert into headrace.apps (name, label, version) values ('shop', 'Shop', 1), ('other', 'O', 1)")
    async with pool.acquire() as conn:
        await files.store(conn, "shop", "secret.txt", [b"secret"])
        return int(await conn.fetchval("select content from headrace.files"))


@pytest.fixture
async def member(pool: Pool) -> AsyncIterator[list[asyncpg.Connection]]:
    """Connections of two roles that are members of the one that owns the schema."""
    found, roles = [], [f"member_{uuid4().hex}" for _ in range(2)]
    for role in roles:
        await pool.execute(f"create role {role}")
        await pool.execute(f"do $$ begin execute format('grant %I to {role}', current_user); end $$")
        conn = await asyncpg.connect(pool.dsn)
        await conn.execute(f"set session authorization {role}")
        found.append(conn)
    yield found
    for conn, role in zip(found, roles, strict=True):
        await conn.close()
        await pool.execute(f"drop role {role}")


async def refuses(conn: asyncpg.Connection, content: int) -> None:
    """Nothing leads to the bytes, inside of a transaction or not."""
    for statement in FORBIDDEN:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute(statement.format(oid=content))


@pytest.mark.parametrize("app", ["other", "shop", None])
async def test_readers_cannot(pool: Pool, content: int, app: str | None) -> None:
    """A role of SQL on the history, of another app, of the file's own or of all, has no way to the bytes."""
    role = f"reader_{uuid4().hex}"
    await pool.execute("select headrace.make_reader($1, $2)", role, app)
    conn = await asyncpg.connect(pool.dsn)
    await conn.execute(f"set session authorization {role}")
    await refuses(conn, content)
    await conn.close()
    await pool.execute(f"drop owned by {role}; drop role {role}")
    assert await pool.fetch("select from pg_largeobject_metadata where oid = $1", content)


async def test_statements_of_apps_cannot(pool: Pool, content: int) -> None:
    """Nor has the role under which an app's DATABASE_ACTION runs."""
    login = await pool.fetchrow(load("app_login"), "other")
    assert login is not None
    conn = await pool.login(login["role"], login["password"], statement_ms=60_000)
    await refuses(conn, content)
    await conn.close()
    await pool.execute(f"drop owned by {login['role']}; drop role {login['role']}")


async def test_members_of_the_owner_share_files(member: list[asyncpg.Connection], content: int) -> None:
    """What one process wrote under its own login another one reads and removes under its own; no login owns it."""
    one, other = member
    file_id = await files.begin(one, "shop", "shared.txt")
    await files.append(one, "shop", file_id, 0, b"shared")
    assert (await files.finish(other, "shop", file_id)).size == 6
    assert await files.read_piece(other, "shop", file_id, 0) == b"shared"
    await files.remove(other, "shop", file_id)
    assert [row["oid"] for row in await other.fetch("select oid from pg_largeobject_metadata")] == [content]
