"""Previews of a mutation: what a JavaScript function would make of an entity's records. Nothing is changed.

The function runs in the sandbox, as a script of the app that may call nothing of `sys`. The records are what the job
was given, and what has become of them is its result.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any
from uuid import UUID

from engine.apps.folder import Script
from engine.apps.manifest import Entity
from engine.data import records
from engine.data.fields import validate
from engine.data.records import Record
from engine.db.pool import Connection
from engine.errors import BadRequest
from engine.jobs.requests import Requester, run_source
from engine.model import NewJob

MOST_RECORDS = 200
NAME = "preview-mutation"
_BEHIND = resources.files("engine.flatfile").joinpath("preview.js").read_text()


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records: those with these ids; or those that a search finds, without these."""

    ids: Collection[UUID] | None = None
    search_field: str | None = None
    search_value: str | None = None

    @property
    def filters(self) -> bool:
        """Whether `ids` are what is left out."""
        return self.search_value is not None


async def select(conn: Connection, app: str, entity: Entity, wanted: Selection) -> list[Record]:
    """The first of the records that are wanted, at most MOST_RECORDS. BadRequest names a field that is not there."""
    if wanted.ids is not None and not wanted.filters:
        found = [await records.find_by_id(conn, app, entity, id) for id in sorted(wanted.ids)[:MOST_RECORDS]]
        return [record for record in found if record is not None]
    if wanted.filters and wanted.search_field not in entity.fields:
        raise BadRequest.field("searchField", wanted.search_field, f"one of the fields {', '.join(entity.fields)}")
    query = {wanted.search_field: f"like({_quoted(wanted.search_value or '')})"} if wanted.filters else {}
    left_out, cursor, left = set(wanted.ids or ()), None, list[Record]()
    while len(left) < MOST_RECORDS:
        page = await records.find_page(conn, app, entity, query, cursor=cursor, limit=MOST_RECORDS)
        left += [record for record in page.items if record.id not in left_out]
        cursor = page.next
        if cursor is None:
            break
    return left[:MOST_RECORDS]


def _quoted(text: str) -> str:
    return re.sub(r"([\\,()])", r"\\\1", text)


def program(function: str) -> Script:
    """The script that calls the function with each record; its lines are the function's own."""
    source = function.strip().rstrip(";")
    return Script(f"{NAME}.js", "javascript", f"const mutateRecord = ({source}\n);\n{_BEHIND}")


def job(by: Requester, script: Script, found: Sequence[Record], *, timeout_ms: int) -> NewJob:
    """The job that runs the script on these records."""
    given = [{"id": str(record.id), "values": dict(record.data)} for record in found]
    return run_source(by, script, {"records": given}, {"timeout": timeout_ms}, pure=True)


def differences(entity: Entity, found: Sequence[Record], made: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of each record that the function changes or says something about: each field's value before and after.

    A value that the entity does not allow has its reason with it.
    """
    pairs = zip(found, made, strict=True)
    return [
        _difference(entity, record, after)
        for record, after in pairs
        if after["messages"] or _changed(record.data, after["values"])
    ]


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return any(before.get(name) != after.get(name) for name in {*before, *after})


def _difference(entity: Entity, record: Record, after: Mapping[str, Any]) -> dict[str, Any]:
    values = after["values"]
    _, reasons = validate(entity, values)
    said = [{**each, "source": "custom-logic"} for each in after["messages"]]
    said += [
        {"field": name, "type": "error", "source": "custom-logic", "message": why} for name, why in reasons.items()
    ]
    wrong = {each["field"] for each in said if each["type"] == "error"}
    cells = {
        name: {
            "value": values.get(name),
            "snapshotValue": record.data.get(name),
            "valid": name not in wrong,
            "messages": [each for each in said if each["field"] == name],
        }
        for name in [*entity.fields, *(name for name in values if name not in entity.fields)]
    }
    return {"id": str(record.id), "valid": not wrong, "values": cells}
