"""New jobs from what scripts and HTTP callers ask for: checked against the app's declarations before they exist.

A job must not fail later for what is known when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.apps.folder import Script
from engine.apps.manifest import Action, ActionKind, Endpoint, Entity, Listener
from engine.apps.outgoing import DatabaseAction, Notification, Topic
from engine.data.fields import Invalid, check_json
from engine.data.files import File
from engine.data.query import Query
from engine.errors import BadRequest
from engine.jobs import filters
from engine.jobs.limits import LONGEST_KEY, MOST_OF_A_KEY
from engine.model import CONTROL_QUEUE, JobType, NewJob, handler_queue

OPTIONS = frozenset(
    {"lowPriority", "queue", "maxAttempts", "timeout", "delay", "uniqueKey", "concurrencyKey", "concurrencyLimit"}
)
# Jobs that change the app itself have a queue of their own.
CONTROL_OPTIONS = OPTIONS - {"queue"}

MAIL_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks: a user of an app, or the job `parent_id` on the user's behalf."""

    app: str
    run_by: str | None
    parent_id: UUID | None = None


def run_action(
    by: Requester, action: Action, entity: Entity | None, query: object, params: object, options: object
) -> NewJob:
    """EXECUTE_ACTION: an action of the entity on what the query finds, or a global one, which takes no query."""
    spec: dict[str, Any] = {
        "actionName": action.name,
        "kind": action.kind.value,
        "query": {} if entity is None else _query(entity, query),
        "params": _object("params", params),
    }
    if action.entity is None:
        return _job(by, JobType.EXECUTE_ACTION, action.name, action.label, spec, options, action)
    spec["entityName"] = action.entity
    label = f"{action.label} on {action.entity}"
    return _job(by, JobType.EXECUTE_ACTION, f"{action.entity}.{action.name}", label, spec, options, action)


def check_global(action: Action) -> None:
    """Pass if the action runs on its own; else BadRequest."""
    if action.kind is not ActionKind.GLOBAL:
        raise BadRequest.field("action", action.name, "a global action; this one runs on records: use executeAction")


def delete_records(by: Requester, entity: Entity, query: object, options: object) -> NewJob:
    """DELETE_RECORDS: removes what the query finds."""
    spec = {"entityName": entity.name, "query": _query(entity, query)}
    return _job(by, JobType.DELETE_RECORDS, entity.name, f"Delete records of {entity.label}", spec, options)


def import_records(by: Requester, entity: Entity, file: File, options: object) -> NewJob:
    """IMPORT_RECORDS: the rows of the file become records."""
    spec = {"entityName": entity.name, "fileName": file.name, "fileId": str(file.id)}
    return _job(by, JobType.IMPORT_RECORDS, entity.name, f"Import {file.name} into {entity.label}", spec, options)


def export_records(by: Requester, entity: Entity, query: object, options: object) -> NewJob:
    """EXPORT_RECORDS: what the query finds becomes a file."""
    spec = {"entityName": entity.name, "query": _query(entity, query)}
    return _job(by, JobType.EXPORT_RECORDS, entity.name, f"Export records of {entity.label}", spec, options)


def import_users(by: Requester, file: File, notify: object, options: object) -> NewJob:
    """IMPORT_USERS: the rows of the file become users; `notify` tells the new ones by mail.

    A job that sends mail is tried MAIL_ATTEMPTS times unless the options say otherwise: mail servers rest now and then.
    """
    tells = filters.flag("options.notifyUsers", notify)
    spec = {"fileName": file.name, "fileId": str(file.id), "notifyUsers": tells}
    job = _job(by, JobType.IMPORT_USERS, "users", f"Import users from {file.name}", spec, options)
    chosen = isinstance(options, Mapping) and "maxAttempts" in options
    return job._replace(max_attempts=MAIL_ATTEMPTS) if tells and not chosen else job


def export_users(by: Requester, options: object) -> NewJob:
    """EXPORT_USERS: the users of the app become a file."""
    return _job(by, JobType.EXPORT_USERS, "users", "Export users", {}, options)


def run_script(by: Requester, script: Script, params: object, options: object) -> NewJob:
    """EXECUTE_SCRIPT: a script of the app, by its path."""
    spec = {"path": script.path, "scriptName": script.path, "params": _object("params", params)}
    return _job(by, JobType.EXECUTE_SCRIPT, script.path, script.path, spec, options)


def run_source(by: Requester, script: Script, params: object, options: object, *, pure: bool = False) -> NewJob:
    """EXECUTE_SCRIPT: a script that nobody pushed, carried by the job itself. `pure`: it may call nothing of `sys`."""
    spec: dict[str, Any] = {"pure": True} if pure else {}
    spec |= {"scriptName": script.path, "language": script.language, "source": script.source}
    checked = {**spec, "params": _object("params", params)}
    return _job(by, JobType.EXECUTE_SCRIPT, script.path, script.path, checked, options)


