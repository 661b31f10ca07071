"""Records: saves, locks, unique values, relations, and the whole query language on real rows."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from engine.apps.manifest import Entity, Field, FieldType
from engine.data import bulk, records
from engine.data.query import Query
from engine.data.records import Record
from engine.db.pool import Pool
from engine.db.search import compile_statement
from engine.errors import BadRequest, NotFound, OptimisticLocking, ValidationErrors
from engine.ids import new_id

APP = "shop"
COMPANIES = Entity(
    name="companies",
    label="Companies",
    label_field="name",
    fields={
        "name": Field("name", FieldType.TEXT, "Name", required=True),
        "type": Field("type", FieldType.CHOICE, "Type", choices=("a", "b", "c"), default="c"),
        "size": Field("size", FieldType.INTEGER, "Size"),
        "score": Field("score", FieldType.NUMBER, "Score"),
        "active": Field("active", FieldType.BOOLEAN, "Active"),
        "founded": Field("founded", FieldType.DATE, "Founded"),
        "seen": Field("seen", FieldType.DATETIME, "Seen"),
        "code": Field("code", FieldType.TEXT, "Code", unique=True),
        "notes": Field("notes", FieldType.JSON, "Notes"),
        "parent": Field("parent", FieldType.RELATION, "Parent", entity="companies"),
    },
)
ROWS: list[dict[str, Any]] = [
    {"name": "Acme", "type": "a", "size": 10, "score": 1.5, "active": True, "founded": "1990-01-01"},
    {"name": "Bolt, Inc.", "type": "b", "size": 9, "score": 2, "active": False, "seen": {"$date": 86_400_000}},
    {"name": "Cog 100%", "type": "b", "size": 100, "notes": [1], "founded": "2001-05-05"},
    {"name": "dyn_amo", "type": "c", "notes": [], "code": "D"},
    {"name": "Eve", "score": -1, "code": ""},
]


async def save(pool: Pool, data: object, *, app: str = APP, **options: Any) -> Record:
    async with pool.transaction() as conn:
        return await records.save(conn, app, COMPANIES, data, **options)


@pytest.fixture
async def five(pool: Pool) -> dict[str, Record]:
    """Five companies by the first letter of their names."""
    return {row["name"][0]: await save(pool, row) for row in ROWS}


async def names(pool: Pool, query: object, *, limit: int = 100) -> str:
    """The first letters of the names that a query finds, over all its pages."""
    found, cursor = "", None
    async with pool.acquire() as conn:
        while True:
            page = await records.find_page(conn, APP, COMPANIES, query, cursor=cursor, limit=limit)
            found += "".join(record.label[0] for record in page.items)
            if page.next is None:
                return found
            cursor = page.next


async def test_saved_record_comes_back(pool: Pool) -> None:
    """A new record has an id, version 1, its label and its data in stored form; on the wire the same."""
    saved = await save(pool, {"name": "Acme", "founded": {"$date": 0}, "size": None})
    async with pool.acquire() as conn:
        found = await records.find_by_id(conn, APP, COMPANIES, str(saved.id))
    assert found == saved
    assert saved.to_wire() == {
        "id": str(saved.id),
        "entity": "companies",
        "label": "Acme",
        "version": 1,
        "data": {"name": "Acme", "founded": "1970-01-01"},
    }


def test_new_record_has_its_defaults() -> None:
    """createRecord gives a record without id, version 0, with the declared defaults."""
    assert records.new_record(COMPANIES) == {
        "id": None,
        "entity": "companies",
        "label": None,
        "version": 0,
        "data": {"type": "c"},
    }


async def test_save_replaces_the_data_and_counts_the_version(pool: Pool) -> None:
    """A save on the version that was read gives the next version and all of the new data, nothing of the old."""
    first = await save(pool, {"name": "Acme", "size": 1})
    second = await save(pool, {"name": "Acme 2"}, record_id=str(first.id), version=1)
    assert (second.id, second.version, second.data) == (first.id, 2, {"name": "Acme 2"})


async def test_optimistic_locking(pool: Pool) -> None:
    """A save on another version than the record has is refused, names both, and changes nothing."""
    first = await save(pool, {"name": "Acme"})
    await save(pool, {"name": "Acme 2"}, record_id=first.id, version=1)
    with pytest.raises(OptimisticLocking) as caught:
        await save(pool, {"name": "Acme 3"}, record_id=first.id, version=1)
    assert caught.value.additional_info == {"id": str(first.id), "version": 2, "basedOn": 1}
    assert await names(pool, {"name": "Acme 2"}) == "A"


async def test_concurrent_saves_of_one_version(pool: Pool) -> None:
    """Of several saves on one version exactly one wins."""
    first = await save(pool, {"name": "Acme"})
    saves = (save(pool, {"name": f"Acme {n}"}, record_id=first.id, version=1) for n in range(5))
    results = await asyncio.gather(*saves, return_exceptions=True)
    assert sum(isinstance(result, Record) for result in results) == 1
    assert sum(isinstance(result, OptimisticLocking) for result in results) == 4


async def test_validation_errors_name_every_field(pool: Pool) -> None:
    """additionalInfo has a reason for each wrong field, unknown ones and dangling relations included."""
    with pytest.raises(ValidationErrors) as caught:
        await save(pool, {"size": "x", "color": "red", "type": "z", "parent": str(new_id())})
    assert sorted(caught.value.additional_info) == ["color", "name", "parent", "size", "type"]
    assert caught.value.code == "validationErrors"
    assert await names(pool, {}) == ""


async def test_save_refuses_what_is_no_record(pool: Pool) -> None:
    """A malformed id, version or data is badRequest; an id that is nobody's is notFound."""
    for options in (
        {"record_id": "x"},
        {"record_id": new_id(), "version": "1"},
        {"record_id": new_id(), "version": -1},
    ):
        with pytest.raises(BadRequest):
            await save(pool, {"name": "Acme"}, **options)
    with pytest.raises(BadRequest, match="data"):
        await save(pool, ["Acme"])
    with pytest.raises(NotFound):
        await save(pool, {"name": "Acme"}, record_id=new_id(), version=1)


