"""An event on its way to a listener, and the job that it becomes. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.apps.manifest import Entity
from engine.apps.store import App
from engine.jobs import requests
from engine.jobs.requests import Requester
from engine.model import NewJob

# headrace.deepest_event() in migration 0052; a test holds them together.
DEEPEST = 16


@dataclass(frozen=True, slots=True)
class Event:
    """A row of headrace.events. `lane` is shared by the events that this listener hears in order."""

    id: int
    app: str
    listener: str
    lane: str
    depth: int
    run_by: str | None
    body: Mapping[str, Any]

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Event:
        """An event from a row of events_take.sql."""
        return cls(row["id"], row["app"], row["listener"], row["lane"], row["depth"], row["run_by"], row["body"])

    def job(self, app: App) -> NewJob | None:
        """The listener's job, on this version; None if it declares no such listener or entity any more."""
        listener = app.manifest.listeners.get(self.listener)
        variables = None if listener is None else _VARIABLES[self.body["type"]](app, self.body)
        if listener is None or variables is None:
            return None
        by, heard = Requester(app.name, self.run_by), {**variables, "eventDepth": self.depth}
        key = f"listener {self.lane}"
        return requests.run_listener(by, listener, heard, unique_key=key, app_version=app.version)


def _data(app: App, body: Mapping[str, Any]) -> dict[str, Any] | None:
    entity = app.manifest.entities.get(body["entity"])
    if entity is None:
        return None
    version, kind = body["version"], body["event"]
    event = {"type": "data", "dataEvent": kind, "entityName": entity.name, "recordId": body["id"]}
    before = version - 1 if kind == "updated" else version
    return {
        "event": event,
        "record": _record(entity, body["id"], version, body.get("after")),
        "oldRecord": _record(entity, body["id"], before, body.get("before")),
    }


def _record(entity: Entity, record_id: str, version: int, data: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The record as scripts get it, with the fields that its entity declares today; None before and after its life."""
    if data is None:
        return None
    known = {name: data[name] for name in entity.fields if name in data}
    label = entity.label_of(data, record_id)
    return {"id": record_id, "entity": entity.name, "label": label, "version": version, "data": known}


def _job(app: App, body: Mapping[str, Any]) -> dict[str, Any]:
    event = {"type": "job", "jobEvent": body["event"], "jobId": body["id"], "jobType": body["jobType"]}
    more = {"progress": body["progress"]} if "progress" in body else {}
    return {"event": {**event, "jobName": body["name"], "hasErrors": body["hasErrors"], **more}}


def _custom(app: App, body: Mapping[str, Any]) -> dict[str, Any]:
    return {"event": {"type": "custom", "name": body["name"], "data": body["data"]}}


_VARIABLES = {"data": _data, "job": _job, "custom": _custom}
