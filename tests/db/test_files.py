"""Files in PostgreSQL, piece by piece."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from engine.data import files
from engine.data.volume import PIECE
from engine.db.pool import Pool
from engine.errors import BadRequest, NotFound
from engine.ids import new_id

CONTENT = bytes(range(256)) * 2500  # two whole pieces and a part


@pytest.fixture
async def app(pool: Pool) -> str:
    """An app to which files can belong, and another one beside it."""
    for name in ("shop", "other"):
        await pool.execute("insert into headrace.apps (name, label, version) values ($1, $1, 1)", name)
    return "shop"


async def whole(pool: Pool, app: str, file: files.File, *, offset: int = 0) -> bytes:
    async with pool.acquire() as conn:
        return b"".join([piece async for piece in files.read(conn, app, file.id, offset=offset)])


async def test_bytes_come_back(pool: Pool, app: str) -> None:
    """A file has its bytes, size and sha256, however its writer cut them, and can be read from any byte on."""

    async def uneven() -> AsyncIterator[bytes]:
        for start in range(0, len(CONTENT), 100_003):
            yield CONTENT[start : start + 100_003]

    async with pool.acquire() as conn:
        file = await files.store(conn, app, "a.bin", uneven(), content_type="x/y")
        assert len(await files.read_piece(conn, app, file.id, 0)) == PIECE
        assert await files.read_piece(conn, app, file.id, len(CONTENT)) == b""
    assert (file.size, file.sha256, file.content_type) == (
        len(CONTENT),
        hashlib.sha256(CONTENT).hexdigest(),
        "x/y",
    )
    assert await whole(pool, app, file) == CONTENT
    for offset in (1, PIECE - 1, PIECE, PIECE + 1, len(CONTENT) - 1, len(CONTENT)):
        assert await whole(pool, app, file, offset=offset) == CONTENT[offset:]


async def test_latest_of_a_name_and_any_by_id(pool: Pool, app: str) -> None:
    """A name finds the latest file, an id also the ones before it."""
    async with pool.acquire() as conn:
        first = await files.store(conn, app, "a.csv", [b"1"])
        second = await files.store(conn, app, "a.csv", [b"2"])
        assert await files.find(conn, app, "a.csv") == second
        assert await files.find(conn, app, str(first.id)) == first
        assert await files.find(conn, app, "b.csv") is None


async def test_other_apps_see_nothing(pool: Pool, app: str) -> None:
    """Another app finds, reads and extends neither the file nor its bytes."""
    async with pool.acquire() as conn:
        file = await files.store(conn, app, "a.csv", [b"1"])
        assert await files.find(conn, "other", "a.csv") is None
        assert await files.find(conn, "other", file.id) is None
        assert await files.read_piece(conn, "other", file.id, 0) == b""
        writing = await files.begin(conn, app, "b.csv")
        with pytest.raises(NotFound):
            await files.append(conn, "other", writing, 0, b"x")
        with pytest.raises(NotFound):
            await files.finish(conn, "other", writing)


async def test_file_appears_when_it_is_finished(pool: Pool, app: str) -> None:
    """While it is written nobody finds it; what was rolled back is not in it; finished, it takes no more."""
    async with pool.acquire() as conn:
        file_id = await files.begin(conn, app, "a.csv")
        transaction = conn.transaction()
        await transaction.start()
        assert await files.append(conn, app, file_id, 0, b"first try") == 9
        await transaction.rollback()
        assert await files.append(conn, app, file_id, 0, b"sec") == 3
        assert await files.append(conn, app, file_id, 3, b"ond") == 6
        assert await files.find(conn, app, "a.csv") is None
        assert await files.find(conn, app, file_id) is None
        file = await files.finish(conn, app, file_id)
        assert await files.find(conn, app, "a.csv") == file
        with pytest.raises(NotFound):
            await files.append(conn, app, file_id, 6, b"more")
        with pytest.raises(NotFound):
            await files.finish(conn, app, file_id)
    assert await whole(pool, app, file) == b"second"


async def test_failed_store_leaves_nothing(pool: Pool, app: str) -> None:
    """A writer that breaks off in the middle leaves no file and no byte."""

    def broken() -> list[bytes]:
        raise OSError("the disk is gone")

    async def pieces() -> AsyncIterator[bytes]:
        yield b"x" * PIECE
        broken()

    with pytest.raises(OSError, match="the disk is gone"):
        await store_in(pool, app, pieces())
    assert await pool.fetch("select 1 from headrace.files") == []
    assert await pool.fetch("select 1 from pg_largeobject_metadata") == []


async def store_in(pool: Pool, app: str, pieces: AsyncIterator[bytes]) -> None:
    # Past pool.acquire, which would turn the OSError of a test into "no connection".
    conn = await pool.dedicated()
    try:
        await files.store(conn, app, "a.bin", pieces)
    finally:
        await conn.close()


async def test_empty_file(pool: Pool, app: str) -> None:
    """A file of no bytes is a file."""
    async with pool.acquire() as conn:
        file = await files.store(conn, app, "empty.txt", [])
    assert file.size == 0
    assert await whole(pool, app, file) == b""


async def test_expired_files_are_gone(pool: Pool, app: str) -> None:
    """A file whose time is over is not found."""
    async with pool.acquire() as conn:
        past = datetime.now(UTC) - timedelta(days=1)
        file = await files.store(conn, app, "a.csv", [b"1"], expires_at=past)
        assert await files.find(conn, app, "a.csv") is None
        assert await files.find(conn, app, file.id) is None


async def test_get_says_what_is_wrong(pool: Pool, app: str) -> None:
    """get refuses what can be no id or name, and says notFound for the rest."""
    async with pool.acquire() as conn:
        for wrong in (None, 5, "", "a\0"):
            with pytest.raises(BadRequest, match="fileId"):
                await files.get(conn, app, wrong)
        for absent in ("a.csv", str(new_id())):
            with pytest.raises(NotFound, match="there is no file"):
                await files.get(conn, app, absent)


@pytest.mark.parametrize("name", ["", " ", "a\0", "x" * 256])
async def test_names_that_are_refused(pool: Pool, app: str, name: str) -> None:
    """A file's name is 1 to 255 characters without NUL."""
    async with pool.acquire() as conn:
        with pytest.raises(BadRequest, match="name"):
            await files.begin(conn, app, name)