async def test_unique_values(pool: Pool) -> None:
    """A unique value is refused while another record has it, and free again when that changes or goes."""
    first = await save(pool, {"name": "Acme", "code": "X"})
    with pytest.raises(ValidationErrors) as caught:
        await save(pool, {"name": "Bolt", "code": "X"})
    assert caught.value.additional_info == {"code": "another record already has this value"}
    await save(pool, {"name": "Acme", "code": "X"}, record_id=first.id, version=1)
    await save(pool, {"name": "Acme", "code": "Y"}, record_id=first.id, version=2)
    await save(pool, {"name": "Bolt", "code": "X"})
    async with pool.transaction() as conn:
        await records.remove(conn, APP, COMPANIES, first.id)
    await save(pool, {"name": "Cog", "code": "Y"})
    assert await names(pool, {"code": "X,Y"}) == "BC"


async def test_refused_unique_value_leaves_the_callers_transaction_alive(pool: Pool) -> None:
    """A script may catch the error and go on in the same transaction: only the refused save is undone."""
    await save(pool, {"name": "Acme", "code": "X"})
    second = await save(pool, {"name": "Bolt", "code": "Y"})
    async with pool.transaction() as conn:
        with pytest.raises(ValidationErrors):
            await records.save(conn, APP, COMPANIES, {"name": "Bolt", "code": "X"}, record_id=second.id, version=1)
        await records.save(conn, APP, COMPANIES, {"name": "Cog"})
    assert await names(pool, {"code": "X,Y"}) == "AB"
    assert await names(pool, {"name": "Cog"}) == "C"


async def test_concurrent_unique_values(pool: Pool) -> None:
    """Of several new records with one unique value exactly one is saved."""
    saves = (save(pool, {"name": f"Acme {n}", "code": "X"}) for n in range(5))
    results = await asyncio.gather(*saves, return_exceptions=True)
    assert sum(isinstance(result, Record) for result in results) == 1
    assert sum(isinstance(result, ValidationErrors) for result in results) == 4


