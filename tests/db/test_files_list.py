"""Lists of files, and files that end: removed, expired, never finished."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.data import files
from engine.db.pool import Pool
from engine.errors import NotFound


@pytest.fixture
async def app(pool: Pool) -> str:
    """An app to which files can belong, and another one beside it."""
    for name in ("shop", "other"):
        await pool.execute("insert into headrace.apps (name, label, version) values ($1, $1, 1)", name)
    return "shop"


async def test_pages_newest_first(pool: Pool, app: str) -> None:
    """Pages go on behind a file, by name or not, and show neither other apps' nor unfinished nor expired files."""
    async with pool.acquire() as conn:
        stored = [await files.store(conn, app, f"{n % 2}.csv", [b"x"]) for n in range(5)]
        await files.store(conn, "other", "0.csv", [b"x"])
        await files.begin(conn, app, "0.csv")
        await files.store(conn, app, "0.csv", [b"x"], expires_at=datetime.now(UTC) - timedelta(seconds=1))
        newest = list(reversed(stored))
        assert await files.find_page(conn, app, limit=2) == newest[:2]
        assert await files.find_page(conn, app, limit=9, after=newest[1].id) == newest[2:]
        assert await files.find_page(conn, app, limit=9, name="1.csv") == newest[1::2]


async def test_a_removed_file_is_gone_with_its_bytes(pool: Pool, app: str) -> None:
    """Only its own app removes a file, once."""
    async with pool.acquire() as conn:
        file = await files.store(conn, app, "a.csv", [b"x"])
        with pytest.raises(NotFound):
            await files.remove(conn, "other", file.id)
        assert await files.remove(conn, app, file.id) == file
        with pytest.raises(NotFound):
            await files.remove(conn, app, file.id)
    assert await pool.fetch("select from pg_largeobject_metadata") == []


async def test_a_sweep_takes_what_nobody_can_read(pool: Pool, app: str) -> None:
    """Expired files and those abandoned a week ago go, a few at a time; whole and young ones stay."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    async with pool.acquire() as conn:
        kept = [await files.store(conn, app, "kept", [b"x"], expires_at=each) for each in (None, soon)]
        writing = await files.begin(conn, app, "writing")
        for n in range(3):
            await files.store(conn, app, f"old{n}", [b"x"], expires_at=datetime.now(UTC) - timedelta(seconds=1))
        left = await files.begin(conn, app, "left")
        await conn.execute("update headrace.files set created_at = now() - interval '8 days' where id = $1", left)
        assert [await files.sweep(conn, limit=3), await files.sweep(conn, limit=3)] == [3, 1]
    rows = await pool.fetch("select id from headrace.files")
    assert {row["id"] for row in rows} == {writing, *(file.id for file in kept)}
