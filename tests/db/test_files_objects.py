"""The large objects of files: as long as their rows, no longer, and of any size."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from engine.data import files
from engine.data.upload import upload
from engine.data.volume import PIECE
from engine.db.pool import Pool
from engine.errors import HeadraceError, NotFound


@pytest.fixture
async def app(pool: Pool) -> str:
    """An app to which files can belong."""
    await pool.execute("insert into headrace.apps (name, label, version) values ('shop', 'Shop', 1)")
    return "shop"


async def objects(pool: Pool) -> int:
    """How many large objects there are."""
    return len(await pool.fetch("select from pg_largeobject_metadata"))


async def stored(pool: Pool, app: str, count: int, *, expires_at: datetime | None = None) -> list[files.File]:
    """So many files."""
    async with pool.acquire() as conn:
        return [await files.store(conn, app, f"{n}.txt", [b"x"], expires_at=expires_at) for n in range(count)]


async def test_an_object_ends_with_its_row(pool: Pool, app: str) -> None:
    """Removed, expired, abandoned, deleted by SQL, its transaction rolled back, or all at once: none is left over."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    (removed, *_), _ = await stored(pool, app, 5), await stored(pool, app, 3, expires_at=past)
    async with pool.acquire() as conn:
        left = await files.begin(conn, app, "left.txt")
        await conn.execute("update headrace.files set created_at = now() - interval '8 days' where id = $1", left)
        assert await objects(pool) == 9
        await files.remove(conn, app, removed.id)
        assert await objects(pool) == 8
        assert await files.sweep(conn) == 4
        assert await objects(pool) == 4
        await conn.execute("delete from headrace.files where name = '1.txt'")
        assert await objects(pool) == 3
        transaction = conn.transaction()
        await transaction.start()
        await files.store(conn, app, "never.txt", [b"x"])
        await conn.execute("truncate headrace.files")
        assert not await conn.fetch("select from pg_largeobject_metadata")
        await transaction.rollback()
    assert await objects(pool) == 3
    await pool.execute("truncate headrace.files")
    assert await objects(pool) == 0


ROOM = "select current_setting('max_locks_per_transaction')::int * current_setting('max_connections')::int as n"
MANY = """
insert into headrace.files (app, id, name, content_type, size, sha256, content)
select 'shop', gen_random_uuid(), n || '.txt', 'x/y', 0, 'x', headrace.new_content()
from generate_series(1, $1) n
"""


@pytest.mark.parametrize("statement", ["delete from headrace.files", "truncate headrace.files"])
async def test_a_statement_deletes_any_number_of_files(pool: Pool, app: str, statement: str) -> None:
    """So many would have no room for their locks: their objects are removed behind it, a few a transaction."""
    made = 0
    (room,) = await pool.fetch(ROOM)
    while made < (2 * room["n"] if "delete" in statement else 200):
        await pool.execute(MANY, 2000)
        made += 2000
    await pool.execute(statement)
    assert (await pool.fetch("select from headrace.files"), await objects(pool)) == ([], made)
    (kept,) = await stored(pool, app, 1)
    async with pool.acquire() as conn:
        while await files.unlink_remains(conn, limit=500):
            pass
    assert await objects(pool) == 1
    assert (await pool.fetch("select content from headrace.file_remains")) == []
    async with pool.acquire() as conn:
        assert b"".join([piece async for piece in files.read(conn, app, kept.id)]) == b"x"


async def test_a_sender_that_breaks_off_leaves_no_object(pool: Pool, app: str) -> None:
    """Neither with an error nor when its task is canceled, before the first byte or behind it."""

    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * (PIECE + 1)
        raise ValueError("the sender breaks off")

    begun = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"x" * (PIECE + 1)
        begun.set()
        await asyncio.Event().wait()

    with pytest.raises(ValueError, match="breaks off"):
        await upload(pool, app, "a.bin", broken(), content_type="x/y")
    task = asyncio.create_task(upload(pool, app, "a.bin", slow(), content_type="x/y"))
    await begun.wait()
    assert await objects(pool) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await objects(pool), await pool.fetch("select from headrace.files")) == (0, [])


async def test_more_than_two_gigabytes(pool: Pool, app: str) -> None:
    """A file is written and read behind the reach of 32 bits. The object has a hole, so that this takes no room."""
    far = (5 << 30) + 1
    async with pool.acquire() as conn:
        file_id = await files.begin(conn, app, "large.bin")
        await conn.execute("update headrace.files set size = $2 where id = $1", file_id, far)
        size = await files.append(conn, app, file_id, far, b"the end")
        file = await files.seal(conn, app, file_id, size=size, sha256="0" * 64)
        assert file.size == far + 7
        assert await files.read_piece(conn, app, file_id, far - 2) == b"\0\0the end"
        assert [piece async for piece in files.read(conn, app, file_id, offset=far)] == [b"the end"]


async def test_a_writer_knows_how_long_the_file_is(pool: Pool, app: str) -> None:
    """Of two writers behind one byte one is refused, and so is whoever leaves a hole or ends too early."""
    async with pool.acquire() as conn:
        file_id = await files.begin(conn, app, "a.txt")

    async def write(text: bytes) -> int:
        async with pool.transaction() as conn:
            return await files.append(conn, app, file_id, 0, text)

    done = await asyncio.gather(write(b"one"), write(b"two"), return_exceptions=True)
    assert sorted(str(type(each).__name__) for each in done) == ["NotFound", "int"]
    async with pool.acquire() as conn:
        with pytest.raises(NotFound, match="of 4 bytes"):
            await files.append(conn, app, file_id, 4, b"x")
        with pytest.raises(NotFound, match="of 2 bytes"):
            await files.seal(conn, app, file_id, size=2, sha256="0" * 64)
        assert await files.read_piece(conn, app, file_id, 0) in (b"one", b"two")


async def test_an_object_that_got_lost(pool: Pool, app: str) -> None:
    """As after a restore without large objects: reading says what happened, and the file can be removed."""
    (file,) = await stored(pool, app, 1)
    await pool.execute("select lo_unlink(content) from headrace.files")
    async with pool.acquire() as conn:
        with pytest.raises(HeadraceError, match=f"the bytes of file {file.id} are lost"):
            await files.read_piece(conn, app, file.id, 0)
        assert await files.remove(conn, app, file.id) == file
