"""The API of scripts as a table: which call of `sys` makes which call of the host, and what comes back.

Both languages follow this one table (`python.py` reads it, a test holds `sys.js` to it), so a method
has the same name, the same order of arguments and the same result in each.

Not here, because they are code and not arrangement: `sys.exceptions`, `ResultSet`,
`jobs.executeInJob`, `data.save`, `data.remove`, `Job.waiting`, `Job.duration`, and the fields of a record.

Names and order of arguments: seed 003 for `sys.jobs`, docs/scripting.md for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from scripting.model import Json

ONE_HOUR_MS = 3_600_000
PAGE_SIZE = 100
ARRAY_LIMIT = 1000


class Result(StrEnum):
    """What the stub makes of the host's answer. JOBS, LOGS and RECORDS are lazily read result sets.

    REFRESHED: true if the host sent the record anew, which the object whose method it is then is; false for null.
    """

    VALUE = "value"
    JOB = "job"
    JOB_LIST = "jobList"
    FIRST_JOB = "firstJob"
    RECORD = "record"
    REFRESHED = "refreshed"
    JOBS = "jobs"
    LOGS = "logs"
    RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Arg:
    """An argument of the script's call; `default` is sent where it is missing, undefined or null.

    leading: may be left out although others follow (`logInfo("text")`): it is, when the call has one
    argument less than the method. listed: a single value is sent as a list of one.
    """

    name: str
    default: Json = None
    leading: bool = False
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Own:
    """A field of the object whose method is called; `as_query` sends it as {"id": value}."""

    key: str
    as_query: bool = False


@dataclass(frozen=True, slots=True)
class Fixed:
    """A constant."""

    value: Json


@dataclass(frozen=True, slots=True)
class Method:
    """A call of the host. Result sets send the cursor as one more argument; `count` counts them all."""

    call: str
    args: tuple[Arg | Own | Fixed, ...] = ()
    result: Result = Result.VALUE
    count: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A method without arguments that answers from the snapshot which the object holds."""

    key: str
    result: Result = Result.VALUE


_ID = Arg("jobId")
_ENTITY = Arg("entity")
_QUERY = Arg("query")
_OPTIONS = Arg("options")
_PARAMS = Arg("params")
_STATUS = Arg("desiredStatus", listed=True)
_WAIT = Arg("maxTimeToWait", default=ONE_HOUR_MS)
_MESSAGE = Arg("message")
_TAG = Arg("tag")
_OPTIONAL_ID = Arg("jobId", leading=True)

