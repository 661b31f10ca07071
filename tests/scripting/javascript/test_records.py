"""sys.data's records: fields, saving, removing, actions."""

from scripting.model import Json
from tests.scripting.javascript.scripts import failure, run
from tests.scripting.python.scripts import FakeHost

RECORD: dict[str, Json] = {
    "id": "R1", "entity": "companies", "label": "Acme", "version": 3,
    "data": {"name": "Acme", "since": {"$date": 5}},
}  # fmt: skip


def test_variables() -> None:
    """record and oldRecord, and whatever says $record, are records; null stays null."""
    assert run("return [record.id(), oldRecord]", record=RECORD, oldRecord=None) == ["R1", None]
    assert run("return params.r.field('name').val()", params={"r": {"$record": RECORD}}) == "Acme"
    assert run("return record.a", record={"a": 1}) == 1


def test_fields() -> None:
    """val() reads, val(x) writes; a field without a value is null."""
    source = """
    record.field('name').val('B'); record.field('new').val(undefined);
    return [record.field('name').val(), record.field('none').val(), record.field('new').val(),
            record.field('since').val().getTime(), record.field('toString').val()]"""
    assert run(source, record=RECORD) == ["B", None, None, 5, None]


def test_describes_itself() -> None:
    """id, label, name, entityName, isNew and toJson."""
    assert run("return [record.label(), record.name(), record.entityName(), record.isNew()]", record=RECORD) == [
        "Acme", "Acme", "companies", False,
    ]  # fmt: skip
    expected = {"id": "R1", "label": "Acme", "name": "Acme", "since": {"$date": 5}}
    assert run("return [record, record.toJson()]", record=RECORD) == [expected, expected]


def test_from_json() -> None:
    """fromJson sets fields; id and label are not fields."""
    assert run("return record.fromJson({id: 'X', label: 'Y', size: 2}).toJson()", record=RECORD) == {
        "id": "R1", "label": "Acme", "name": "Acme", "since": {"$date": 5}, "size": 2,
    }  # fmt: skip


def test_save() -> None:
    """A new record becomes the saved one, in place."""
    host = FakeHost({"data.createRecord": {"id": None, "entity": "companies", "version": 0}, "data.save": RECORD})
    source = """
    var r = sys.data.createRecord('companies'), wasNew = r.isNew();
    r.field('name').val('Acme'); r.field('since').val(new Date(5));
    return [wasNew, sys.data.save(r) === r, r.isNew(), r.id()]"""
    assert run(source, host=host) == [True, True, False, "R1"]
    data: Json = {"name": "Acme", "since": {"$date": 5}}
    assert host.calls[1] == ("data.save", ["companies", {"id": None, "version": 0, "data": data}])


def test_remove_and_action() -> None:
    """remove and action name the record."""
    host = FakeHost({"data.executeAction": "J1"})
    assert run("sys.data.remove(record); return record.action('greet', {a: 1})", host=host, record=RECORD) == "J1"
    assert host.calls == [
        ("data.remove", ["companies", "R1"]),
        ("data.executeAction", ["companies", {"id": "R1"}, "greet", {"a": 1}, None]),
    ]


def test_not_a_record() -> None:
    """save, remove and field say what they need."""
    assert failure("sys.data.save({id: 1})").code == "badRequest"
    assert failure("sys.data.remove(null)").code == "badRequest"
    assert failure("record.field(5)", record=RECORD).code == "badRequest"


def test_finding() -> None:
    """find, findOne and findById answer records."""
    host = FakeHost({"data.find": {"items": [RECORD], "next": None}, "data.findOne": RECORD, "data.findById": None})
    source = """return [sys.data.find('companies', {}).next().id(), sys.data.findOne('companies', {}).label(),
                        sys.data.findById('companies', 'x')]"""
    assert run(source, host=host) == ["R1", "Acme", None]