async def test_apps_and_entities_are_apart(pool: Pool) -> None:
    """Another app neither finds, counts, saves nor removes the record, and may use its unique value."""
    mine = await save(pool, {"name": "Acme", "code": "X"})
    await save(pool, {"name": "Acme", "code": "X"}, app="other")
    async with pool.acquire() as conn:
        assert await records.find_by_id(conn, "third", COMPANIES, mine.id) is None
        assert await records.count(conn, "third", COMPANIES) == 0
        assert await records.find_one(conn, "third", COMPANIES, {"id": str(mine.id)}) is None
        with pytest.raises(NotFound):
            await records.remove(conn, "third", COMPANIES, mine.id)
    with pytest.raises(NotFound):
        await save(pool, {"name": "Acme"}, app="third", record_id=mine.id, version=1)
    with pytest.raises(ValidationErrors):
        await save(pool, {"name": "Sub", "parent": str(mine.id)}, app="third")


async def test_remove(pool: Pool) -> None:
    """A removed record is returned once and is gone then."""
    saved = await save(pool, {"name": "Acme"})
    async with pool.transaction() as conn:
        assert await records.remove(conn, APP, COMPANIES, str(saved.id)) == saved
        with pytest.raises(NotFound):
            await records.remove(conn, APP, COMPANIES, saved.id)
        with pytest.raises(BadRequest):
            await records.remove(conn, APP, COMPANIES, None)
        assert await records.find_by_id(conn, APP, COMPANIES, saved.id) is None


async def test_retired_fields_do_not_stand_in_the_way(pool: Pool) -> None:
    """A value of a field that the app no longer declares is not shown, and does not make a save fail."""
    saved = await save(pool, {"name": "Acme", "size": 3})
    smaller = Entity("companies", "Companies", {"name": COMPANIES.fields["name"]}, label_field="name")
    async with pool.transaction() as conn:
        found = await records.find_by_id(conn, APP, smaller, saved.id)
        assert found is not None
        assert found.data == {"name": "Acme"}
        await records.save(conn, APP, smaller, found.data, record_id=saved.id, version=1)


FOUND = [
    (None, "ABCdE"),
    ({}, "ABCdE"),
    ({"type": "a"}, "A"),
    ({"type": "a,c"}, "Ad"),
    ({"type": ["a", "c"]}, "Ad"),
    ({"type": "a", "active": True}, "A"),
    ({"type": "a", "active": "false"}, ""),
    ({"active": "true,false"}, "AB"),
    ({"name": "Acme,Eve"}, "AE"),
    ({"name": "Bolt, Inc."}, ""),
    ({"name": ["Bolt, Inc."]}, "B"),
    ({"name": r"Bolt\, Inc."}, "B"),
    ({"size": 10}, "A"),
    ({"size": "10,9"}, "AB"),
    ({"score": 2.0}, "B"),
    ({"size": "notEquals(10)"}, "BCdE"),
    ({"size": "notEquals(10,9)"}, "CdE"),
    ({"type": "notEquals(b)"}, "AdE"),
    ({"name": "like(E)"}, "AE"),
    ({"name": "like(100%)"}, "C"),
    ({"name": "like(_)"}, "d"),
    ({"name": "like(bolt, i)"}, "B"),
    ({"size": "greater(10)"}, "C"),
    ({"size": "greaterOrEquals(10)"}, "AC"),
    ({"size": "less(10)"}, "B"),
    ({"size": "lessOrEquals(10)"}, "AB"),
    ({"score": "less(0)"}, "E"),
    ({"score": "between(-1,1.5)"}, "AE"),
    ({"size": "between(9,10),empty()"}, "ABdE"),
    ({"name": "less(C)"}, "AB"),
    ({"founded": "1990-01-01"}, "A"),
    ({"founded": "greater(1990-01-01)"}, "C"),
    ({"founded": "between(1980-01-01,2020-01-01)"}, "AC"),
    ({"seen": {"$date": 86_400_000}}, "B"),
    ({"seen": "1970-01-02T00:00:00Z"}, "B"),
    ({"seen": "less(1970-01-02T00:00:00.001Z)"}, "B"),
    ({"code": "empty()"}, "ABCE"),
    ({"code": "notEmpty()"}, "d"),
    ({"code": None}, "ABCE"),
    ({"notes": "empty()"}, "ABdE"),
    ({"notes": "notEmpty()"}, "C"),
    ({"_size": 2}, "AB"),
    ({"_size": "2", "_offset": "1"}, "BC"),
    ({"_offset": 4}, "E"),
    ({"_sortType": "desc"}, "EdCBA"),
    ({"_sortField": "size"}, "BACdE"),
    ({"_sortField": "size", "_sortType": "desc"}, "CABEd"),
    ({"_sortField": "score", "_sortType": "asc", "_size": 4}, "EABC"),
    ({"_sortField": "name"}, "ABCEd"),
    ({"_sortField": "type", "_sortType": "desc"}, "dCBAE"),
    ({"_sortField": "active", "type": "a,b"}, "BAC"),
    ({"_sortField": "id", "_offset": 1, "_size": 3}, "BCd"),
]


