"""Attack: keys that mean something to objects, in values from the host and to it."""

from tests.scripting.javascript.scripts import failure, run
from tests.scripting.python.scripts import FakeHost


def test_proto_from_the_host() -> None:
    """A key __proto__ in an answer is a key, and changes no prototype."""
    answer = {"__proto__": {"admin": True}, "d": {"$date": 1}, "constructor": 1}
    host = FakeHost({"jobs.results": answer, "jobs.findById": {"id": "J"}})
    source = "var r = sys.jobs.findById('J').results(); return [r.admin, ({}).admin, Object.keys(r), r.d.getTime()]"
    assert run(source, host=host) == [None, None, ["__proto__", "d", "constructor"], 1]


def test_fields_named_like_methods() -> None:
    """A record's field may have any name, and is no door to the object's own."""
    record = {"id": "R", "entity": "e", "label": "l", "version": 1, "data": {}}
    source = "record.field('__proto__').val({x: 1}); return [record.field('__proto__').val(), record.field('x').val()]"
    assert run(source, record=record) == [{"x": 1}, None]


def test_markers_made_by_scripts() -> None:
    """A script may write $record by hand: it is data, and the host judges it."""
    host = FakeHost()
    run("sys.data.executeGlobalAction('e', 'a', {$record: {id: 1}}, {$date: 'x'})", host=host)
    assert host.calls[0][1][2:] == [{"$record": {"id": 1}}, {"$date": "x"}]
    assert failure("sys.data.save({$record: {}})").code == "badRequest"
