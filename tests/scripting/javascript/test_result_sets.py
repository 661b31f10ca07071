"""sys.commons.ResultSet: forward only, read in pages."""

from scripting.model import Json
from tests.scripting.javascript.scripts import failure, run
from tests.scripting.python.scripts import FakeHost


def pages(total: int, size: int = 2) -> FakeHost:
    """A host with `total` jobs, `size` a page, whose cursor is the index of the next."""

    def find(args: list[Json]) -> Json:
        start = args[1] or 0
        assert isinstance(start, int)
        end = min(start + size, total)
        return {"items": [{"id": f"J{n}"} for n in range(start, end)], "next": end if end < total else None}

    return FakeHost({"jobs.find": find, "jobs.count": 77})


def test_pages_are_read_when_needed() -> None:
    """The first page is read at once, the others as the script gets there."""
    host = pages(5)
    source = "var r = sys.jobs.find({}), out = []; while (r.hasNext()) out.push(r.next().id()); return out"
    assert run(source, host=host) == ["J0", "J1", "J2", "J3", "J4"]
    assert [args[1] for _, args in host.calls] == [None, 2, 4]
    host = pages(5)
    run("sys.jobs.find({}).next()", host=host)
    assert len(host.calls) == 1


def test_past_the_end() -> None:
    """next() with nothing left is a badRequest."""
    assert failure("sys.jobs.find({}).next()", host=pages(0)).code == "badRequest"


def test_count() -> None:
    """count() asks for all matches with the same query."""
    host = pages(5)
    assert run("return sys.jobs.find({status: 'FINISHED'}).count()", host=host) == 77
    assert host.calls[-1] == ("jobs.count", [{"status": "FINISHED"}])


def test_to_array_and_for_of() -> None:
    """What is left as a list, or in a loop."""
    source = "var r = sys.jobs.find({}); r.next(); return r.toArray().map(j => j.id())"
    assert run(source, host=pages(3)) == ["J1", "J2"]
    assert run("var n = 0; for (var j of sys.jobs.find({})) n++; return n", host=pages(3)) == 3


def test_to_array_has_a_limit() -> None:
    """1,000 elements are fine, one more is a systemException."""
    assert run("return sys.jobs.find({}).toArray().length", host=pages(1000, 100)) == 1000
    assert failure("sys.jobs.find({}).toArray()", host=pages(1001, 100)).code == "systemException"


def test_close() -> None:
    """A closed result set is empty."""
    assert run("var r = sys.jobs.find({}); r.close(); return r.hasNext()", host=pages(3)) is False


def test_empty_page_with_more_behind_it() -> None:
    """A page may be empty though there are more."""
    answers: list[Json] = [{"items": [], "next": 1}, {"items": [{"id": "J"}], "next": None}]
    host = FakeHost({"jobs.find": lambda args: answers.pop(0)})
    assert run("return sys.jobs.find({}).next().id()", host=host) == "J"
