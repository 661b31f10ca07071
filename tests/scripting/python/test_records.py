"""sys.data and its records."""

from scripting.model import Json
from tests.scripting.python.scripts import FakeHost, failure, run

RECORD: dict[str, Json] = {
    "id": "R1", "entity": "companies", "label": "Acme", "version": 3, "data": {"name": "Acme", "size": 7},
}  # fmt: skip


def test_reading() -> None:
    """A record tells its id, label, entity and fields."""
    source = """
r = sys.data.findById('companies', 'R1')
return [r.id(), r.label(), r.entityName(), r.field('size').val(), r.field('none').val(), r.isNew(), r.toJson()]
"""
    assert run(source, host=FakeHost({"data.findById": RECORD})) == [
        "R1", "Acme", "companies", 7, None, False, {"id": "R1", "label": "Acme", "name": "Acme", "size": 7},
    ]  # fmt: skip


def test_saving() -> None:
    """save sends id, version and data, and the record becomes what was saved."""
    saved = {**RECORD, "version": 4, "label": "New"}
    host = FakeHost({"data.findOne": RECORD, "data.save": saved})
    source = """
r = sys.data.findOne('companies', {})
r.field('name').val('New')
r.field('size').val(null)
r.fromJson({'city': 'Graz', 'id': 'ignored'})
same = sys.data.save(r)
return [r.label(), same is r, r.id()]
"""
    assert run(source, host=host) == ["New", True, "R1"]
    data = {"name": "New", "size": None, "city": "Graz"}
    assert host.calls[1] == ("data.save", ["companies", {"id": "R1", "version": 3, "data": data}])


def test_creating_and_removing() -> None:
    """A new record has no id; remove sends entity and id."""
    new = {"id": None, "entity": "companies", "label": None, "version": 0, "data": {}}
    host = FakeHost({"data.createRecord": new, "data.findById": RECORD})
    assert run("return sys.data.createRecord('companies').isNew()", host=host) is True
    run("sys.data.remove(sys.data.findById('companies', 'R1'))", host=host)
    assert host.calls[-1] == ("data.remove", ["companies", "R1"])


def test_action_of_a_record() -> None:
    """record.action runs the action over this record."""
    host = FakeHost({"data.executeAction": "J9"})
    assert run("return record.action('greet', {'a': 1})", host=host, record=RECORD) == "J9"
    assert host.calls == [("data.executeAction", ["companies", {"id": "R1"}, "greet", {"a": 1}, None])]


def test_variables_are_records() -> None:
    """`record` and `oldRecord` are records where the host passes records."""
    assert run("return [record.id(), oldRecord.id()]", record=RECORD, oldRecord=RECORD) == ["R1", "R1"]


def test_as_a_value() -> None:
    """A record that a script returns is its fields with id and label."""
    assert run("return record", record=RECORD) == {"id": "R1", "label": "Acme", "name": "Acme", "size": 7}


def test_only_records_can_be_saved() -> None:
    """save and remove take records."""
    assert failure("sys.data.save({'id': 1})").code == "badRequest"
    assert failure("sys.data.remove(null)").code == "badRequest"