def run_listener(
    by: Requester,
    listener: Listener,
    variables: Mapping[str, Any],
    *,
    unique_key: str | None = None,
    app_version: int | None = None,
) -> NewJob:
    """EXECUTE_LISTENER: the listener's script with these variables, one of which is the event that it hears."""
    return NewJob(
        app=by.app,
        type=JobType.EXECUTE_LISTENER,
        name=listener.name,
        label=listener.label,
        spec={"listenerName": listener.name, "path": listener.script, **variables},
        queue=listener.queue,
        max_attempts=listener.max_attempts,
        timeout_ms=listener.timeout,
        unique_key=unique_key,
        parent_id=by.parent_id,
        run_by=by.run_by,
        app_version=app_version,
    )


def _object(name: str, value: object) -> dict[str, Any]:
    """The value as an object that PostgreSQL can keep; null reads as an empty one."""
    try:
        return _kept(value)
    except Invalid as error:
        raise BadRequest.field(name, value, str(error).removeprefix("expected ")) from None


def _kept(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    # A dict is asked for first: to ask the abstract class takes a quarter of this.
    if type(value) is not dict and not isinstance(value, Mapping):
        raise Invalid("expected an object")
    check_json(value)
    return dict(value)


def _query(entity: Entity, query: object) -> dict[str, Any]:
    checked = _object("query", query)
    Query.parse(entity, checked)
    return checked


def _job(
    by: Requester,
    kind: JobType,
    name: str,
    label: str,
    spec: Mapping[str, Any],
    options: object,
    action: Action | None = None,
    queue: str = "default",
) -> NewJob:
    """A job with the asker's options over the action's own."""
    given = filters.check_query(options, OPTIONS, "options")
    chosen = {**_own_options(action), **given} if action else given
    if not chosen:
        return NewJob(by.app, kind, name, label, spec, queue, parent_id=by.parent_id, run_by=by.run_by)
    timeout, key = chosen.get("timeout"), chosen.get("uniqueKey")
    most = 1 if chosen.get("concurrencyLimit") is None else chosen["concurrencyLimit"]
    return NewJob(
        by.app,
        kind,
        name,
        label,
        spec,
        chosen.get("queue", queue),
        low_priority=filters.flag("options.lowPriority", chosen.get("lowPriority", False)),
        delay_ms=filters.whole("options.delay", chosen.get("delay", 0)),
        max_attempts=filters.whole("options.maxAttempts", chosen.get("maxAttempts", 1), low=1, high=1000),
        timeout_ms=None if timeout is None else filters.whole("options.timeout", timeout, low=1, high=86_400_000),
        unique_key=None if key is None else filters.text("options.uniqueKey", key, longest=LONGEST_KEY),
        parent_id=by.parent_id,
        run_by=by.run_by,
        concurrency_key=_concurrency_key(chosen),
        concurrency_limit=filters.whole("options.concurrencyLimit", most, low=1, high=MOST_OF_A_KEY),
    )


def _concurrency_key(chosen: Mapping[str, Any]) -> str | None:
    key = chosen.get("concurrencyKey")
    if key is None and chosen.get("concurrencyLimit") is not None:
        raise BadRequest.field(
            "options.concurrencyLimit",
            chosen["concurrencyLimit"],
            "beside options.concurrencyKey: it limits jobs of that key",
        )
    return None if key is None else filters.text("options.concurrencyKey", key, longest=LONGEST_KEY)


def _own_options(action: Action) -> dict[str, Any]:
    return {
        "queue": action.queue,
        "maxAttempts": action.max_attempts,
        "lowPriority": action.low_priority,
        "timeout": action.timeout,
        "concurrencyKey": action.concurrency_key,
        "concurrencyLimit": action.concurrency_limit,
    }


def call_handler(by: Requester, name: object, params: object, options: object) -> NewJob:
    """HANDLER: a function of the platform's own Python code, by the name that its workers know it by."""
    queue = handler_queue(name)
    if "queue" in filters.check_query(options, OPTIONS, "options"):
        raise BadRequest.field("options.queue", options, "no queue: jobs of a handler have their own")
    spec = {"handlerName": name, "params": _object("params", params)}
    return _job(by, JobType.HANDLER, str(name), str(name), spec, options, queue=queue)


def call_handlers(by: Requester, name: object, params: Iterable[object], options: object) -> Iterator[NewJob]:
    """HANDLER, once for each of the params: name and options are checked once, here, and each params when its job is
    taken. For `bulk.create_all`, which takes them while the server is busy with those before."""
    return _like(call_handler(by, name, {}, options), params)


def _like(job: NewJob, params: Iterable[object]) -> Iterator[NewJob]:
    before, spec, after = job[:4], job.spec, job[5:]
    for n, one in enumerate(params):
        try:
            own = {**spec, "params": _kept(one)}
        except Invalid:
            # Again, for the error that names its place: a name for each is a tenth of all this.
            own = {**spec, "params": _object(f"params[{n}]", one)}
        # Without a look at its length, which `_make` takes: many are made at once.
        yield tuple.__new__(NewJob, (*before, own, *after))


def send_notification(by: Requester, notification: Notification, params: object, options: object) -> NewJob:
    """SEND_NOTIFICATION: tells a webhook of the app, or people by mail; tried again as often as the app says."""
    told = _object("params", params)
    for name in notification.names:
        if name not in told:
            raise BadRequest.field(f"params.{name}", None, f"a value: the mail of {notification.name} names it")
    spec = {"notificationName": notification.name, "params": told}
    given = {"maxAttempts": notification.max_attempts, **filters.check_query(options, OPTIONS, "options")}
    return _job(by, JobType.SEND_NOTIFICATION, notification.name, notification.label, spec, given)


def run_statement(by: Requester, action: DatabaseAction, params: object, options: object) -> NewJob:
    """DATABASE_ACTION: a statement of the app, with these parameters over its defaults."""
    given = _object("params", params)
    for key in given:
        if key not in action.params:
            known = ", ".join(action.params) or "it has none"
            raise BadRequest.field(f"params.{key}", given[key], f"a parameter of {action.name}: {known}")
    spec = {"databaseActionName": action.name, "params": {**action.params, **given}}
    return _job(by, JobType.DATABASE_ACTION, action.name, action.label, spec, options)


def publish_message(by: Requester, topic: Topic, params: object, options: object) -> NewJob:
    """PUBLISH_MESSAGE: `params` are the message."""
    spec = {"topicName": topic.name, "params": _object("params", params)}
    return _job(by, JobType.PUBLISH_MESSAGE, topic.name, topic.label, spec, options)


def start_app(by: Requester, options: object, *, waking_up: bool = False) -> NewJob:
    """START_APP: the app's jobs go on; with `pushChanges` the version that waits becomes the current one.

    `waking_up` is for calls to a sleeping app alone, and so no option (seed 003, Start app).
    """
    given = dict(filters.check_query(options, {*CONTROL_OPTIONS, "pushChanges"}, "options"))
    spec = {"pushChanges": filters.flag("options.pushChanges", given.pop("pushChanges", False)), "wakingUp": waking_up}
    return _control(by, JobType.START_APP, by.app, f"Start {by.app}", spec, given)


def stop_app(by: Requester, options: object) -> NewJob:
    """STOP_APP: none of the app's jobs runs until it is started; with `sleep` a call to it does that."""
    given = dict(filters.check_query(options, {*CONTROL_OPTIONS, "sleep"}, "options"))
    spec = {"sleep": filters.flag("options.sleep", given.pop("sleep", False))}
    return _control(by, JobType.STOP_APP, by.app, f"Stop {by.app}", spec, given)


def deploy_endpoint(by: Requester, endpoint: Endpoint, options: object) -> NewJob:
    """DEPLOY_ENDPOINT: the endpoint answers HTTP requests from then on."""
    given = filters.check_query(options, CONTROL_OPTIONS, "options")
    spec = {"endpointName": endpoint.name}
    return _control(by, JobType.DEPLOY_ENDPOINT, endpoint.name, f"Deploy {endpoint.label}", spec, given)


def undeploy_endpoint(by: Requester, endpoint: Endpoint, options: object) -> NewJob:
    """UNDEPLOY_ENDPOINT: the endpoint answers no more."""
    given = filters.check_query(options, CONTROL_OPTIONS, "options")
    spec = {"endpointName": endpoint.name}
    return _control(by, JobType.UNDEPLOY_ENDPOINT, endpoint.name, f"Undeploy {endpoint.label}", spec, given)


def call_endpoint(by: Requester, endpoint: Endpoint, request: Mapping[str, Any], version: int) -> NewJob:
    """CALL_ENDPOINT: a request that somebody waits for, before the app's other jobs."""
    spec = {"endpointName": endpoint.name, "request": dict(request)}
    label = f"{endpoint.method} {endpoint.path}"
    job = _job(by, JobType.CALL_ENDPOINT, endpoint.name, label, spec, {"timeout": endpoint.timeout})
    return job._replace(urgent=True, app_version=version)


def _control(
    by: Requester, kind: JobType, name: str, label: str, spec: Mapping[str, Any], options: Mapping[str, Any]
) -> NewJob:
    """A job that changes the app itself: in a queue that no stop closes."""
    return _job(by, kind, name, label, spec, options)._replace(queue=CONTROL_QUEUE)