@pytest.mark.parametrize(("query", "found"), FOUND, ids=[str(query) for query, _ in FOUND])
async def test_query(pool: Pool, five: dict[str, Record], query: Any, found: str) -> None:
    """Each query finds its records in its order, whole or in pages, and counts them, all or of all pages."""
    assert [await names(pool, query, limit=limit) for limit in (100, 1, 2)] == [found] * 3
    asked = {key: value for key, value in (query or {}).items() if not key.startswith("_")}
    async with pool.acquire() as conn:
        assert await records.count(conn, APP, COMPANIES, query) == len(await names(pool, asked))
        assert await records.count_pages(conn, APP, COMPANIES, query) == len(found)
        first = await records.find_one(conn, APP, COMPANIES, query)
    assert (first.label[0] if first else "") == found[:1]


async def test_query_by_id_and_relation(pool: Pool, five: dict[str, Record]) -> None:
    """Records are found by ids, by all but some ids, and by the record that they point to."""
    child = await save(pool, {"name": "Sub", "parent": {"id": str(five["A"].id)}})
    assert await names(pool, {"id": f"{five['A'].id},{child.id}"}) == "AS"
    assert await names(pool, {"id": [str(five["B"].id)]}) == "B"
    assert await names(pool, {"id": f"notEquals({five['A'].id})"}) == "BCdES"
    assert await names(pool, {"parent": str(five["A"].id)}) == "S"
    assert await names(pool, {"parent": "empty()"}) == "ABCdE"


REFUSED = [
    ("type", "query: 'type' is not allowed; expected an object"),
    ({"color": "red"}, "query: 'color' is not allowed; expected a field of companies or an option: id, name"),
    ({"_limit": 1}, "query: '_limit' is not allowed"),
    ({"size": "big"}, "size: 'big' is not allowed; expected a whole number"),
    ({"size": "1.5"}, "size: '1.5' is not allowed"),
    ({"size": "greater(x)"}, "size: 'x' is not allowed; expected a whole number"),
    ({"size": "grater(1)"}, r"size: 'grater\(1\)' is not allowed; expected one of the operators"),
    ({"size": "like(1)"}, r"size: 'like\(1\)' is not allowed; expected for a field of type integer"),
    ({"active": "maybe"}, "active: 'maybe' is not allowed; expected true or false"),
    ({"active": "greater(true)"}, "active: .*expected for a field of type boolean"),
    ({"founded": "yesterday"}, "founded: 'yesterday' is not allowed; expected a date"),
    ({"notes": "x"}, "notes: 'x' is not allowed; expected for a field of type json"),
    ({"parent": "x"}, "parent: 'x' is not allowed; expected the id of a record of companies"),
    ({"name": 5}, "name: 5 is not allowed; expected a text"),
    ({"name": "a\0"}, "name: .*NUL"),
    ({"name": "like(a\0)"}, "name: .*NUL"),
    ({"id": "5"}, "id: '5' is not allowed"),
    ({"id": "greater(5)"}, "id: "),
    ({"_size": 0}, "_size: 0 is not allowed; expected a whole number from 1 on"),
    ({"_size": "ten"}, "_size: 'ten' is not allowed"),
    ({"_size": 1.5}, "_size: 1.5 is not allowed"),
    ({"_size": True}, "_size: true is not allowed"),
    ({"_offset": -1}, "_offset: -1 is not allowed"),
    ({"_sortField": "color"}, "_sortField: 'color' is not allowed; expected one of id, name"),
    ({"_sortField": "notes"}, "_sortField: 'notes' is not allowed"),
    ({"_sortType": "up"}, "_sortType: 'up' is not allowed; expected 'asc' or 'desc'"),
]


