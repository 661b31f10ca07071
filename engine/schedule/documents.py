"""Schedules and their runs as JSON: the names of docs/schedules.md, times in ISO 8601, UTC, durations in ms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.jobs.documents import time_text
from engine.schedule.model import RunRow, Schedule

# The names of the fields of a plan in documents, and in errors.
NAMES: Mapping[str, str] = {
    "tag": "tag",
    "name": "name",
    "event_type": "eventType",
    "event_tag": "eventTag",
    "params": "params",
    "query": "query",
    "options": "options",
    "cron": "cron",
    "timezone": "timezone",
    "interval_ms": "interval",
    "executions": "executions",
    "start_at": "start",
    "end_at": "end",
    "jitter_ms": "jitter",
    "missed": "missed",
    "missed_after_ms": "missedAfter",
    "overlap": "overlap",
    "paused": "paused",
}


def schedule_document(schedule: Schedule) -> dict[str, Any]:
    """A schedule as it was read."""
    plan = {shown: getattr(schedule.plan, name) for name, shown in NAMES.items()}
    return {
        "id": str(schedule.id),
        "app": schedule.app,
        "origin": schedule.origin.value,
        "state": schedule.state,
        **plan,
        "eventType": schedule.plan.event_type.value,
        "missed": schedule.plan.missed.value,
        "overlap": schedule.plan.overlap.value,
        "params": dict(schedule.plan.params),
        "query": dict(schedule.plan.query),
        "options": dict(schedule.plan.options),
        "start": time_text(schedule.plan.start_at),
        "end": time_text(schedule.plan.end_at),
        "runBy": schedule.run_by,
        "executed": schedule.executed,
        "nextRun": time_text(schedule.next_at),
        "lastRun": time_text(schedule.last_due_at),
        "createDate": time_text(schedule.created_at),
        "updateDate": time_text(schedule.updated_at),
    }


def run_document(run: RunRow) -> dict[str, Any]:
    """What became of a run."""
    return {
        "dueDate": time_text(run.due_at),
        "outcome": run.outcome.value,
        "jobId": None if run.job_id is None else str(run.job_id),
        "untilDate": time_text(run.until_at),
        "error": run.error,
        "date": time_text(run.at),
    }
