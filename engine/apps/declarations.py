"""From the tables of an app.toml to a Manifest; every rule of what an app may declare is here."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from engine.apps.limits import RANGES, ScriptLimits
from engine.apps.manifest import (
    PUBLIC_ACCESS,
    Action,
    ActionKind,
    Endpoint,
    Entity,
    Field,
    FieldType,
    Listener,
    Manifest,
    Queue,
    Trigger,
)
from engine.apps.outgoing import read_database_actions, read_hosts, read_notifications, read_topics
from engine.apps.toml import Table
from engine.data.fields import MAX_KEY_TEXT, Invalid, normalize
from engine.errors import BadRequest
from engine.jobs.limits import LONGEST_KEY, LONGEST_MS, MOST_JOBS, MOST_OF_A_KEY
from engine.model import JobType, Scope, check_name

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
JOB_EVENTS = ("created", "started", "progress", "stopped", "resumed", "finished", "failed", "canceled")
DATA_EVENTS = ("created", "updated", "deleted")
RESERVED = ("id",)
UNIQUE_TYPES = (FieldType.TEXT, FieldType.INTEGER, FieldType.CHOICE, FieldType.DATE, FieldType.RELATION)
DAY_MS = 86_400_000
# Its schedule is called app.NAME, which has to be a name itself.
LONGEST_SCHEDULED = 59
LONGEST_CALL_MS = 300_000

_EVERY = re.compile(r"[1-9][0-9]*(s|m|h|d)( [1-9][0-9]*(s|m|h|d))*\Z")
QUEUE = re.compile(r"[A-Za-z_][A-Za-z0-9_.:\-]{0,106}\Z")
_CRON = re.compile(r"[0-9A-Za-z*/,\-?#]+( [0-9A-Za-z*/,\-?#]+){4,5}\Z")


def read_manifest(root: Table) -> Manifest:
    """The manifest that the file declares; what is wrong with it is among the table's problems."""
    app = root.table("app", required=True)
    seeds = root.table("data")
    entities = {name: _entity(name, table) for name, table in root.tables("entities").items()}
    name = _app_name(app)
    manifest = Manifest(
        name=name,
        label=app.take("label", str, name),
        description=app.take("description", str, ""),
        settings=_settings(root.table("settings")),
        entities=_seeded(entities, seeds),
        actions={name: _action(name, table, None) for name, table in root.tables("actions").items()},
        listeners={name: _listener(name, table) for name, table in root.tables("listeners").items()},
        endpoints={name: _endpoint(name, table) for name, table in root.tables("endpoints").items()},
        limits=script_limits(root),
        queues=_queues(root),
        notifications=read_notifications(root),
        database_actions=read_database_actions(root),
        topics=read_topics(root),
        hosts=read_hosts(root),
    )
    app.close()
    root.close()
    _check_links(root, manifest)
    return manifest


def _app_name(app: Table) -> str:
    name: str = app.take("name", str, "", required=True)
    try:
        return check_name("name", name) if name else name
    except BadRequest as error:
        app.complain("name", error.message.removeprefix("name: "))
        return name


def _settings(table: Table) -> dict[str, Any]:
    for key, value in table.items():
        if not _is_json(value):
            table.complain(key, f"{value} is not allowed; expected a text, a number, true, false, a list or a table")
    return dict(table.items())


def _is_json(value: object) -> bool:
    if isinstance(value, dict):
        return all(_is_json(inner) for inner in value.values())
    if isinstance(value, list):
        return all(_is_json(inner) for inner in value)
    return isinstance(value, str | bool | int | float)


def _seeded(entities: dict[str, Entity], seeds: Table) -> dict[str, Entity]:
    seeded = {name: replace(entity, seed=seeds.take(name, str)) for name, entity in entities.items()}
    seeds.close()
    return seeded


def _entity(name: str, table: Table) -> Entity:
    if "fields" not in table:
        table.complain("fields", "is missing; an entity needs at least one field")
    entity = Entity(
        name=name,
        label=table.take("label", str, name),
        label_field=table.take("label_field", str),
        fields={child: _field(child, inner) for child, inner in table.tables("fields").items()},
        actions={child: _action(child, inner, name) for child, inner in table.tables("actions").items()},
    )
    if entity.label_field is not None and entity.label_field not in entity.fields:
        table.complain("label_field", f"{entity.label_field!r} is not a field; the fields: {', '.join(entity.fields)}")
    table.close()
    return entity


