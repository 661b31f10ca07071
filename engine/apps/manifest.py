"""What an app declares, as frozen values: entities with fields and actions, listeners, endpoints.

A manifest is stored as JSON with the app's version and never changes afterwards, so a job that
started on a version finds the same declarations however often the app is pushed meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from dataclasses import field as default
from enum import StrEnum
from typing import Any, TypeVar

from engine.apps.limits import ScriptLimits
from engine.apps.outgoing import DatabaseAction, Notification, Topic
from engine.errors import BadRequest
from engine.jobs.limits import QueueLimit

T = TypeVar("T")
NO_LIMITS = ScriptLimits()
PUBLIC_ACCESS = "public"


class FieldType(StrEnum):
    """What values a field of a record takes."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    RELATION = "relation"
    JSON = "json"


class ActionKind(StrEnum):
    """How often an action's script runs: once a record, once for a query, or once on its own."""

    ONE = "one"
    MANY = "many"
    GLOBAL = "global"


class Trigger(StrEnum):
    """What a listener listens to."""

    JOB = "job"
    DATA = "data"
    SCHEDULE = "schedule"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity's records. `entity` is where a relation points; `min`, `max` bound numbers."""

    name: str
    type: FieldType
    label: str
    required: bool = False
    unique: bool = False
    indexed: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    entity: str | None = None
    max_length: int | None = None
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A script that people and scripts start by name. `entity` is None for the app's own; `timeout` in ms."""

    name: str
    label: str
    kind: ActionKind
    script: str
    entity: str | None = None
    return_response: bool = True
    queue: str = "default"
    timeout: int | None = None
    max_attempts: int = 1
    low_priority: bool = False
    concurrency_key: str | None = None
    concurrency_limit: int | None = None
    limits: ScriptLimits = NO_LIMITS


