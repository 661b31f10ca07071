"""Attack: read or write the inside of the API's objects."""

from tests.scripting.javascript.scripts import failure, run

RECORD = {"id": "R1", "entity": "companies", "label": "A", "version": 1, "data": {}}


def test_nothing_to_see() -> None:
    """Records show their methods, no fields."""
    source = "return [Reflect.ownKeys(record), Object.keys(record), JSON.stringify(Object.entries(record))]"
    assert run(source, record=RECORD) == [[], [], "[]"]


def test_another_this() -> None:
    """A method works on its own kind of object only."""
    assert "TypeError" in failure("record.id.call({})", record=RECORD).message
    assert "TypeError" in failure("record.id.call(new Proxy(record, {}))", record=RECORD).message


def test_forged_record() -> None:
    """An object that inherits from a record is none."""
    assert failure("sys.data.save(Object.create(record))", record=RECORD).code == "badRequest"
