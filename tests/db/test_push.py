"""Pushing app folders: versions, all or nothing, and reading them back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.apps.folder import AppFolder, load_folder
from engine.apps.push import push, push_waiting
from engine.apps.store import AppCache, current_version, list_apps, load_manifest, load_script, load_sources
from engine.data import files
from engine.db.pool import Pool
from engine.errors import ConfigError, NotFound
from engine.events import push as scheduled
from engine.jobs import limits
from engine.schedule.store import fetch_page

TOML = """
[app]
name = "shop"
label = "The shop"

[entities.items]
label_field = "name"
fields.name = { type = "text", required = true }

[actions.go]
script = "actions/go.js"

[data]
items = "data/items.csv"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An app's folder with one script and one data file."""
    for name, text in (("app.toml", TOML), ("actions/go.js", "return 1;"), ("data/items.csv", "name\nsaw\n")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


async def pushed(pool: Pool, path: Path) -> tuple[int, bool, int]:
    async with pool.acquire() as conn:
        result = await push(conn, load_folder(path), by="ann")
    return result.version, result.changed, result.files


async def test_first_push_makes_version_one(pool: Pool, path: Path) -> None:
    """Manifest, scripts and data files are there after the first push, with who pushed them."""
    assert await pushed(pool, path) == (1, True, 1)
    async with pool.acquire() as conn:
        assert await load_manifest(conn, "shop") == load_folder(path).manifest
        assert (await load_script(conn, "shop", 1, "actions/go.js")).source == "return 1;"
        assert list(await load_sources(conn, "shop", 1)) == ["actions/go.js"]
        assert (await files.get(conn, "shop", "data/items.csv")).content_type == "text/csv"
        (app,) = await list_apps(conn)
    assert (app.name, app.label, app.version, app.pushed_by) == ("shop", "The shop", 1, "ann")


async def test_unchanged_folder_makes_no_version(pool: Pool, path: Path) -> None:
    """The same folder again changes nothing and uploads nothing."""
    await pushed(pool, path)
    assert await pushed(pool, path) == (1, False, 0)


async def test_each_change_makes_the_next_version_and_keeps_the_old(pool: Pool, path: Path) -> None:
    """A changed script or file makes the next version; the scripts of the old one stay; going back is a version too."""
    await pushed(pool, path)
    (path / "actions" / "go.js").write_text("return 2;")
    assert await pushed(pool, path) == (2, True, 0)
    (path / "data" / "items.csv").write_text("name\nhammer\n")
    assert await pushed(pool, path) == (3, True, 1)
    async with pool.acquire() as conn:
        assert [(await load_script(conn, "shop", n, "actions/go.js")).source[7] for n in (1, 2, 3)] == ["1", "2", "2"]
    (path / "actions" / "go.js").write_text("return 1;")
    (path / "data" / "items.csv").write_text("name\nsaw\n")
    assert (await pushed(pool, path))[:2] == (4, True)


async def test_a_version_that_waits(pool: Pool, path: Path) -> None:
    """New jobs stay on the current version until the newest that waits is pushed; its queues are declared only then."""

    async def wait(source: str, toml: str = TOML) -> tuple[int, bool, bool]:
        (path / "actions" / "go.js").write_text(source)
        (path / "app.toml").write_text(toml)
        async with pool.acquire() as conn:
            done = await push(conn, load_folder(path), wait=True)
        return done.version, done.changed, done.waiting

    assert await wait("return 1;") == (1, True, False)
    assert await wait("return 2;") == (2, True, True)
    assert await wait("return 2;") == (2, True, True)
    assert await wait("return 3;", TOML + "[queues.slow]\nconcurrency = 1\n") == (3, True, True)
    async with pool.acquire() as conn:
        (app,) = await list_apps(conn)
        assert (app.version, app.waiting_version, await limits.list_limits(conn)) == (1, 3, [])
        assert [await push_waiting(conn, "shop"), await push_waiting(conn, "shop")] == [3, None]
        (app,) = await list_apps(conn)
        assert (app.version, app.waiting_version) == (3, None)
        assert [limit.queue for limit in await limits.list_limits(conn)] == ["slow"]
        assert await push_waiting(conn, "none") is None


async def test_schedules_of_a_version_that_waits(pool: Pool, path: Path) -> None:
    """Its listeners and their schedules begin when it becomes the current one, not before."""
    async with pool.acquire() as conn:
        await scheduled.push(conn, load_folder(path))
        listener = '[listeners.tick]\non = "schedule"\nevery = "1h"\nscript = "actions/go.js"\n'
        (path / "app.toml").write_text(TOML + listener)
        assert (await scheduled.push(conn, load_folder(path), wait=True)).waiting
        assert await fetch_page(conn, "shop", limit=10) == []
        assert await scheduled.push_waiting(conn, "shop") == 2
        assert [one.plan.tag for one in await fetch_page(conn, "shop", limit=10)] == ["app.tick"]


async def test_a_push_passes_the_version_that_waits(pool: Pool, path: Path) -> None:
    """A plain push of what waits makes that version the current one; of something else, it is never pushed."""
    await pushed(pool, path)
    folders = []
    for source in ("return 2;", "return 3;"):
        (path / "actions" / "go.js").write_text(source)
        folders.append(load_folder(path))
    async with pool.acquire() as conn:
        await push(conn, folders[0], wait=True)
        done = await push(conn, folders[0])
        assert (done.version, done.changed, done.waiting) == (2, True, False)
        await push(conn, folders[1], wait=True)
        assert (await push(conn, folders[0])).changed is False
        (path / "actions" / "go.js").write_text("return 4;")
        assert (await push(conn, load_folder(path))).version == 4
        assert await push_waiting(conn, "shop") is None


async def test_script_that_does_not_compile_stops_the_push(pool: Pool, path: Path) -> None:
    """If the check finds anything, nothing of the folder is in the database."""

    async def check(language: str, script: str, source: str) -> str | None:
        return f"{script}:1: bad"

    async with pool.acquire() as conn:
        with pytest.raises(ConfigError, match=r"actions/go\.js:1: bad"):
            await push(conn, load_folder(path), check=check)
        with pytest.raises(NotFound, match="push its folder first"):
            await current_version(conn, "shop")


async def test_file_that_changes_meanwhile_undoes_the_push(pool: Pool, path: Path) -> None:
    """A data file that is not what was checked any more refuses the push, and nothing is half pushed."""
    await pushed(pool, path)
    (path / "actions" / "go.js").write_text("return 2;")
    (path / "data" / "items.csv").write_text("name\nhammer\n")
    folder: AppFolder = load_folder(path)
    (path / "data" / "items.csv").write_text("name\npliers\n")
    async with pool.acquire() as conn:
        with pytest.raises(ConfigError, match=r"data/items\.csv: changed while it was being pushed"):
            await push(conn, folder)
        assert await current_version(conn, "shop") == 1
        assert len(await conn.fetch("select 1 from headrace.app_versions")) == 1
        assert len(await conn.fetch("select 1 from headrace.files")) == 1


async def test_pushes_at_once_go_one_by_one(pool: Pool, path: Path) -> None:
    """Of several pushes of one folder at once, one makes the version and the others find it there."""
    results = await asyncio.gather(*(pushed(pool, path) for _ in range(5)))
    assert sorted(results) == [(1, False, 0)] * 4 + [(1, True, 1)]


async def test_cache_gives_what_was_pushed_and_sees_the_next_version(pool: Pool, path: Path) -> None:
    """The cache answers a version from memory, asks which one is current, and forgets the least used."""
    cache = AppCache(size=1)
    await pushed(pool, path)
    async with pool.acquire() as conn:
        first = await cache.get(conn, "shop")
        assert await cache.get(conn, "shop") is first
        assert (first.version, first.script("actions/go.js").source) == (1, "return 1;")
        with pytest.raises(NotFound, match=r"no script 'actions/og\.js'"):
            first.script("actions/og.js")
    (path / "actions" / "go.js").write_text("return 2;")
    await pushed(pool, path)
    async with pool.acquire() as conn:
        assert (await cache.get(conn, "shop")).version == 2
        again = await cache.get(conn, "shop", 1)
        assert again == first and again is not first
        assert again.sources() == {"actions/go.js": "return 1;"}


async def test_what_was_never_pushed_is_not_found(pool: Pool, path: Path) -> None:
    """An unknown app, version or script is notFound."""
    await pushed(pool, path)
    cache = AppCache()
    async with pool.acquire() as conn:
        for ask in (
            cache.get(conn, "nothing"),
            cache.get(conn, "shop", 9),
            load_manifest(conn, "shop", 9),
            load_script(conn, "shop", 1, "actions/og.js"),
        ):
            with pytest.raises(NotFound):
                await ask


async def test_a_push_sizes_the_app_s_queues(pool: Pool, path: Path) -> None:
    """The sizes of the latest push hold; those that it does not name any more are gone."""
    (path / "app.toml").write_text(TOML + "[queues.heavy]\nconcurrency = 2\n[queues.mail]\nrate = 6\nper_ms = 1000\n")
    await pushed(pool, path)
    (path / "app.toml").write_text(TOML + "[queues.heavy]\nconcurrency = 3\n")
    await pushed(pool, path)
    async with pool.acquire() as conn:
        (heavy,) = await limits.list_limits(conn, "shop")
    assert (heavy.queue, heavy.source, heavy.limit.concurrency) == ("heavy", "app", 3)