@dataclass(frozen=True, slots=True)
class Listener:
    """A script that an event starts. Which of the other fields are set depends on `on`."""

    name: str
    label: str
    script: str
    on: Trigger
    job_type: str | None = None
    job_name: str | None = None
    job_event: str | None = None
    entity: str | None = None
    events: tuple[str, ...] = ()
    cron: str | None = None
    every: str | None = None
    event: str | None = None
    queue: str = "default"
    timeout: int | None = None
    max_attempts: int = 1
    limits: ScriptLimits = NO_LIMITS


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A script that answers HTTP requests of one method on one path.

    `access` is PUBLIC_ACCESS, or the scope that a token needs; `timeout` in ms, from the request to the answer.
    """

    name: str
    label: str
    script: str
    method: str
    path: str
    access: str = "run"
    timeout: int = 30_000
    wakes: bool = True
    limits: ScriptLimits = NO_LIMITS


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of record: its fields, the field that labels a record, its actions, the file with its first records."""

    name: str
    label: str
    fields: Mapping[str, Field]
    label_field: str | None = None
    actions: Mapping[str, Action] = default(default_factory=dict)
    seed: str | None = None

    def field(self, name: str, *, what: str = "field") -> Field:
        """The field of this name; badRequest that lists the fields if there is none."""
        try:
            return self.fields[name]
        except KeyError:
            raise BadRequest.field(what, name, f"a field of {self.name}: {', '.join(self.fields)}") from None

    def action(self, name: str) -> Action:
        """The action of this name; badRequest that lists the actions if there is none."""
        return _named(self.actions, name, "action", f"an action of {self.name}")

    def label_of(self, data: Mapping[str, Any], fallback: str) -> str:
        """What people call the record with this data: its label field's value as text, else `fallback`."""
        value = data.get(self.label_field) if self.label_field else None
        return fallback if value is None or value == "" else str(value)


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of the app that has a size: how many of its jobs run at once, and how many start in `per_ms`."""

    name: str
    concurrency: int | None = None
    rate: int | None = None
    per_ms: int | None = None

    @property
    def limit(self) -> QueueLimit:
        """The size as the queue's claims know it."""
        return QueueLimit(self.concurrency, self.rate, self.per_ms)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that an app's app.toml declares.

    `hosts` are those that its scripts may ask over HTTP; `iparams`: its scripts get what it was installed with.
    """

    name: str
    label: str
    description: str = ""
    settings: Mapping[str, Any] = default(default_factory=dict)
    entities: Mapping[str, Entity] = default(default_factory=dict)
    actions: Mapping[str, Action] = default(default_factory=dict)
    listeners: Mapping[str, Listener] = default(default_factory=dict)
    endpoints: Mapping[str, Endpoint] = default(default_factory=dict)
    limits: ScriptLimits = NO_LIMITS
    queues: Mapping[str, Queue] = default(default_factory=dict)
    notifications: Mapping[str, Notification] = default(default_factory=dict)
    database_actions: Mapping[str, DatabaseAction] = default(default_factory=dict)
    topics: Mapping[str, Topic] = default(default_factory=dict)
    hosts: tuple[str, ...] = ()
    iparams: bool = False

    def entity(self, name: object) -> Entity:
        """The entity of this name; badRequest that lists the entities if there is none."""
        return _named(self.entities, name, "entity", f"an entity of {self.name}")

    def action(self, entity: str | None, name: object) -> Action:
        """An entity's action, or the app's own where `entity` is None; badRequest that lists them."""
        if entity is not None:
            return self.entity(entity).action(str(name))
        return _named(self.actions, name, "action", f"an action of {self.name}")

    def notification(self, name: object) -> Notification:
        """The notification of this name; badRequest that lists them if there is none."""
        return _named(self.notifications, name, "notification", f"a notification of {self.name}")

    def database_action(self, name: object) -> DatabaseAction:
        """The statement of this name; badRequest that lists them if there is none."""
        return _named(self.database_actions, name, "databaseAction", f"a database action of {self.name}")

    def topic(self, name: object) -> Topic:
        """The topic of this name; badRequest that lists them if there is none."""
        return _named(self.topics, name, "topic", f"a topic of {self.name}")

    def endpoint(self, name: object) -> Endpoint:
        """The endpoint of this name; badRequest that lists them if there is none."""
        return _named(self.endpoints, name, "endpointName", f"an endpoint of {self.name}")

    def script_limits(self, spec: Mapping[str, Any]) -> ScriptLimits:
        """What is declared for the script of a job: its action, listener or endpoint first, then the app."""
        return self._declared(spec).over(self.limits)

    def _declared(self, spec: Mapping[str, Any]) -> ScriptLimits:
        match spec:
            case {"actionName": str(name)}:
                return self.action(spec.get("entityName"), name).limits
            case {"listenerName": str(name)} if name in self.listeners:
                return self.listeners[name].limits
            case {"endpointName": str(name)} if name in self.endpoints:
                return self.endpoints[name].limits
        return NO_LIMITS

    def to_json(self) -> dict[str, Any]:
        """The manifest as plain JSON; what has its default is left out.

        Declared things are lists, not objects: jsonb does not keep the order of an object's keys.
        """
        data: dict[str, Any] = _plain(self)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Manifest:
        """The manifest that `to_json` wrote."""
        return cls(
            **{
                **data,
                "entities": _map(data, "entities", _entity),
                "actions": _map(data, "actions", _action),
                "listeners": _map(data, "listeners", _listener),
                "endpoints": _map(data, "endpoints", lambda item: Endpoint(**_limited(item))),
                "limits": ScriptLimits(**data.get("limits", {})),
                "notifications": _map(data, "notifications", Notification.from_json),
                "database_actions": _map(data, "database_actions", lambda item: DatabaseAction(**item)),
                "topics": _map(data, "topics", lambda item: Topic(**item)),
                "queues": _map(data, "queues", lambda item: Queue(**item)),
                "hosts": tuple(data.get("hosts", ())),
            }
        )


def _named(things: Mapping[str, T], name: object, what: str, allowed: str) -> T:
    if isinstance(name, str) and name in things:
        return things[name]
    raise BadRequest.field(what, name, f"{allowed}: {', '.join(things) or 'it has none'}")


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        pairs = {item.name: (getattr(value, item.name), item) for item in fields(value)}
        return {name: _plain(inner) for name, (inner, item) in pairs.items() if inner != _default(item)}
    if isinstance(value, Mapping) and value and all(is_dataclass(inner) for inner in value.values()):
        return [_plain(inner) for inner in value.values()]
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return value.value if isinstance(value, StrEnum) else value


def _default(item: Any) -> Any:
    return item.default if item.default_factory is MISSING else item.default_factory()


def _map(data: Mapping[str, Any], key: str, build: Any) -> dict[str, Any]:
    return {item["name"]: build(item) for item in data.get(key, ())}


def _field(item: Mapping[str, Any]) -> Field:
    return Field(**{**item, "type": FieldType(item["type"]), "choices": tuple(item.get("choices", ()))})


def _limited(item: Mapping[str, Any]) -> dict[str, Any]:
    return {**item, "limits": ScriptLimits(**item.get("limits", {}))}


def _action(item: Mapping[str, Any]) -> Action:
    return Action(**{**_limited(item), "kind": ActionKind(item["kind"])})


def _listener(item: Mapping[str, Any]) -> Listener:
    return Listener(**{**_limited(item), "on": Trigger(item["on"]), "events": tuple(item.get("events", ()))})


def _entity(item: Mapping[str, Any]) -> Entity:
    return Entity(**{**item, "fields": _map(item, "fields", _field), "actions": _map(item, "actions", _action)})
