"""Query maps of sys.data: OR, every operator, sorting, size and offset."""

from __future__ import annotations

import pytest

from tests.conformance.conftest import Lab
from tests.conformance.scripts import Script, both, refuses

ROWS = [
    {"name": "Alpha", "type": "a", "size": 1, "score": 1.5, "active": True, "founded": "2020-01-01"},
    {"name": "Beta", "type": "b", "size": 2, "score": -3, "active": False, "founded": "2021-06-15"},
    {"name": "Gamma", "type": "c", "size": 10, "founded": "2022-12-31"},
    {"name": "100% _x, y", "type": "a"},
]
NAMES = "Alpha Beta Gamma 100"
CASES = [
    ({}, "Alpha Beta Gamma 100"),
    ({"type": "a"}, "Alpha 100"),
    ({"type": "a,b"}, "Alpha Beta 100"),
    ({"type": "a", "size": 1}, "Alpha"),
    ({"size": "1,10"}, "Alpha Gamma"),
    ({"type": ["a", "c"]}, "Alpha Gamma 100"),
    ({"name": ["100% _x, y"]}, "100"),
    ({"name": "100% _x\\, y"}, "100"),
    ({"type": "notEquals(a)"}, "Beta Gamma"),
    ({"name": "like(ET)"}, "Beta"),
    ({"name": "like(%)"}, "100"),
    ({"name": "like(_)"}, "100"),
    ({"size": "greater(2)"}, "Gamma"),
    ({"size": "greaterOrEquals(2)"}, "Beta Gamma"),
    ({"size": "less(2)"}, "Alpha"),
    ({"size": "lessOrEquals(2)"}, "Alpha Beta"),
    ({"size": "between(2,10)"}, "Beta Gamma"),
    ({"size": "less(2),greater(5)"}, "Alpha Gamma"),
    ({"score": "greater(-4)"}, "Alpha Beta"),
    ({"score": "between(-3,1.4)"}, "Beta"),
    ({"size": "empty()"}, "100"),
    ({"size": "notEmpty()"}, "Alpha Beta Gamma"),
    ({"size": None}, "100"),
    ({"size": "empty(),1"}, "Alpha 100"),
    ({"active": True}, "Alpha"),
    ({"active": "false"}, "Beta"),
    ({"founded": "greater(2021-01-01)"}, "Beta Gamma"),
    ({"founded": "between(2020-01-01,2021-06-15)"}, "Alpha Beta"),
    ({"_sortField": "size", "_sortType": "desc"}, "Gamma Beta Alpha 100"),
    ({"_sortField": "size"}, "Alpha Beta Gamma 100"),
    ({"_sortField": "name", "_sortType": "asc"}, "100 Alpha Beta Gamma"),
    ({"_sortType": "desc"}, "100 Gamma Beta Alpha"),
    ({"_size": 2}, "Alpha Beta"),
    ({"_size": 2, "_offset": 1}, "Beta Gamma"),
    ({"_offset": 3}, "100"),
    ({"type": "z"}, ""),
]
WRONG = [
    ({"color": "red"}, "query", "color", "name, type"),
    ({"size": "many"}, "size", "many", "a whole number"),
    ({"size": "greater()"}, "size", "greater()", "greater(x)"),
    ({"size": "between(1)"}, "size", "between(1)", "between(a,b)"),
    ({"size": "around(5)"}, "size", "around(5)", "lessOrEquals(x)"),
    ({"size": "like(5)"}, "size", "like(5)", "notEmpty()"),
    ({"active": "maybe"}, "active", "maybe", "true or false"),
    ({"notes": "x"}, "notes", "x", "empty()"),
    ({"founded": "less(soon)"}, "founded", "soon", "a date such as"),
    ({"type": []}, "type", [], "a list with at least one value"),
    ({"_sortField": "color"}, "_sortField", "color", "founded"),
    ({"_sortField": "notes"}, "_sortField", "notes", "founded"),
    ({"_sortType": "up"}, "_sortType", "up", "'asc' or 'desc'"),
    ({"_size": 0}, "_size", 0, "a whole number from 1"),
    ({"_offset": -1}, "_offset", -1, "a whole number from 0"),
    ("all", "query", "all", "an object"),
]


@both("""
return each(params.queries, @query [labels(sys.data.find('companies', query)), sys.data.count('companies', query)]);
""")
async def test_queries(lab: Lab, script: Script) -> None:
    """Each operator finds what it says; count() counts whatever `_size` and `_offset` say."""
    await lab.save(*ROWS)
    found = await lab.value(script, queries=[query for query, _ in CASES])
    for (names, count), (query, expected) in zip(found, CASES, strict=True):
        assert " ".join(name.split("%")[0] for name in names) == expected, query
        assert count == (len(names) if not {"_size", "_offset"} & set(query) else 4), query


@both("return each(params.queries, @query refused(@ sys.data.find('companies', query)));")
async def test_invalid_queries(lab: Lab, script: Script) -> None:
    """badRequest names the field, the value and what is allowed."""
    found = await lab.value(script, queries=[query for query, *_ in WRONG])
    for answer, (_, field, value, allowed) in zip(found, WRONG, strict=True):
        refuses(answer, "badRequest", field, value, allowed)


@pytest.mark.parametrize("call", ["count", "findOne", "delete", "exportRecords"])
@both(
    """
calls = {'count': @query sys.data.count('companies', query), 'findOne': @query sys.data.findOne('companies', query),
         'delete': @query sys.data['delete']('companies', query),
         'exportRecords': @query sys.data.exportRecords('companies', query)};
return refused(@ calls[params.call]({'size': 'many'}));
""".replace("sys.data['delete']", "sys.data.delete")
)
async def test_every_call_checks_its_query(lab: Lab, script: Script, call: str) -> None:
    """A wrong query is refused where it is written, not when its job runs."""
    refuses(await lab.value(script, call=call), "badRequest", "size", "many", "a whole number")


@both("""
found = sys.data.find('companies', {'owner': params.id});
return [ids(found), labels(sys.data.find('companies', {'id': params.id}))];
""")
async def test_relations_and_ids(lab: Lab, script: Script) -> None:
    """A relation is asked for by the id of the related record; `id` is a key as well."""
    (owner,) = await lab.save({"name": "Owner"})
    (owned,) = await lab.save({"name": "Owned", "owner": owner})
    assert await lab.value(script, id=owner) == [[owned], ["Owner"]]
