"""Both languages have exactly the names of the API, and no others."""

from __future__ import annotations

from scripting.stubs import api
from tests.conformance.conftest import Lab
from tests.conformance.scripts import Script, both

JOBS = (
    "findById find logs logInfo logError waitForJob setLowPriority removeLowPriority getCurrentJobId getCurrentJob "
    "waitForJobs executeInJob stop resume cancel setProgress continueAsNew"
)
DATA = (
    "executeAction executeGlobalAction find findOne findById count createRecord save remove delete importRecords "
    "exportRecords"
)
USERS = "importUsers exportUsers"
APP = "start stop deployEndpoint undeployEndpoint"
SCHEDULES = "create update fetch fetchAll pause resume remove"
EXCEPTIONS = "getCode getMessage getAdditionalInfo throwException ScriptException"
JOB = (
    "id label name type status progress waiting duration hasErrors startDate endDate runBy data results logs logInfo "
    "logError createDate parentJob rootJob lowPriority attempt statusMessage"
)
JOB_LOG = "timestamp level message additionalInfo"
RECORD = "id label name entityName lock tryLock unlock field isNew toJson fromJson action"
RESULT_SET = "hasNext next count toArray close"
OWN_CODE = {"jobs": {"executeInJob"}, "data": {"save", "remove"}, "Job": {"waiting", "duration"},
            "Record": {"field", "isNew", "toJson", "fromJson"}}  # fmt: skip

NAMES = {
    "sys.jobs": JOBS,
    "sys.data": DATA,
    "sys.users": USERS,
    "sys.app": APP,
    "sys.schedules": SCHEDULES,
    "sys.exceptions": EXCEPTIONS,
    "sys.commons": "ResultSet",
    "sys.utils.script": "wait",
    "job": JOB,
    "line": JOB_LOG,
    "record": RECORD,
    "found": RESULT_SET,
}
_SETUP = """
sys.jobs.logInfo('a line');
job = sys.jobs.getCurrentJob();
line = job.logs({}).next();
record = sys.data.createRecord('companies');
found = sys.jobs.find({});
things = {'sys.jobs': sys.jobs, 'sys.data': sys.data, 'sys.users': sys.users, 'sys.app': sys.app,
          'sys.schedules': sys.schedules, 'sys.exceptions': sys.exceptions, 'sys.commons': sys.commons,
          'sys.utils.script': sys.utils.script, 'job': job, 'line': line, 'record': record, 'found': found};
"""
_JS = """
function names(thing) {
  var all = {};
  for (var at = thing; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    Object.getOwnPropertyNames(at).forEach(function (name) { all[name] = true; });
  }
  delete all.constructor; delete all.toJSON;
  return Object.keys(all).sort();
}
var result = {};
for (var key in things) result[key] = names(things[key]);
return result;
"""
_PY = """
result = {}
for key in params.names:
    result[key] = sorted([name for name in params.names[key] if hasattr(things[key], name)])
return result
"""


def test_the_table_has_the_names() -> None:
    """The table of the stubs, with what is code there, is the list of this test: a new name needs its place here."""
    for path, own in (("jobs", OWN_CODE["jobs"]), ("data", OWN_CODE["data"]), ("utils.script", set())):
        assert {*api.NAMESPACES[path]} | own == {*NAMES[f"sys.{path}"].split()}
    for kind, names in (("Job", JOB), ("JobLog", JOB_LOG), ("Record", RECORD)):
        assert {*api.OBJECTS[kind]} | OWN_CODE.get(kind, set()) == {*names.split()}


@both(js=_SETUP + _JS, py=_SETUP + _PY)
async def test_the_names_in_scripts(lab: Lab, script: Script) -> None:
    """Each object has each of its names; in JavaScript, where a script can list them, it has no other."""
    names = {key: sorted(text.split()) for key, text in NAMES.items()}
    assert await lab.value(script, names=names) == names


@both(js=_SETUP + "return each(Object.keys(things), function (key) { return 'nope' in things[key]; });",
      py=_SETUP + "return [hasattr(things[key], 'nope') for key in things]")  # fmt: skip
async def test_other_names(lab: Lab, script: Script) -> None:
    """What is not of the API is not there."""
    assert await lab.value(script) == [False] * len(NAMES)
