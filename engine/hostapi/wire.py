"""Jobs, log lines and schedules as scripts receive them; the stubs turn them into objects with methods."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.model import Job, LogLine
from engine.schedule.documents import schedule_document
from engine.schedule.model import Schedule


def date(value: datetime | None) -> dict[str, int] | None:
    """A time as it travels: milliseconds since the epoch under a key that the stubs know."""
    return None if value is None else {"$date": round(value.timestamp() * 1000)}


def job(value: Job) -> dict[str, Any]:
    """A job, as seed 003 describes it, without its results, which are asked for separately."""
    return {
        "id": str(value.id),
        "label": value.label,
        "type": value.type.value,
        "status": value.status.value,
        "progress": value.progress,
        "hasErrors": value.has_errors,
        "createDate": date(value.created_at),
        "startDate": date(value.started_at),
        "endDate": date(value.ended_at),
        "runBy": None if value.run_by is None else {"id": value.run_by, "label": value.run_by_name or value.run_by},
        "data": value.data,
        "parentJob": None if value.parent_id is None else str(value.parent_id),
        "rootJob": str(value.root_id),
        "lowPriority": value.low_priority,
        "attempt": value.attempt,
        "statusMessage": value.status_message,
    }


def schedule(value: Schedule) -> dict[str, Any]:
    """A schedule by the names of docs/schedules.md, its times as dates."""
    return {
        **schedule_document(value),
        "start": date(value.plan.start_at),
        "end": date(value.plan.end_at),
        "nextRun": date(value.next_at),
        "lastRun": date(value.last_due_at),
        "createDate": date(value.created_at),
        "updateDate": date(value.updated_at),
    }


def line(value: LogLine) -> dict[str, Any]:
    """A line of a log."""
    return {
        "timestamp": date(value.at),
        "level": value.level.value,
        "message": value.message,
        "additionalInfo": value.additional_info,
    }
