"""`sys`, `log` and the variables of a run, as Python scripts see them."""

# ruff: noqa: N803 - the names are those of the scripting API
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from scripting.facades.namespace import Kind, Namespace
from scripting.model import Json
from scripting.stubs import api
from scripting.stubs.python_calls import Calls, refresh
from scripting.stubs.python_errors import RunEnded, ScriptException, bad_request
from scripting.stubs.python_objects import (
    FIELD_METHODS,
    JOB_LOG_METHODS,
    JOB_METHODS,
    RECORD_METHODS,
    Field,
    Job,
    JobLog,
    Record,
)
from scripting.stubs.python_results import RESULT_SET_METHODS, ResultSet

ATTRIBUTES: Mapping[type, frozenset[str]] = {
    Field: FIELD_METHODS,
    Job: JOB_METHODS,
    JobLog: JOB_LOG_METHODS,
    Record: RECORD_METHODS,
    ResultSet: RESULT_SET_METHODS,
}
_RECORD_VARIABLES = ("record", "oldRecord")
_RECORD_KEYS = frozenset({"entity", "data"})


@dataclass(frozen=True, slots=True)
class Share:
    """What executeInJob's callback made of this job's share of the items: values, or the error it raised."""

    values: list[object]
    error: Exception | None = None

    def value(self) -> list[object]:
        """The values; raises the error."""
        if self.error is not None:
            raise self.error
        return self.values


class Sys:
    """The API of one run.

    show: how a value reads in a log. If `share` is not None, it is the run's value, however the script ends.
    """

    def __init__(self, calls: Calls, show: Callable[[object], str]) -> None:
        self.share: Share | None = None
        self._calls = calls
        self._show = show

    def namespace(self) -> Namespace:
        """The object `sys`."""
        spaces = {path: self._table(path) for path in api.NAMESPACES}
        return Namespace(
            "sys",
            {
                "jobs": Namespace("sys.jobs", spaces["jobs"] | {"executeInJob": self._execute_in_job}),
                "data": Namespace("sys.data", spaces["data"] | {"save": self._save, "remove": self._remove}),
                "users": Namespace("sys.users", spaces["users"]),
                "events": Namespace("sys.events", spaces["events"]),
                "app": Namespace("sys.app", spaces["app"]),
                "schedules": Namespace("sys.schedules", spaces["schedules"]),
                "utils": Namespace("sys.utils", {"script": Namespace("sys.utils.script", spaces["utils.script"])}),
                "commons": Namespace("sys.commons", {"ResultSet": Kind("ResultSet", ResultSet, _not_by_hand)}),
                "exceptions": self._exceptions(),
            },
        )

    def log(self, *values: object) -> None:
        """A line of INFO in the job's log."""
        self._calls.call("jobs.log", [None, "INFO", " ".join(map(self._show, values))])

    def variables(self, variables: Mapping[str, Json]) -> dict[str, object]:
        """The run's variables; `record` and `oldRecord` are records."""
        return {name: self._variable(name, value) for name, value in variables.items()}

    def _variable(self, name: str, value: Json) -> object:
        seen = self._calls.seen(value)
        if name in _RECORD_VARIABLES and isinstance(seen, dict) and seen.keys() >= _RECORD_KEYS:
            return Record(self._calls, seen)
        return seen

    def _table(self, path: str) -> dict[str, object]:
        return {name: self._calls.function(name, method) for name, method in api.NAMESPACES[path].items()}

    def _execute_in_job(
        self, items: object = None, queue: object = None, callback: object = None, step: object = None
    ) -> object:
        if not callable(callback):
            raise bad_request(f"callback: {self._show(callback)} is not allowed; expected a function of one item")
        given = items.toArray() if isinstance(items, ResultSet) else items
        reply = self._calls.call("jobs.executeInJob", [given, queue, step])
        assert isinstance(reply, dict), "the host answers ids or items"
        if "ids" in reply:
            return reply["ids"]
        # What follows in the script is the parent's. No try or finally of the script keeps it alive.
        self.share = _shared(callback, reply["items"])
        self._calls.over = True
        raise RunEnded

    def _save(self, record: object = None) -> Record:
        raw = _record(record)._raw
        body = {"id": raw.get("id"), "version": raw.get("version") or 0, "data": raw.get("data") or {}}
        saved = self._calls.call("data.save", [raw.get("entity"), body])
        refresh(raw, saved)
        return _record(record)

    def _remove(self, record: object = None) -> object:
        raw = _record(record)._raw
        return self._calls.call("data.remove", [raw.get("entity"), raw.get("id")])

    def _exceptions(self) -> Namespace:
        return Namespace(
            "sys.exceptions",
            {
                "ScriptException": ScriptException,
                "getCode": lambda error=None: error.code() if isinstance(error, ScriptException) else None,
                "getMessage": self._message,
                "getAdditionalInfo": _additional_info,
                "throwException": _throw,
            },
        )

    def _message(self, error: object = None) -> str:
        return error.message() if isinstance(error, ScriptException) else self._show(error)


def _shared(callback: Callable[..., object], items: Iterable[object]) -> Share:
    try:
        return Share([callback(item) for item in items])
    except MemoryError:
        raise
    except Exception as error:
        return Share([], error)


def _record(value: object) -> Record:
    if isinstance(value, Record):
        return value
    raise bad_request(f"record: a value of type {type(value).__name__} is not allowed; expected a record")


def _additional_info(error: object = None) -> dict[str, Json]:
    return error.additionalInfo() if isinstance(error, ScriptException) else {}


def _throw(code: object = None, message: object = None, additionalInfo: object = None) -> object:
    raise ScriptException(code, message, additionalInfo)


def _not_by_hand(*args: object) -> object:
    raise bad_request("a ResultSet comes from a query; it cannot be made by hand")
