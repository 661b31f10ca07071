"""Job, JobLog and Record: snapshots whose methods come from the table that both languages follow."""

# ruff: noqa: N802 - the names are those of the scripting API
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

from scripting.facades.datetime import DateTime
from scripting.model import Json
from scripting.stubs import api
from scripting.stubs.python_errors import bad_request

_NOT_FIELDS = ("id", "label")


class Caller(Protocol):
    """What the objects need of `python_calls.Calls`."""

    now_ms: Callable[[], int]

    def invoke(
        self,
        name: str,
        method: api.Method,
        given: tuple[object, ...],
        named: Mapping[str, object],
        owner: Mapping[str, Json],
    ) -> object: ...

    def made(self, result: api.Result, value: object) -> object: ...


class Snapshot:
    """What the host told, at the time it was asked."""

    __slots__ = ("_calls", "_raw")
    _is_snapshot: ClassVar[bool] = True

    def __init__(self, calls: Caller, raw: dict[str, Any]) -> None:
        self._calls = calls
        self._raw = raw

    def _as_json(self) -> Json:
        return self._raw

    def _as_argument(self) -> Json:
        return self._as_json()


def _method(name: str, entry: api.Method | api.Field) -> Callable[..., object]:
    if isinstance(entry, api.Field):
        return _field_method(entry)

    def method(self: Snapshot, *given: object, **named: object) -> object:
        return self._calls.invoke(name, entry, given, named, self._raw)

    return method


def _field_method(entry: api.Field) -> Callable[..., object]:
    def method(self: Snapshot) -> object:
        return self._calls.made(entry.result, self._raw.get(entry.key))

    return method


def _follow_table(kind: type[Snapshot]) -> None:
    for name, entry in api.OBJECTS[kind.__name__].items():
        setattr(kind, name, _method(name, entry))


class JobLog(Snapshot):
    """A line of a job's log."""

    __slots__ = ()


class Job(Snapshot):
    """A job, as it was when the host was asked; waiting and duration go on."""

    __slots__ = ()

    def waiting(self) -> int:
        """Milliseconds from creation to start; grows while the job is pending."""
        return self._span("createDate", self._raw.get("startDate") or self._raw.get("endDate"))

    def duration(self) -> int:
        """Milliseconds from start to end; grows while the job runs."""
        return self._span("startDate", self._raw.get("endDate"))

    def _span(self, start: str, end: DateTime | None) -> int:
        begun: DateTime | None = self._raw.get(start)
        if begun is None:
            return 0
        return max(0, (self._calls.now_ms() if end is None else end.getTime()) - begun.getTime())


class Field:
    """A field of a record."""

    __slots__ = ("_data", "_name")

    def __init__(self, data: dict[str, Any], name: str) -> None:
        self._data = data
        self._name = name

    def name(self) -> str:
        """The field's name."""
        return self._name

    def val(self, *value: object) -> object:
        """The field's value, set first if one is given; null if it has none."""
        if len(value) > 1:
            raise bad_request(f"val takes up to 1 argument, {len(value)} were given")
        if value:
            self._data[self._name] = value[0]
        return self._data.get(self._name)


class Record(Snapshot):
    """A record of an entity, as it was when it was read, with what the script changed in it."""

    __slots__ = ()

    def field(self, name: object) -> Field:
        """The field; whether the entity declares it is the host's to judge when the record is saved."""
        if type(name) is not str:
            raise bad_request(f"name: a value of type {type(name).__name__} is not allowed; expected a field's name")
        return Field(self._fields(), name)

    def isNew(self) -> bool:
        """Whether it was never saved."""
        return self._raw.get("id") is None

    def toJson(self) -> Json:
        """Its fields, with id and label."""
        return {"id": self._raw.get("id"), "label": self._raw.get("label"), **self._fields()}

    def fromJson(self, values: object) -> Record:
        """Sets the given fields; id and label are not fields."""
        if type(values) is not dict:
            raise bad_request(f"fromJson: a value of type {type(values).__name__} is not allowed; expected an object")
        self._fields().update({key: value for key, value in values.items() if key not in _NOT_FIELDS})
        return self

    def _fields(self) -> dict[str, Any]:
        if self._raw.get("data") is None:
            self._raw["data"] = {}
        fields: dict[str, Any] = self._raw["data"]
        return fields

    def _as_json(self) -> Json:
        return self.toJson()

    def _as_argument(self) -> Json:
        return {"$record": self._raw}


for _kind in (Job, JobLog, Record):
    _follow_table(_kind)

FIELD_METHODS = frozenset({"name", "val"})
JOB_METHODS = frozenset({*api.OBJECTS["Job"], "waiting", "duration"})
JOB_LOG_METHODS = frozenset(api.OBJECTS["JobLog"])
RECORD_METHODS = frozenset({*api.OBJECTS["Record"], "field", "isNew", "toJson", "fromJson"})