def _field(name: str, table: Table) -> Field:
    if name in RESERVED:
        table.complain(None, "this name is taken: every record has its own id")
    kind = table.take_enum("type", FieldType) or FieldType.JSON
    field = Field(
        name=name,
        type=kind,
        label=table.take("label", str, name),
        required=table.take("required", bool, False),
        unique=table.take("unique", bool, False),
        indexed=table.take("indexed", bool, False),
        choices=_only(table, "choices", kind, FieldType.CHOICE) and table.take_texts("choices"),
        entity=_only(table, "entity", kind, FieldType.RELATION) and table.take("entity", str),
        max_length=_only(table, "max_length", kind, FieldType.TEXT)
        and table.take_whole("max_length", None, least=1, most=1_000_000),
        min=_only(table, "min", kind, FieldType.NUMBER, FieldType.INTEGER) and table.take("min", float),
        max=_only(table, "max", kind, FieldType.NUMBER, FieldType.INTEGER) and table.take("max", float),
        default=table.take_any("default"),
    )
    _check_field(field, table)
    table.close()
    return field


def _only(table: Table, key: str, kind: FieldType, *kinds: FieldType) -> Any:
    """Whether to read the key; a key that this type of field does not have is a problem."""
    if kind in kinds:
        return True
    if table.take_any(key) is not None:
        table.complain(key, f"is only for fields of type {' or '.join(kinds)}, and this one is {kind}")
    return () if key == "choices" else None


def _check_field(field: Field, table: Table) -> None:
    if field.type is FieldType.CHOICE and not field.choices:
        table.complain("choices", "is missing; expected the list of texts to choose from")
    if field.type is FieldType.RELATION and field.entity is None:
        table.complain("entity", "is missing; expected the entity that the relation points to")
    if field.unique and field.type not in UNIQUE_TYPES:
        table.complain("unique", f"is only for fields of type {', '.join(UNIQUE_TYPES)}")
    if field.indexed and field.type is FieldType.JSON:
        table.complain("indexed", "is not for fields of type json: nothing is compared with them")
    if field.indexed and (field.max_length or 0) > MAX_KEY_TEXT:
        table.complain("max_length", f"of an indexed field is at most {MAX_KEY_TEXT}")
    if field.min is not None and field.max is not None and field.min > field.max:
        table.complain("min", f"{field.min:g} is more than max, {field.max:g}")
    if field.default is not None:
        _check_default(field, table)


def _check_default(field: Field, table: Table) -> None:
    try:
        if not _is_json(field.default):
            raise Invalid("expected JSON; write dates as texts")
        normalize(field, field.default)
    except Invalid as error:
        table.complain("default", f"{field.default!r} is not allowed; {error}")


def _action(name: str, table: Table, entity: str | None) -> Action:
    kind = table.take_enum("kind", ActionKind, ActionKind.GLOBAL if entity is None else None)
    if entity is None and kind is not ActionKind.GLOBAL:
        table.complain("kind", "an action of the app itself is global; put it below its entity")
    action = Action(
        name=name,
        label=table.take("label", str, name),
        kind=kind or ActionKind.GLOBAL,
        script=table.take("script", str, "", required=True),
        entity=entity,
        return_response=table.take("return_response", bool, True),
        queue=_queue(table),
        timeout=table.take_whole("timeout", None, least=1, most=DAY_MS),
        max_attempts=table.take_whole("max_attempts", 1, least=1, most=100) or 1,
        low_priority=table.take("low_priority", bool, False),
        concurrency_key=_key(table),
        concurrency_limit=table.take_whole("concurrency_limit", None, least=1, most=MOST_OF_A_KEY),
        limits=script_limits(table),
    )
    table.close()
    return action


def _key(table: Table) -> str | None:
    key: str | None = table.take("concurrency_key", str)
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        table.complain(
            "concurrency_key", f"{key[:60]!r} is not allowed; expected a text of 1 to {LONGEST_KEY} characters"
        )
        return None
    if key is None and "concurrency_limit" in table:
        table.complain("concurrency_limit", "limits jobs of a concurrency_key, which is missing")
    return key


def script_limits(owner: Table) -> ScriptLimits:
    """What the table `limits` of an app, action, listener or endpoint says."""
    table = owner.table("limits")
    found = {key: table.take_whole(key, None, least=low, most=high) for key, (low, high) in RANGES.items()}
    table.close()
    return ScriptLimits(**found)


def _queues(root: Table) -> dict[str, Queue]:
    named = root.tables("queues", QUEUE, "up to 107 letters, digits, '_', '-', '.' and ':', starting with a letter")
    return {name: _sized(name, table) for name, table in named.items()}


def _sized(name: str, table: Table) -> Queue:
    queue = Queue(
        name,
        concurrency=table.take_whole("concurrency", None, least=0, most=MOST_JOBS),
        rate=table.take_whole("rate", None, least=1, most=MOST_JOBS),
        per_ms=table.take_whole("per_ms", None, least=1, most=LONGEST_MS),
    )
    if (queue.rate is None) != (queue.per_ms is None):
        table.complain(None, "has one of rate and per_ms; expected both: so many starts in so many ms")
    if queue.concurrency is None and queue.rate is None:
        table.complain(None, "says nothing; expected concurrency, or rate with per_ms")
    table.close()
    return queue


def _queue(table: Table) -> str:
    name: str = table.take("queue", str, "default")
    try:
        return check_name("queue", name)
    except BadRequest as error:
        table.complain("queue", error.message.removeprefix("queue: "))
        return "default"


