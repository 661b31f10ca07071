"""sys.commons.ResultSet, over jobs, logs and records."""

from __future__ import annotations

from tests.conformance.conftest import Lab
from tests.conformance.scripts import Script, both


@both("""
found = sys.data.find('companies', {'_sortField': 'size'});
seen = [found.hasNext(), found.next().label(), found.next().label(), found.hasNext()];
return [seen, refused(@ found.next()), found.hasNext(), code(@ found.next())];
""")
async def test_past_the_end(lab: Lab, script: Script) -> None:
    """next() is badRequest past the end, and hasNext() says so before; forward only."""
    await lab.save({"name": "B", "size": 2}, {"name": "A", "size": 1})
    message = "The result set has no more elements; ask hasNext() first"
    expected = [[True, "A", "B", False], ["badRequest", message], False, "badRequest"]
    assert await lab.value(script) == expected


@both("""
found = sys.data.find('companies', {'_size': 250});
before = found.count();
names = labels(found);
return [before, len(names), names[0], names[99], names[100], names[249], found.count()];
""")
async def test_pages(lab: Lab, script: Script) -> None:
    """A result set is read in pages behind the scenes; count() is of all matches, whatever `_size`."""
    await lab.many(260)
    assert await lab.value(script) == [260, 250, "C0", "C99", "C100", "C249", 260]


@both("""
found = sys.data.find('companies', {});
exactly = len(sys.data.find('companies', {'_size': 1000}).toArray());
return [refused(@ found.toArray()), exactly];
""")
async def test_to_array(lab: Lab, script: Script) -> None:
    """toArray() is systemException past 1,000; of 1,000 it gives all."""
    await lab.many(1001)
    refused, exactly = await lab.value(script)
    assert refused == ["systemException", "toArray() takes up to 1000 elements; read larger results with next()"]
    assert exactly == 1000


@both("""
found = sys.data.find('companies', {});
first = found.next().label();
found.close();
return [first, found.hasNext(), code(@ found.next()), len(found.toArray())];
""")
async def test_close(lab: Lab, script: Script) -> None:
    """After close() there is nothing left to read."""
    await lab.many(150)
    assert await lab.value(script) == ["C0", False, "badRequest", 0]


@both(js="var n = 0;\nfor (var company of sys.data.find('companies', {})) n++;\nreturn n;",
      py="n = 0\nfor company in sys.data.find('companies', {}):\n    n += 1\nreturn n")  # fmt: skip
async def test_loops(lab: Lab, script: Script) -> None:
    """A loop of the language reads all pages."""
    await lab.many(130)
    assert await lab.value(script) == 130


@both(js="var seen = [];\nvar found = sys.data.find('companies', {type: 'd'});\n"
         "while (found.hasNext()) { var c = found.next(); seen.push(c.label()); sys.data.remove(c); }\n"
         "return seen.length;",
      py="seen = []\nfound = sys.data.find('companies', {'type': 'd'})\n"
         "while found.hasNext():\n    c = found.next()\n    seen.append(c.label())\n    sys.data.remove(c)\n"
         "return len(seen)")  # fmt: skip
async def test_changes_while_it_is_read(lab: Lab, script: Script) -> None:
    """Removing what was read neither skips nor repeats what is left."""
    await lab.many(120)
    async with lab.pool.acquire() as conn:
        await conn.execute('update headrace.records set data = data || \'{"type": "d"}\' where app = $1', lab.app)
    assert await lab.value(script) == 120


@both("return [sys.jobs.find({}).count(), sys.jobs.logs(sys.jobs.getCurrentJobId(), {'level': 'ERROR'}).count()];")
async def test_count_of_jobs_and_logs(lab: Lab, script: Script) -> None:
    """count() is there for jobs and logs as well."""
    assert await lab.value(script) == [1, 0]


@both(js="return refused(@ new sys.commons.ResultSet());", py="return refused(@ sys.commons.ResultSet())")
async def test_not_by_hand(lab: Lab, script: Script) -> None:
    """A ResultSet comes from a query."""
    found = ["badRequest", "a ResultSet comes from a query; it cannot be made by hand"]
    assert await lab.value(script) == found
