"""sys.data: records, one by one (find, save, remove), and what a Record can do."""

from __future__ import annotations

from tests.conformance.conftest import Lab
from tests.conformance.scripts import MALFORMED, NOBODY, Script, both, refuses


@both("""
record = sys.data.createRecord('companies');
before = [record.isNew(), record.id(), record.label(), record.entityName(), record.field('type').val()];
record.field('name').val('ACME');
saved = sys.data.save(record);
return [before, record.isNew(), record.id() == saved.id(), saved.label(), record.id()];
""")
async def test_create_and_save(lab: Lab, script: Script) -> None:
    """createRecord gives a record with its defaults that is not saved; save gives it an id and a label."""
    before, is_new, same, label, record_id = await lab.value(script)
    assert before == [True, None, None, "companies", "d"]
    assert (is_new, same, label) == (False, True, "ACME")
    assert await lab.company(record_id) == {"name": "ACME", "type": "d"}


@both("""
record = sys.data.findById('companies', params.id);
record.fromJson({'size': 5, 'score': 1.5, 'active': true, 'notes': {'a': [1]}, 'id': 'x', 'label': 'y',
                 'founded': '2020-02-29', 'seenAt': 1600000000000});
record.field('type').val(null);
sys.data.save(record);
return [record.toJson(), record.field('size').val(), record.field('nothing').val(), record.field('size').name()];
""")
async def test_fields(lab: Lab, script: Script) -> None:
    """field(name).val([value]) reads and sets, toJson and fromJson do so for all; id and label are not fields."""
    (record_id,) = await lab.save({"name": "A", "type": "a"})
    data = {"name": "A", "size": 5, "score": 1.5, "active": True, "notes": {"a": [1]}, "founded": "2020-02-29",
            "seenAt": "2020-09-13T12:26:40.000Z"}  # fmt: skip
    assert await lab.value(script, id=record_id) == [{"id": record_id, "label": "A", **data}, 5, None, "size"]
    assert await lab.company(record_id) == data


@both("""
found = sys.data.findById('companies', params.id);
return [found.id(), found.label(), sys.data.findById('companies', params.nobody),
        sys.data.findOne('companies', {'name': 'B'}).label(), sys.data.findOne('companies', {'name': 'C'}),
        sys.data.count('companies', {'name': 'A,B'}), sys.data.count('companies')];
""")
async def test_find_one(lab: Lab, script: Script) -> None:
    """findById is null if there is none; findOne the first that matches or null; count counts."""
    first, _ = await lab.save({"name": "A"}, {"name": "B"})
    assert await lab.value(script, id=first, nobody=NOBODY) == [first, "A", None, "B", None, 2, 2]


@both("return each(params.ids, @id refused(@ sys.data.findById('companies', id)));")
async def test_malformed_id(lab: Lab, script: Script) -> None:
    """A malformed id is badRequest."""
    for found, value in zip(await lab.value(script, ids=MALFORMED), MALFORMED, strict=True):
        refuses(found, "badRequest", "id", value, "the id of a record")


@both("""
record = sys.data.findById('companies', params.id);
removed = sys.data.remove(record);
return [removed, sys.data.findById('companies', params.id), refused(@ sys.data.remove(record)),
        refused(@ sys.data.save(record))];
""")
async def test_remove(lab: Lab, script: Script) -> None:
    """remove(record) removes it; then it cannot be removed or saved again: notFound."""
    (record_id,) = await lab.save({"name": "A"})
    gone = ["notFound", f"there is no record {record_id} of companies"]
    assert await lab.value(script, id=record_id) == [None, None, gone, gone]


@both("""
first = sys.data.findById('companies', params.id);
second = sys.data.findById('companies', params.id);
first.field('size').val(1);
sys.data.save(first);
second.field('size').val(2);
found = refused(@ sys.data.save(second));
first.field('size').val(3);
sys.data.save(first);
return found;
""")
async def test_optimistic_locking(lab: Lab, script: Script) -> None:
    """A save on what somebody else has saved meanwhile is optimisticLocking; one's own saves may follow each other."""
    (record_id,) = await lab.save({"name": "A"})
    code, message = await lab.value(script, id=record_id)
    assert code == "optimisticLocking"
    assert message == f"the record {record_id} of companies has version 2; this change is based on 1"
    assert (await lab.company(record_id) or {})["size"] == 3