def _listener(name: str, table: Table) -> Listener:
    on = table.take_enum("on", Trigger) or Trigger.CUSTOM
    listener = Listener(
        name=name,
        label=table.take("label", str, name),
        script=table.take("script", str, "", required=True),
        on=on,
        job_type=table.take("job_type", str) if on is Trigger.JOB else None,
        job_name=table.take("job_name", str) if on is Trigger.JOB else None,
        job_event=table.take("job_event", str) if on is Trigger.JOB else None,
        entity=table.take("entity", str, required=True) if on is Trigger.DATA else None,
        events=table.take_texts("events", DATA_EVENTS) if on is Trigger.DATA else (),
        cron=table.take("cron", str) if on is Trigger.SCHEDULE else None,
        every=table.take("every", str) if on is Trigger.SCHEDULE else None,
        event=_event(table) if on is Trigger.CUSTOM else None,
        queue=_queue(table),
        timeout=table.take_whole("timeout", None, least=1, most=DAY_MS),
        max_attempts=table.take_whole("max_attempts", 1, least=1, most=100) or 1,
        limits=script_limits(table),
    )
    _check_listener(listener, table)
    table.close()
    return listener


def _event(table: Table) -> str | None:
    name: str | None = table.take("event", str, required=True)
    try:
        return None if name is None else check_name("event", name)
    except BadRequest as error:
        table.complain("event", error.message.removeprefix("event: "))
        return None


def _check_listener(listener: Listener, table: Table) -> None:
    if listener.job_type is not None and listener.job_type not in list(JobType):
        table.complain("job_type", f"{listener.job_type!r} is not allowed; expected one of {', '.join(JobType)}")
    if listener.job_event is not None and listener.job_event not in JOB_EVENTS:
        table.complain("job_event", f"{listener.job_event!r} is not allowed; expected one of {', '.join(JOB_EVENTS)}")
    if listener.on is Trigger.SCHEDULE and len(listener.name) > LONGEST_SCHEDULED:
        table.complain(None, f"a listener with a schedule has a name of at most {LONGEST_SCHEDULED} characters")
    if listener.on is Trigger.SCHEDULE and (listener.cron is None) == (listener.every is None):
        table.complain(None, "a schedule has either cron or every")
    if listener.cron is not None and not _CRON.match(listener.cron):
        table.complain("cron", f"{listener.cron!r} is not allowed; expected five fields such as '0 3 * * *'")
    if listener.every is not None and not _EVERY.match(listener.every):
        table.complain("every", f"{listener.every!r} is not allowed; expected a duration such as '15m' or '2h 30m'")


def _endpoint(name: str, table: Table) -> Endpoint:
    endpoint = Endpoint(
        name=name,
        label=table.take("label", str, name),
        script=table.take("script", str, "", required=True),
        method=table.take("method", str, "GET"),
        path=table.take("path", str, "", required=True),
        access=table.take("access", str, Scope.RUN.value),
        timeout=table.take_whole("timeout", 30_000, least=1, most=LONGEST_CALL_MS) or 30_000,
        wakes=table.take("wakes", bool, True),
        limits=script_limits(table),
    )
    if endpoint.method not in METHODS:
        table.complain("method", f"{endpoint.method!r} is not allowed; expected one of {', '.join(METHODS)}")
    if endpoint.path and not re.fullmatch(r"(/(\{[A-Za-z][A-Za-z0-9_]*\}|[A-Za-z0-9_.~-]+))+", endpoint.path):
        table.complain("path", f"{endpoint.path!r} is not allowed; expected a path such as /companies/{{id}}")
    if endpoint.access not in (PUBLIC_ACCESS, *Scope):
        allowed = ", ".join((PUBLIC_ACCESS, *Scope))
        table.complain("access", f"{endpoint.access!r} is not allowed; expected one of {allowed}")
    table.close()
    return endpoint


def _check_links(root: Table, manifest: Manifest) -> None:
    known = ", ".join(manifest.entities) or "none are declared"
    for entity in manifest.entities.values():
        for field in entity.fields.values():
            if field.entity is not None and field.entity not in manifest.entities:
                where = f"entities.{entity.name}.fields.{field.name}.entity"
                root.complain(where, f"{field.entity!r} is not an entity; the entities: {known}")
    for listener in manifest.listeners.values():
        if listener.entity is not None and listener.entity not in manifest.entities:
            root.complain(f"listeners.{listener.name}.entity", f"{listener.entity!r} is not an entity; {known}")
    routes: dict[tuple[str, str], str] = {}
    for endpoint in manifest.endpoints.values():
        first = routes.setdefault((endpoint.method, endpoint.path), endpoint.name)
        if first != endpoint.name:
            where = f"endpoints.{endpoint.name}.path"
            root.complain(where, f"{endpoint.method} {endpoint.path} is already that of endpoint {first!r}")
