"""The job that a run starts, by the type of its event. What is not here cannot be scheduled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar

from engine.apps.store import App
from engine.errors import BadRequest
from engine.jobs import requests
from engine.jobs.documents import time_text
from engine.jobs.requests import Requester
from engine.model import NewJob
from engine.schedule.model import EventType, Plan

T = TypeVar("T")


def new_job(app: App, plan: Plan, run_by: str | None, due: datetime) -> NewJob:
    """The job of the run that is due then, on the app's current version; BadRequest if the event is not there."""
    return _EVENTS[plan.event_type](app, plan, Requester(app.name, run_by), due)


def _action(app: App, plan: Plan, by: Requester, due: datetime) -> NewJob:
    """`report` is the app's own action, `companies.check` an entity's, on the records of the plan's query."""
    entity_name, dot, name = plan.event_tag.rpartition(".")
    try:
        action = app.manifest.action(entity_name if dot else None, name)
    except BadRequest as error:
        raise BadRequest.field("eventTag", plan.event_tag, f"an action of {app.name}: {error.message}") from None
    entity = app.manifest.entity(entity_name) if dot else None
    if entity is None and plan.query:
        raise BadRequest.field("query", plan.query, "none: a global action runs on no records")
    return requests.run_action(by, action, entity, plan.query, plan.params, plan.options)


def _function(app: App, plan: Plan, by: Requester, due: datetime) -> NewJob:
    """A script of the app by its path, else a handler of the platform by its name."""
    _no_query(plan)
    if plan.event_tag in app.scripts:
        return requests.run_script(by, app.scripts[plan.event_tag], plan.params, plan.options)
    if "/" in plan.event_tag or plan.event_tag.endswith((".js", ".py")):
        known = ", ".join(sorted(app.scripts)) or "it has none"
        raise BadRequest.field("eventTag", plan.event_tag, f"a script of {app.name}: {known}")
    return requests.call_handler(by, plan.event_tag, plan.params, plan.options)


def _notification(app: App, plan: Plan, by: Requester, due: datetime) -> NewJob:
    """A notification that the app declares."""
    return _declared(
        plan, app.manifest.notification, lambda found: requests.send_notification(by, found, *_given(plan))
    )


def _database_action(app: App, plan: Plan, by: Requester, due: datetime) -> NewJob:
    """A statement that the app declares."""
    return _declared(plan, app.manifest.database_action, lambda found: requests.run_statement(by, found, *_given(plan)))


def _message(app: App, plan: Plan, by: Requester, due: datetime) -> NewJob:
    """A message to a topic that the app declares."""
    return _declared(plan, app.manifest.topic, lambda found: requests.publish_message(by, found, *_given(plan)))


def _given(plan: Plan) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return plan.params, plan.options


def _declared(plan: Plan, find: Callable[[str], T], make: Callable[[T], NewJob]) -> NewJob:
    _no_query(plan)
    try:
        found = find(plan.event_tag)
    except BadRequest as error:
        allowed = error.additional_info["allowed"]
        raise BadRequest.field("eventTag", plan.event_tag, str(allowed)) from None
    return make(found)


def _listener(app: App, plan: Plan, by: Requester, due: datetime) -> NewJob:
    """EXECUTE_LISTENER with the event {type: schedule, tag, dueAt} for a listener of the app."""
    _no_query(plan)
    if plan.event_tag not in app.manifest.listeners:
        known = ", ".join(app.manifest.listeners) or "it has none"
        raise BadRequest.field("eventTag", plan.event_tag, f"a listener of {app.name}: {known}")
    listener = app.manifest.listeners[plan.event_tag]
    event = {"type": "schedule", "tag": plan.tag, "dueAt": time_text(due)}
    return requests.run_listener(by, listener, {"event": event})


def _no_query(plan: Plan) -> None:
    if plan.query:
        raise BadRequest.field("query", plan.query, "none: only an entity's action runs on records")


_EVENTS: Mapping[EventType, Callable[[App, Plan, Requester, datetime], NewJob]] = MappingProxyType(
    {
        EventType.ACTION: _action,
        EventType.FUNCTION: _function,
        EventType.NOTIFICATION: _notification,
        EventType.DATABASE_ACTION: _database_action,
        EventType.MESSAGEBROKER: _message,
        EventType.LISTENER: _listener,
    }
)