VALIDATION = """
record = sys.data.createRecord('companies');
record.fromJson({'type': 'z', 'size': -1, 'score': 'x', 'active': 'yes', 'founded': 'soon', 'owner': 'me',
                 'color': 'red', 'code': params.code});
"""


@both(
    js=VALIDATION + "try { sys.data.save(record); } catch (e) {\n"
    "  return [sys.exceptions.getCode(e), sys.exceptions.getMessage(e), sys.exceptions.getAdditionalInfo(e)];\n}",
    py=VALIDATION + "try:\n    sys.data.save(record)\nexcept Exception as e:\n"
    "    return [sys.exceptions.getCode(e), sys.exceptions.getMessage(e), sys.exceptions.getAdditionalInfo(e)]",
)
async def test_validation(lab: Lab, script: Script) -> None:
    """A record that breaks its declaration is validationErrors, with a reason for each field; nothing is saved."""
    code, message, info = await lab.value(script, code=5)
    assert code == "validationErrors"
    assert set(info) == {"name", "type", "size", "score", "active", "founded", "owner", "color", "code"}
    assert info["name"] == "is required"
    assert "a, b, c, d" in info["type"]
    assert "at least 0" in info["size"]
    assert all(field in message for field in info)
    async with lab.pool.acquire() as conn:
        assert await conn.fetchval("select count(*) from headrace.records where app = $1", lab.app) == 0


@both("""
record = sys.data.createRecord('companies').fromJson({'name': 'B', 'code': 'k'});
return refused(@ sys.data.save(record));
""")
async def test_unique_fields(lab: Lab, script: Script) -> None:
    """A unique value that another record has is validationErrors."""
    await lab.save({"name": "A", "code": "k"})
    code, message = await lab.value(script)
    assert code == "validationErrors"
    assert "code" in message


@both("""
record = sys.data.findById('companies', params.id);
id = record.action('echo', {'n': 1});
job = sys.jobs.waitForJob(id, 'FINISHED', 60000);
now = record.action('label', {}, {'executeInBackground': false});
return [job.results()['results'][record.id()]['response']['params'], now];
""")
async def test_action(lab: Lab, script: Script) -> None:
    """record.action(name, params, options) runs an action on this record alone."""
    first, _ = await lab.save({"name": "A"}, {"name": "B"})
    assert await lab.value(script, id=first) == [{"n": 1}, "A"]


@both("""
record = sys.data.createRecord('companies');
return [refused(@ record.action('label')), refused(@ sys.data.remove(record)), refused(@ sys.data.save({'name': 'A'})),
        refused(@ sys.data.remove(null)), refused(@ record.field(5)), refused(@ sys.data.createRecord('nope'))];
""")
async def test_refused(lab: Lab, script: Script) -> None:
    """What cannot be done with a record, or with something else, is badRequest."""
    found = await lab.value(script)
    assert [answer[0] for answer in found] == ["badRequest"] * 6
    assert found[0][1] == "id: null is not allowed; expected ids separated by commas, or notEquals(x)"
    assert found[1][1].startswith("id: null is not allowed; expected the id of a record")
    assert all("expected a record" in answer[1] for answer in found[2:4])
    assert "a field's name" in found[4][1]
    refuses(found[5], "badRequest", "entity", "nope", "companies")


@both(js="record = sys.data.createRecord('companies').fromJson({name: 'A', seenAt: new Date(1600000000123)});\n"
         "sys.data.save(record);\nreturn record.field('seenAt').val();",
      py="from datetime import datetime\n"
         "record = sys.data.createRecord('companies').fromJson({'name': 'A', 'seenAt': "
         "datetime.fromtimestamp(1600000000.123)})\nsys.data.save(record)\nreturn record.field('seenAt').val()",
)  # fmt: skip
async def test_dates(lab: Lab, script: Script) -> None:
    """A date goes into a field as itself."""
    assert await lab.value(script) == "2020-09-13T12:26:40.123Z"
