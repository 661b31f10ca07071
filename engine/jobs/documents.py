"""Jobs and log lines as JSON documents, with the names of sys.jobs and times in ISO 8601, UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from engine.jobs.changes import Change
from engine.model import Job, LogLine


def job_document(job: Job, now: datetime) -> dict[str, Any]:
    """A job as it was read; `waiting` and `duration` in ms, growing until `now` where it goes on."""
    return {
        "id": str(job.id),
        "app": job.app,
        "type": job.type.value,
        "name": job.name,
        "label": job.label,
        "status": job.status.value,
        "hasErrors": job.has_errors,
        "progress": job.progress,
        "statusMessage": job.status_message,
        "waiting": job.waiting_ms(now),
        "duration": job.duration_ms(now),
        "createDate": time_text(job.created_at),
        "startDate": time_text(job.started_at),
        "endDate": time_text(job.ended_at),
        "runBy": None if job.run_by is None else {"id": job.run_by, "name": job.run_by_name or job.run_by},
        "queue": job.queue,
        "lowPriority": job.low_priority,
        "attempt": job.attempt,
        "maxAttempts": job.max_attempts,
        "parentJob": None if job.parent_id is None else str(job.parent_id),
        "rootJob": str(job.root_id),
        "data": job.data,
    }


def line_document(line: LogLine) -> dict[str, Any]:
    """A line of a job's log."""
    return {
        "timestamp": time_text(line.at),
        "level": line.level.value,
        "message": line.message,
        "additionalInfo": line.additional_info,
    }


def change_document(change: Change) -> dict[str, Any]:
    """Something that happened to a job beside its start and end."""
    return {
        "timestamp": time_text(change.at),
        "event": change.event,
        "attempt": change.attempt,
        "detail": change.detail,
    }


def time_text(at: datetime | None) -> str | None:
    """The time as documents show it."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
