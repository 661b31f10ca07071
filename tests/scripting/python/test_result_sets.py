"""sys.commons.ResultSet."""

from scripting.model import Json
from scripting.runtime import HostError
from tests.scripting.python.scripts import FakeHost, failure, run


def pages(total: int, size: int = 2) -> FakeHost:
    """A host with so many jobs, in pages."""

    def page(args: list[Json]) -> Json:
        start = args[1] or 0
        assert isinstance(start, int)
        end = min(start + size, total)
        return {"items": [{"id": str(n)} for n in range(start, end)], "next": end if end < total else None}

    return FakeHost({"jobs.find": page, "jobs.count": total})


def test_reads_to_the_end() -> None:
    """hasNext and next read page after page."""
    source = "ids = []\njobs = sys.jobs.find({})\nwhile jobs.hasNext():\n    ids.append(jobs.next().id())\nreturn ids"
    assert run(source, host=pages(5)) == ["0", "1", "2", "3", "4"]


def test_pages_are_read_when_needed() -> None:
    """Only the first page is read before the script gets further."""
    host = pages(5)
    run("jobs = sys.jobs.find({})\njobs.next()\njobs.next()", host=host)
    assert host.calls == [("jobs.find", [{}, None])]


def test_in_a_loop() -> None:
    """A result set works in for, in comprehensions and in with."""
    assert run("return [j.id() for j in sys.jobs.find({})]", host=pages(3)) == ["0", "1", "2"]
    assert run("with sys.jobs.find({}) as jobs:\n    return jobs.next().id()", host=pages(3)) == "0"


def test_past_the_end() -> None:
    """next past the end is a badRequest."""
    assert failure("sys.jobs.find({}).next()", host=pages(0)).code == "badRequest"


def test_count() -> None:
    """count asks for all matches of the query."""
    host = pages(5)
    assert run("return sys.jobs.find({'_size': 1}).count()", host=host) == 5
    assert host.calls[-1] == ("jobs.count", [{"_size": 1}])


def test_to_array() -> None:
    """toArray takes what is left, up to 1,000."""
    assert run("s = sys.jobs.find({})\ns.next()\nreturn len(s.toArray())", host=pages(1001, 100)) == 1000
    assert failure("sys.jobs.find({}).toArray()", host=pages(1001, 100)).code == "systemException"


def test_close() -> None:
    """A closed result set has no more."""
    assert run("s = sys.jobs.find({})\ns.close()\nreturn s.hasNext()", host=pages(5)) is False


def test_a_wrong_query_fails_where_it_is_written() -> None:
    """The host refuses the query in find, not in the first next."""
    host = FakeHost({"jobs.find": HostError("badRequest", "unknown key", {})})
    assert failure("s = sys.jobs.find({'x': 1})\ns.next()", host=host).line == 1
