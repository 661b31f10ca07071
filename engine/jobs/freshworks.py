"""Freshworks' words for our jobs (seed 000): one table from status and ending to word, and the message of each end.

It reads what every other interface reads. There is no second status: `in-progress`, `success`, `failed` and `timeout`
follow from ours and from the error that the job left.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from engine.apps.manifest import Action
from engine.errors import BadRequest
from engine.jobs import requests
from engine.jobs.requests import Requester
from engine.model import Job, NewJob, Status

LONGEST_TAG = 500


class Word(StrEnum):
    """The vendor's statuses."""

    IN_PROGRESS = "in-progress"
    SUCCESS = "success"
    FAILED = "failed"
    TIMEOUT = "timeout"


class End(StrEnum):
    """What a job left: nothing wrong, an error, or an error because its time was over."""

    WELL = "well"
    ERROR = "error"
    TIME = "time"


WORDS: Mapping[tuple[Status, End], Word] = MappingProxyType(
    {
        **{(status, end): Word.IN_PROGRESS for status in Status if not status.is_final for end in End},
        (Status.FINISHED, End.WELL): Word.SUCCESS,
        (Status.FINISHED, End.ERROR): Word.FAILED,
        (Status.FINISHED, End.TIME): Word.TIMEOUT,
        # The vendor cannot cancel, so it has no word for that.
        **{(Status.CANCELED, end): Word.FAILED for end in End},
    }
)


def end_of(left: Mapping[str, Any] | None) -> End:
    """How the job ended, by its results. Lines of console.error are no failure: the vendor's jobs may log errors."""
    match left:
        case {"error": {"code": "timeout", "limit": "wall" | "cpu"}}:
            return End.TIME
        case {"error": _}:
            return End.ERROR
    return End.WELL


def document(job: Job, left: Mapping[str, Any] | None) -> dict[str, Any]:
    """The job as `client.job.get` shows it; `end_time` only once it has ended."""
    word = WORDS[job.status, end_of(left)]
    shown = {
        "id": str(job.id),
        "name": job.spec.get("actionName", job.name),
        "tag": job.spec.get("tag"),
        "start_time": job.started_at,
        "status": word,
        "status_message": _message(job, word, left),
    }
    return {**shown, "end_time": job.ended_at} if job.status.is_final else shown


def _message(job: Job, word: Word, left: Mapping[str, Any] | None) -> str | None:
    """The last message of a job that runs; the final one replaces it."""
    if job.status is Status.CANCELED:
        return "Job was canceled"
    match word, left:
        case Word.IN_PROGRESS, _:
            return job.status_message
        case Word.SUCCESS, _:
            return "Job completed successfully"
        case Word.TIMEOUT, {"error": {"limit": "wall"}} if job.timeout_ms:
            return f"Job timed out after {job.timeout_ms / 60_000:g} minutes"
        case _, {"error": {"message": str(message)}}:
            return message
    return "Job failed"


def invoke(by: Requester, action: Action, tag: object, payload: object) -> NewJob:
    """A job of the action with this payload; a tag is the caller's own word for it, and need not be unique."""
    requests.check_global(action)
    if tag is not None and not (isinstance(tag, str) and len(tag) <= LONGEST_TAG):
        raise BadRequest.field("tag", tag, f"a text of at most {LONGEST_TAG} characters")
    job = requests.run_action(by, action, None, None, payload, None)
    return job if tag is None else job._replace(spec={**job.spec, "tag": tag})