@pytest.mark.parametrize(("query", "said"), REFUSED, ids=[str(query) for query, _ in REFUSED])
async def test_query_refused(pool: Pool, query: Any, said: str) -> None:
    """A wrong query is badRequest with the field, the value and what is allowed, for find and for count."""
    async with pool.acquire() as conn:
        with pytest.raises(BadRequest, match=said):
            await records.find_page(conn, APP, COMPANIES, query)
        with pytest.raises(BadRequest, match=said):
            await records.count(conn, APP, COMPANIES, query)


@pytest.mark.parametrize("cursor", ["", "x", "W10=", "WzEsMl0=", 5, "WzEsICJ4IiwgIngiXQ=="])
async def test_cursor_refused(pool: Pool, cursor: object) -> None:
    """A cursor that no page gave is badRequest."""
    async with pool.acquire() as conn:
        with pytest.raises(BadRequest, match="cursor"):
            await records.find_page(conn, APP, COMPANIES, {"_sortField": "size"}, cursor=cursor)


async def test_cursor_of_another_sorting_is_refused(pool: Pool, five: dict[str, Record]) -> None:
    """A cursor with a text where the sorting needs a number is badRequest, not an error of PostgreSQL."""
    async with pool.acquire() as conn:
        page = await records.find_page(conn, APP, COMPANIES, {"_sortField": "name"}, limit=1)
        with pytest.raises(BadRequest, match="cursor"):
            await records.find_page(conn, APP, COMPANIES, {"_sortField": "size"}, cursor=page.next)


async def test_values_of_another_type_are_passed_over(pool: Pool) -> None:
    """A text that an older version of the app stored in a number field neither matches nor breaks a query."""
    await save(pool, {"name": "Acme", "size": 5})
    await pool.execute('update headrace.records set data = data || \'{"size": "large"}\'')
    await save(pool, {"name": "Bolt", "size": 6})
    assert await names(pool, {"size": "greater(1)"}) == "B"
    assert await names(pool, {"_sortField": "size"}) == "BA"


async def test_equality_uses_the_index(pool: Pool) -> None:
    """Among many records, an equality of a query is answered by the GIN index on data."""
    rows = [{"name": f"Company {n}", "code": str(n)} for n in range(5000)]
    async with pool.transaction() as conn:
        await bulk.save_many(conn, APP, COMPANIES, rows)
    await pool.execute("analyze headrace.records")
    sql, args = compile_statement(Query.parse(COMPANIES, {"code": "17,4711"}).count(APP, "companies"))
    plan = "\n".join(row[0] for row in await pool.fetch(f"explain {sql}", *args))
    assert "Bitmap Index Scan on records_data" in plan, plan


async def test_many_at_once(pool: Pool) -> None:
    """save_many answers each row in order: an id, or the reason; only the good rows are saved."""
    parent = await save(pool, {"name": "Acme", "code": "X"})
    rows: list[dict[str, Any]] = [
        {"name": "Bolt", "parent": str(parent.id)},
        {"name": "Cog", "parent": str(new_id())},
        {"size": 1},
        {"name": "Dyn", "code": "X"},
        {"name": "Eve", "code": "Y"},
        {"name": "Fig", "code": "Y"},
    ]
    async with pool.transaction() as conn:
        results = await bulk.save_many(conn, APP, COMPANIES, rows)
    reasons = [result.reasons if isinstance(result, bulk.Refused) else None for result in results]
    assert [sorted(reason) if reason else None for reason in reasons] == [
        None,
        ["parent"],
        ["name"],
        ["code"],
        None,
        ["code"],
    ]
    assert all(isinstance(results[place], UUID) for place in (0, 4))
    assert await names(pool, {}) == "ABE"
    async with pool.transaction() as conn:
        assert await bulk.save_many(conn, APP, COMPANIES, []) == []
    assert len(await pool.fetch("select 1 from headrace.record_keys")) == 2
