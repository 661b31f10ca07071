"""Indexes on fields of records: made and dropped as apps declare, and used by the finds that they are for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.apps.folder import AppFolder, load_folder
from engine.apps.push import push
from engine.data import indexes, records
from engine.data.query import Query
from engine.db import search
from engine.db.pool import Pool
from engine.errors import ConfigError, ValidationErrors
from tests.conformance.conftest import POLL_S
from tests.patience import patience

APP = """
[app]
name = "shop"
[entities.orders.fields]
city = { type = "text"%s }
total = { type = "number"%s }
paid = { type = "boolean" }
day = { type = "date" }
"""
INDEXED = ", indexed = true"
ROWS = 4000


@pytest.fixture(autouse=True)
async def no_index_is_left(pool: Pool) -> AsyncIterator[None]:
    """The tables are emptied for the next test; the indexes have to go by themselves."""
    yield
    await pool.execute("delete from headrace.record_indexes")
    await indexes.settle(pool)


def folder(tmp_path: Path, *marks: str) -> AppFolder:
    """The app, its two fields marked so."""
    (tmp_path / "shop").mkdir(exist_ok=True)
    (tmp_path / "shop" / "app.toml").write_text(APP % marks)
    return load_folder(tmp_path / "shop")


async def pushed(pool: Pool, app: AppFolder) -> list[str]:
    """The indexes that were built after its push."""
    async with pool.acquire() as conn:
        await push(conn, app)
    return list(await indexes.settle(pool))


async def there(pool: Pool) -> dict[str, bool]:
    """The indexes that exist, and whether they are valid."""
    rows = await pool.fetch(
        "select c.relname, i.indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid "
        "where c.relname like 'records\\_field\\_%'"
    )
    return {row["relname"]: row["indisvalid"] for row in rows}


async def filled(pool: Pool) -> None:
    """Many orders; one in ten is without a total."""
    await pool.execute(
        "insert into headrace.records (app, entity, id, data) select 'shop', 'orders', headrace.uuid_v7(), "
        "jsonb_strip_nulls(jsonb_build_object('city', 'C' || n % 40, 'day', '2026-01-01', "
        "'total', case when n % 10 > 0 then n % 1000 end)) from generate_series(1, $1) n",
        ROWS,
    )


async def plan(pool: Pool, app: AppFolder, query: Mapping[str, Any], *, cursor: Any = None) -> str:
    """How the first page of the find is planned."""
    parsed = Query.parse(app.manifest.entity("orders"), query)
    sql, args = search.compile_statement(parsed.page("shop", "orders", cursor=cursor, limit=20))
    async with pool.acquire() as conn:
        return "\n".join(row[0] for row in await conn.fetch(f"explain (costs off) {sql}", *args))


async def test_an_index_comes_and_goes(pool: Pool, tmp_path: Path) -> None:
    """A declared field gets an index once, which stays over pushes, and goes when it is declared no longer."""
    both = folder(tmp_path, INDEXED, INDEXED)
    built = await pushed(pool, both)
    assert len(built) == 2
    assert await there(pool) == dict.fromkeys(built, True)
    assert await pushed(pool, both) == []
    assert await pushed(pool, folder(tmp_path, INDEXED, "")) == []
    (left,) = await there(pool)
    assert left in built
    assert await pushed(pool, folder(tmp_path, "", "")) == []
    assert await there(pool) == {}


FINDS = {
    "equality": {"city": "C7"},
    "a number": {"total": 17},
    "one of several": {"total": "1,2,3"},
    "a range": {"total": "between(10,12)"},
    "one side": {"total": "greater(997)"},
    "the first by it": {"_sortField": "total"},
    "the last by it": {"_sortField": "total", "_sortType": "desc"},
    "by text": {"_sortField": "city", "_sortType": "desc"},
}


async def test_finds_use_it(pool: Pool, tmp_path: Path) -> None:
    """Equality, ranges and pages in the order of an indexed field read the index, and no find by order sorts."""
    app = folder(tmp_path, INDEXED, INDEXED)
    await filled(pool)
    await pushed(pool, app)
    entity = app.manifest.entity("orders")
    for name, query in FINDS.items():
        found = await plan(pool, app, query)
        assert "records_field_" in found, (name, found)
        if "_sortField" not in query:
            continue
        assert "Sort" not in found, (name, found)
        async with pool.acquire() as conn:
            page = await records.find_page(conn, "shop", entity, query, limit=20)
        if page.next is not None:
            cursor = records.Cursor.parse(page.next)
            found = await plan(pool, app, query, cursor=cursor)
            assert "Index Cond" in found and "ROW(" in found and "Sort" not in found, (name, found)


@pytest.mark.parametrize("marks", [(INDEXED, INDEXED), ("", "")], ids=["with", "without"])
async def test_what_is_found_is_the_same(pool: Pool, tmp_path: Path, marks: tuple[str, str]) -> None:
    """Page by page and by offset, up and down, records without a value come last, and each comes once."""
    app = folder(tmp_path, *marks)
    await pushed(pool, app)
    entity = app.manifest.entity("orders")
    rows = [{"city": f"C{n % 3}"} | ({"total": n % 4} if n % 5 else {}) | {"paid": bool(n % 2)} for n in range(30)]
    async with pool.acquire() as conn:
        saved = [await records.save(conn, "shop", entity, row) for row in rows]
        for down in (False, True):
            ids = [one.id for one in sorted(saved, key=lambda one: one.id, reverse=down)]
            data = {one.id: one.data for one in saved}
            valued = sorted((id for id in ids if "total" in data[id]), key=lambda id: data[id]["total"], reverse=down)
            expected = valued + [id for id in ids if "total" not in data[id]]
            query = {"_sortField": "total", "_sortType": "desc" if down else "asc"}
            for size in (1, 7, 24, 100):
                found, cursor = [], None
                while True:
                    page = await records.find_page(conn, "shop", entity, query, cursor=cursor, limit=size)
                    found += [one.id for one in page.items]
                    cursor = page.next
                    if cursor is None:
                        break
                assert found == expected, (query, size)
            for offset in (0, 5, 23, 24, 25, 29, 30, 99):
                page = await records.find_page(conn, "shop", entity, {**query, "_offset": offset}, limit=4)
                assert [one.id for one in page.items] == expected[offset : offset + 4], (query, offset)
        for query, wanted in (
            ({"total": "1"}, lambda row: row.get("total") == 1),
            ({"total": [1, 2.0]}, lambda row: row.get("total") in (1, 2)),
            ({"city": "C1,C2", "paid": "true"}, lambda row: row["city"] in ("C1", "C2") and row["paid"]),
            ({"city": "notEquals(C1)", "total": "empty()"}, lambda row: row["city"] != "C1" and "total" not in row),
            ({"total": "1,empty()"}, lambda row: row.get("total") in (None, 1)),
        ):
            page = await records.find_page(conn, "shop", entity, query)
            assert [one.id for one in page.items] == [one.id for one in saved if wanted(one.data)], query
            assert await records.count(conn, "shop", entity, query) == len(page.items)


async def test_a_build_that_was_cut_off(pool: Pool, tmp_path: Path) -> None:
    """An index that was left half built is built anew, and one that two build at once is built once."""
    app = folder(tmp_path, INDEXED, "")
    (name,) = await pushed(pool, app)
    await pool.execute(
        "update pg_index set indisvalid = false where indexrelid = $1::text::regclass", f"headrace.{name}"
    )
    await asyncio.gather(indexes.settle(pool), indexes.settle(pool))
    assert await there(pool) == {name: True}


async def test_writers_go_on(pool: Pool, tmp_path: Path) -> None:
    """While an index is built records are saved; it holds them too."""
    app = folder(tmp_path, INDEXED, "")
    await filled(pool)
    async with pool.acquire() as conn:
        await push(conn, app)
    async with pool.transaction() as conn:
        # It cannot be ready before this transaction is over.
        await records.save(conn, "shop", app.manifest.entity("orders"), {"city": "early"})
        building = asyncio.create_task(indexes.settle(pool))
        async with patience("the index that is being built"):
            while not await there(pool):  # noqa: ASYNC110 - the database is asked
                await asyncio.sleep(POLL_S)
        await pool.run(lambda other: records.save(other, "shop", app.manifest.entity("orders"), {"city": "late"}))
        assert not all((await there(pool)).values())
    (name,) = await building
    assert await there(pool) == {name: True}
    for city in ("early", "late"):
        assert name in await plan(pool, app, {"city": city})
        async with pool.acquire() as conn:
            assert await records.count(conn, "shop", app.manifest.entity("orders"), {"city": city}) == 1


async def test_too_long_for_an_index(pool: Pool, tmp_path: Path) -> None:
    """A text that is there already and too long leaves the field without index, with a reason; new ones are refused."""
    plain, app = folder(tmp_path, "", ""), folder(tmp_path, INDEXED, "")
    async with pool.acquire() as conn:
        await push(conn, plain)
        # Compression must not make it short.
        long = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(5000))
        saved = await records.save(conn, "shop", plain.manifest.entity("orders"), {"city": long})
    assert await pushed(pool, app) == []
    assert await there(pool) == {}
    assert not await indexes.settle(pool)
    (row,) = await pool.fetch("select problem from headrace.record_indexes")
    assert "index row" in row["problem"]
    entity = app.manifest.entity("orders")
    async with pool.acquire() as conn:
        with pytest.raises(ValidationErrors, match="city: expected a text of at most 500 characters"):
            await records.save(conn, "shop", entity, {"city": "x" * 501})
        await records.save(conn, "shop", entity, {"city": "x" * 500}, record_id=saved.id, version=1)
    assert len(await pushed(pool, app)) == 1


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ('{ type = "json", indexed = true }', "indexed: is not for fields of type json"),
        ('{ type = "text", indexed = true, max_length = 501 }', "max_length: of an indexed field is at most 500"),
        ('{ type = "text", indexed = 1 }', "indexed"),
    ],
)
def test_fields_that_cannot_be_indexed(tmp_path: Path, field: str, problem: str) -> None:
    """The declaration is refused with a reason."""
    (tmp_path / "app.toml").write_text(f'[app]\nname = "shop"\n[entities.orders.fields]\nx = {field}\n')
    with pytest.raises(ConfigError, match=problem):
        load_folder(tmp_path)


async def test_another_app_keeps_its_own(pool: Pool, tmp_path: Path) -> None:
    """Two apps with the same entity have an index each."""
    app = folder(tmp_path, INDEXED, "")
    (mine,) = await pushed(pool, app)
    (other,) = await pushed(pool, replace(app, manifest=replace(app.manifest, name="other")))
    assert await there(pool) == {mine: True, other: True}


async def test_each_find_is_planned_for_its_values(pool: Pool, tmp_path: Path) -> None:
    """No statement of finds stays with the connection: its plan would be one for any value."""
    app = folder(tmp_path, INDEXED, INDEXED)
    await pushed(pool, app)
    entity = app.manifest.entity("orders")
    async with pool.acquire() as conn:
        for _ in range(8):
            await records.find_page(conn, "shop", entity, {"total": "greater(5)", "_sortField": "total", "_offset": 9})
            await records.count(conn, "shop", entity, {"total": "greater(5)"})
        kept = await conn.fetch(
            "select statement from pg_prepared_statements where starts_with(statement, $1)", "SELECT headrace.records"
        )
    assert not kept