NAMESPACES: Mapping[str, Mapping[str, Method]] = MappingProxyType(
    {
        "jobs": {
            "findById": Method("jobs.findById", (_ID,), Result.JOB),
            "find": Method("jobs.find", (_QUERY,), Result.JOBS, count="jobs.count"),
            "logs": Method("jobs.logs", (_ID, Arg("query", default={})), Result.LOGS, count="jobs.countLogs"),
            "logInfo": Method("jobs.log", (_OPTIONAL_ID, Fixed("INFO"), _MESSAGE)),
            "logError": Method("jobs.log", (_OPTIONAL_ID, Fixed("ERROR"), _MESSAGE)),
            "waitForJob": Method("jobs.wait", (Arg("jobId", listed=True), _STATUS, _WAIT), Result.FIRST_JOB),
            "waitForJobs": Method("jobs.wait", (Arg("jobIds", listed=True), _STATUS, _WAIT), Result.JOB_LIST),
            "continueAsNew": Method("jobs.continueAsNew", (_PARAMS,)),
            "setLowPriority": Method("jobs.setLowPriority", (_ID,)),
            "removeLowPriority": Method("jobs.removeLowPriority", (_ID,)),
            "stop": Method("jobs.stop", (_ID, Arg("options", default={"force": False}))),
            "resume": Method("jobs.resume", (_ID,)),
            "cancel": Method("jobs.cancel", (_ID,)),
            "getCurrentJobId": Method("jobs.currentId"),
            "getCurrentJob": Method("jobs.current", (), Result.JOB),
            "setProgress": Method("jobs.progress", (Arg("percent"), _MESSAGE)),
        },
        "data": {
            "executeAction": Method("data.executeAction", (_ENTITY, _QUERY, Arg("action"), _PARAMS, _OPTIONS)),
            "executeGlobalAction": Method("data.executeGlobalAction", (_ENTITY, Arg("action"), _PARAMS, _OPTIONS)),
            "find": Method("data.find", (_ENTITY, _QUERY), Result.RECORDS, count="data.count"),
            "findOne": Method("data.findOne", (_ENTITY, _QUERY), Result.RECORD),
            "findById": Method("data.findById", (_ENTITY, Arg("id")), Result.RECORD),
            "count": Method("data.count", (_ENTITY, _QUERY)),
            "createRecord": Method("data.createRecord", (_ENTITY,), Result.RECORD),
            "delete": Method("data.delete", (_ENTITY, _QUERY, _OPTIONS)),
            "importRecords": Method("data.importRecords", (_ENTITY, Arg("fileId"), _OPTIONS)),
            "exportRecords": Method("data.exportRecords", (_ENTITY, _QUERY, _OPTIONS)),
        },
        "users": {
            "importUsers": Method("users.importUsers", (Arg("fileId"), _OPTIONS)),
            "exportUsers": Method("users.exportUsers", (_OPTIONS,)),
        },
        "events": {
            "triggerEvent": Method("events.triggerEvent", (Arg("name"), Arg("data"))),
        },
        "app": {
            "start": Method("app.start", (_OPTIONS,)),
            "stop": Method("app.stop", (_OPTIONS,)),
            "deployEndpoint": Method("app.deployEndpoint", (Arg("endpointName"), _OPTIONS)),
            "undeployEndpoint": Method("app.undeployEndpoint", (Arg("endpointName"), _OPTIONS)),
        },
        "schedules": {
            "create": Method("schedules.create", (Arg("schedule"),)),
            "update": Method("schedules.update", (_TAG, Arg("changes"))),
            "fetch": Method("schedules.fetch", (_TAG,)),
            "fetchAll": Method("schedules.fetchAll"),
            "pause": Method("schedules.pause", (_TAG,)),
            "resume": Method("schedules.resume", (_TAG,)),
            "remove": Method("schedules.remove", (_TAG,)),
        },
        "utils.script": {
            "wait": Method("script.wait", (Arg("milliseconds"),)),
        },
    }
)

_JOB_ID = Own("id")

OBJECTS: Mapping[str, Mapping[str, Method | Field]] = MappingProxyType(
    {
        "Job": {
            "id": Field("id"),
            "label": Field("label"),
            "name": Field("label"),
            "type": Field("type"),
            "status": Field("status"),
            "progress": Field("progress"),
            "hasErrors": Field("hasErrors"),
            "createDate": Field("createDate"),
            "startDate": Field("startDate"),
            "endDate": Field("endDate"),
            "runBy": Field("runBy", Result.RECORD),
            "data": Field("data"),
            "parentJob": Field("parentJob"),
            "rootJob": Field("rootJob"),
            "lowPriority": Field("lowPriority"),
            "attempt": Field("attempt"),
            "statusMessage": Field("statusMessage"),
            "results": Method("jobs.results", (_JOB_ID,)),
            "logs": Method("jobs.logs", (_JOB_ID, Arg("query", default={})), Result.LOGS, count="jobs.countLogs"),
            "logInfo": Method("jobs.log", (_JOB_ID, Fixed("INFO"), _MESSAGE)),
            "logError": Method("jobs.log", (_JOB_ID, Fixed("ERROR"), _MESSAGE)),
        },
        "JobLog": {
            "timestamp": Field("timestamp"),
            "level": Field("level"),
            "message": Field("message"),
            "additionalInfo": Field("additionalInfo"),
        },
        "Record": {
            "id": Field("id"),
            "label": Field("label"),
            "name": Field("label"),
            "entityName": Field("entity"),
            "action": Method(
                "data.executeAction",
                (Own("entity"), Own("id", as_query=True), Arg("action"), _PARAMS, _OPTIONS),
            ),
            "lock": Method("data.lock", (Own("entity"), Own("id"), _WAIT), Result.REFRESHED),
            "tryLock": Method("data.tryLock", (Own("entity"), Own("id")), Result.REFRESHED),
            "unlock": Method("data.unlock", (Own("entity"), Own("id"))),
        },
    }
)
