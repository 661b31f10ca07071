"""Files that were rows of pieces become large objects (sql/migrations/0192_large_objects.sql)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from engine.data import files
from engine.db import migrate
from engine.db.pool import Pool
from tests.postgres import Server

VERSION = 192
ROW = 1 << 18
FILES = """
insert into headrace.apps (name, label, version) values ('shop', 'Shop', 1);
insert into headrace.files (id, app, name, content_type, size, sha256, on_volume)
select gen_random_uuid(), 'shop', name, 'x/y', size, hash, there
from (values ('large', 3 * 262144 + 5, 'x', false), ('empty', 0, 'x', false), ('half', 0, '', false),
    ('there', 9, 'x', true), ('half there', 0, '', true)) as given (name, size, hash, there);
insert into headrace.files (id, app, name, content_type, size, sha256)
select gen_random_uuid(), 'shop', 'small' || n, 'x/y', 5, 'x' from generate_series(1, 2000) n;
insert into headrace.file_chunks (file_id, n, bytes)
select id, 0, convert_to('hello', 'UTF8') from headrace.files where name like 'small%';
insert into headrace.file_chunks (file_id, n, bytes)
select id, n, case when n < 3 then decode(repeat(to_hex(n + 160), 262144), 'hex') else convert_to('12345', 'UTF8') end
from headrace.files, generate_series(3, 0, -1) n where name in ('large', 'half');
"""


@pytest.fixture
async def before(server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pool]:
    """A pool on a database that was migrated until then."""
    name = await server.create()
    pool = await Pool.connect(server.database(name), max_size=2)
    older = [each for each in migrate.migrations() if each.version < VERSION]
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "migrations", lambda: older)
        await migrate.migrate(pool)
    yield pool
    await pool.close()
    await server.drop(name)


async def test_every_byte_moves(before: Pool) -> None:
    """Large, empty and very many files have their bytes; those on the volume stay there; half ones end."""
    await before.execute(FILES)
    await migrate.migrate(before)
    async with before.acquire() as conn:
        found = {file.name: file for file in await files.find_page(conn, "shop", limit=5000)}
        large = b"".join([piece async for piece in files.read(conn, "shop", found["large"].id)])
        assert large == b"\xa0" * ROW + b"\xa1" * ROW + b"\xa2" * ROW + b"12345"
        assert await files.read_piece(conn, "shop", found["empty"].id, 0) == b""
        for name in ("small1", "small1000", "small2000"):
            assert await files.read_piece(conn, "shop", found[name].id, 0) == b"hello"
        there = await conn.fetch("select name from headrace.files where content is null order by name")
        assert [row["name"] for row in there] == ["half there", "there"]
        count = "select count(*) from pg_largeobject_metadata"
        assert await conn.fetchval(count) == len(found) - 1 == 2002
        assert await conn.execute("delete from headrace.files") == "DELETE 2004"
        while await files.unlink_remains(conn, limit=500):
            pass
        assert await conn.fetchval(count) == 0


async def test_nothing_moves_where_nothing_is(before: Pool) -> None:
    """A database without files is migrated as well, and the old table is gone."""
    await migrate.migrate(before)
    assert await before.fetch("select from pg_largeobject_metadata") == []
    assert await before.fetch("select from pg_class where relname = 'file_chunks'") == []
