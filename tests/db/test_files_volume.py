"""Files on a volume: their bytes are in a folder, and what PostgreSQL knows of them decides."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.data import files
from engine.data.upload import upload
from engine.data.volume import ORPHAN_S, PIECE, Volume
from engine.db.pool import Pool
from engine.errors import HeadraceError, NotFound

CONTENT = bytes(range(256)) * 2500  # two whole pieces and a part


@pytest.fixture
async def app(pool: Pool) -> str:
    """An app to which files can belong."""
    await pool.execute("insert into headrace.apps (name, label, version) values ('shop', 'Shop', 1)")
    return "shop"


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    """An empty one."""
    (tmp_path / "files").mkdir()
    return Volume(tmp_path / "files")


def stored(volume: Volume) -> list[Path]:
    """All files on the volume."""
    return [path for path in volume.folder.rglob("*") if path.is_file()]


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    """The bytes as a sender may cut them."""
    for at in range(0, len(content), 100_003):
        yield content[at : at + 100_003]


async def uploaded(pool: Pool, app: str, volume: Volume | None, content: bytes = CONTENT) -> files.File:
    """A file that came from outside."""
    return await upload(pool, app, "a.bin", pieces(content), content_type="x/y", volume=volume)


async def test_bytes_come_back(pool: Pool, app: str, volume: Volume) -> None:
    """They are on the volume and not in PostgreSQL, can be read from any byte on, and go with the file."""
    file = await uploaded(pool, app, volume)
    assert file.size == len(CONTENT)
    assert [path.read_bytes() for path in stored(volume)] == [CONTENT]
    assert not await pool.fetch("select from pg_largeobject_metadata")
    async with pool.acquire() as conn:
        for offset in (0, 1, PIECE - 1, PIECE, PIECE + 1, len(CONTENT)):
            read = [piece async for piece in files.read(conn, app, file.id, offset=offset, volume=volume)]
            assert b"".join(read) == CONTENT[offset:]
        assert await files.read_piece(conn, "other", file.id, 0, volume=volume) == b""
        await files.remove(conn, app, file.id, volume=volume)
    assert stored(volume) == []


async def test_what_was_not_committed_is_replaced(pool: Pool, app: str, volume: Volume) -> None:
    """What was written before a crash, and what came behind it, is not in the file that is written on."""
    async with pool.acquire() as conn:
        file_id = await files.begin(conn, app, "a.bin", volume=volume)
        await files.append(conn, app, file_id, 0, b"x" * PIECE, volume=volume)
        transaction = conn.transaction()
        await transaction.start()
        for n in (1, 2):
            await files.append(conn, app, file_id, n * PIECE, b"x" * PIECE, volume=volume)
        await transaction.rollback()
        await files.append(conn, app, file_id, PIECE, b"short", volume=volume)
        file = await files.finish(conn, app, file_id, volume=volume)
        assert file.size == PIECE + 5
        with pytest.raises(NotFound):
            await files.append(conn, app, file_id, file.size, b"late", volume=volume)
        assert [len(path.read_bytes()) for path in stored(volume)] == [file.size]


async def test_a_file_stays_where_it_was_begun(pool: Pool, app: str, volume: Volume) -> None:
    """Files from before the setting are read from PostgreSQL; those after it are an error without the volume."""
    before, after = await uploaded(pool, app, None, b"before"), await uploaded(pool, app, volume, b"after")
    async with pool.acquire() as conn:
        assert await files.read_piece(conn, app, before.id, 0, volume=volume) == b"before"
        with pytest.raises(HeadraceError, match=f"file {after.id} is on a volume, and this process has none"):
            await files.read_piece(conn, app, after.id, 0)


async def test_a_volume_that_is_not_there(pool: Pool, app: str, volume: Volume) -> None:
    """Neither an upload nor a download takes a missing folder for an empty one, and nothing is left of the upload."""
    file = await uploaded(pool, app, volume)
    volume.folder.rename(volume.folder.with_name("elsewhere"))
    async with pool.acquire() as conn:
        with pytest.raises(HeadraceError, match=r"the files of files_dir .*: No such file"):
            await files.read_piece(conn, app, file.id, 0, volume=volume)
    with pytest.raises(HeadraceError, match="No such file or directory"):
        await uploaded(pool, app, volume)
    assert len(await pool.fetch("select from headrace.files")) == 1


async def test_sweeps(pool: Pool, app: str, volume: Volume) -> None:
    """Expired files go with their bytes; bytes that nobody knows go after a day, other people's files never."""
    expired, kept, orphan = [await uploaded(pool, app, volume, name.encode()) for name in "abc"]
    await pool.execute("update headrace.files set expires_at = now() - interval '1 s' where id = $1", expired.id)
    async with pool.acquire() as conn:
        with pytest.raises(NotFound):
            await files.get(conn, app, str(expired.id))
    assert await pool.run(lambda conn: files.sweep(conn, volume=volume)) == 1
    await pool.execute("delete from headrace.files where id = $1", orphan.id)
    stranger = next(iter(stored(volume))).with_name("README")
    stranger.write_text("mine")
    assert await pool.run(lambda conn: files.sweep_volume(conn, volume)) == 0
    for path in stored(volume):
        os.utime(path, (0, path.stat().st_mtime - ORPHAN_S - 60))
    assert await pool.run(lambda conn: files.sweep_volume(conn, volume)) == 1
    left = {path.name for path in stored(volume)}
    assert left == {"README", str(kept.id)}
