"""Actions on a resource: what people may start there. A trigger makes a job of the handler `kind:operation`.

The resource is an id of the platform's own; its kind its form says ("us_wb_…"), or where the action is mounted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import BadRequest, NotFound
from engine.flatfile import commands
from engine.flatfile.answers import NOTHING
from engine.flatfile.forms import FORM, check_form, filled
from engine.flatfile.store import FlatfileJob
from engine.ids import new_id
from engine.jobs.requests import Requester
from engine.model import handler_queue

_KINDS = {"wb": "workbook", "sh": "sheet", "fl": "file", "sp": "space", "dc": "document"}
_TARGET = re.compile(r"[a-z]{2,3}_(wb|sh|fl|sp|dc)_.+", re.ASCII)
# An action of a field is one of its sheet, as is the job that it makes.
_MOUNTS = {"workbook": "workbook", "sheet": "sheet", "field": "sheet", "file": "file", "document": "document"}


@dataclass(frozen=True, slots=True)
class Action:
    """An action; `declared` is what it was declared with, in the vendor's words."""

    id: UUID
    app: str
    kind: str
    target_id: str
    space_id: str | None
    declared: Mapping[str, Any]
    created_by: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def operation(self) -> str:
        """What its jobs do; `slug` is the vendor's older name of it."""
        return str(self.declared.get("operation") or self.declared["slug"])


async def create(
    conn: Connection, by: Requester, space_id: str | None, given: Sequence[Mapping[str, Any]]
) -> list[Action]:
    """New actions, each with its targetId; in a transaction, all or none.

    BadRequest if one has no operation, its target's kind cannot be told, or its form is none.
    """
    kinds = [_kind(each, space_id) for each in given]
    targets = [each["targetId"] for each in given]
    declared = [{name: value for name, value in each.items() if name != "targetId"} for each in given]
    for kind, each in zip(kinds, declared, strict=True):
        _check(kind, each)
    ids = [new_id() for _ in given]
    rows = await conn.fetch(load("flatfile_action_insert"), by.app, space_id, by.run_by, ids, kinds, targets, declared)
    return [Action(**row) for row in rows]


async def find(
    conn: Connection, app: str, *, space_id: str | None = None, target_id: str | None = None
) -> list[Action]:
    """The app's actions in the order in which they were made; of a space, of a resource, or all."""
    return [Action(**row) for row in await conn.fetch(load("flatfile_action_find"), app, space_id, target_id, None)]


async def get(conn: Connection, app: str, action_id: UUID) -> Action:
    """The action; NotFound if the app has none of this id."""
    rows = await conn.fetch(load("flatfile_action_find"), app, None, None, action_id)
    if not rows:
        raise NotFound(f"there is no action {action_id} in this app", additional_info={"actionId": str(action_id)})
    return Action(**rows[0])


async def update(conn: Connection, action: Action, changes: Mapping[str, Any]) -> Action:
    """The action with these fields changed; jobs that it made stay as they are. In a transaction."""
    declared = {**action.declared, **changes}
    kind = _kind({**declared, "targetId": action.target_id}, action.space_id) if "mount" in changes else action.kind
    _check(kind, declared)
    row = await conn.fetchrow(load("flatfile_action_update"), action.id, action.app, kind, dict(changes))
    return action if row is None else Action(**row)


async def delete(conn: Connection, action: Action) -> None:
    """There is no such action any more; its jobs stay."""
    await conn.execute(load("flatfile_action_delete"), action.id, action.app)


async def trigger(
    conn: Connection, by: Requester, action: Action, given: Mapping[str, Any] | None, metadata: Mapping[str, Any] | None
) -> FlatfileJob:
    """A job of the action, ready at once. In a transaction; BadRequest if its form does not allow this input."""
    config = {
        "type": action.kind,
        "operation": action.operation,
        "source": action.target_id,
        "trigger": "immediate",
        "mode": action.declared.get("mode"),
        "spaceId": action.space_id,
        "input": filled(action.declared.get(FORM), given),
        "metadata": metadata,
        "actionId": str(action.id),
    }
    return await commands.create(conn, by, config, NOTHING)


def _kind(given: Mapping[str, Any], space_id: str | None) -> str:
    target: str = given["targetId"]
    mount = (given.get("mount") or {}).get("type")
    if mount in _MOUNTS:
        return _MOUNTS[mount]
    if mount is not None:
        raise BadRequest.field("mount.type", mount, f"one of {', '.join(_MOUNTS)}")
    known = _TARGET.fullmatch(target)
    if known is not None:
        return _KINDS[known[1]]
    if target == space_id:
        return "space"
    raise BadRequest.field("targetId", target, "an id such as us_wb_1, us_sh_1, us_fl_1, us_sp_1, or any with a mount")


def _check(kind: str, declared: Mapping[str, Any]) -> None:
    operation = declared.get("operation") or declared.get("slug")
    if operation is None:
        raise BadRequest.field("operation", None, "a value: it names the jobs that the action makes")
    handler_queue(f"{kind}:{operation}")
    if declared.get(FORM) is not None:
        check_form(declared[FORM])
