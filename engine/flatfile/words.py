"""What a job is called in Flatfile's words, and which of its events a change of it is. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from engine.errors import BadRequest
from engine.model import Status

Word = Literal["created", "planning", "scheduled", "ready", "waiting", "executing", "complete", "failed", "canceled"]
Phase = Literal["created", "planning", "scheduled", "waiting", "ready"]

# Seed 001, JobStatus; `waiting` is a ninth one of the vendor's client, which spells `canceled` with one l.
WORDS: tuple[Word, ...] = (
    "created",
    "planning",
    "scheduled",
    "ready",
    "waiting",
    "executing",
    "complete",
    "failed",
    "canceled",
)
ENDS: frozenset[Word] = frozenset({"complete", "failed", "canceled"})

CREATED, READY, UPDATED = "job:created", "job:ready", "job:updated"
COMPLETED, FAILED, CANCELED = "job:completed", "job:failed", "job:canceled"
SCHEDULED, DELETED = "job:scheduled", "job:deleted"
ACKNOWLEDGED, PARTS_COMPLETED = "job:outcome-acknowledged", "job:parts-completed"
TOPICS = (
    CREATED,
    SCHEDULED,
    READY,
    UPDATED,
    PARTS_COMPLETED,
    COMPLETED,
    FAILED,
    CANCELED,
    ACKNOWLEDGED,
    DELETED,
)
_END_TOPICS = {"complete": COMPLETED, "failed": FAILED, "canceled": CANCELED}
_REF = re.compile(r"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:\.([1-9]\d{0,8}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Ref:
    """A job, or with `attempt` one attempt at it: what events carry as jobId, so that a late answer is known as one."""

    id: UUID
    attempt: int | None = None

    def __str__(self) -> str:
        return str(self.id) if self.attempt is None else f"{self.id}.{self.attempt}"

    @classmethod
    def parse(cls, text: str, field: str = "jobId") -> Ref:
        """The reference that `str` gave; BadRequest for anything else."""
        found = _REF.fullmatch(text)
        if found is None:
            raise BadRequest.field(field, text, "the id of a job, or of an event's attempt, such as 0193a5b0-….1")
        return cls(UUID(found[1]), None if found[2] is None else int(found[2]))


def word(status: Status, *, phase: Phase, later: bool, held: bool, failed: bool) -> Word:
    """The vendor's word for a job.

    `phase` is what it is while it waits here, `later` that it becomes claimable by the clock, `held` that a worker
    has it, `failed` that it left an error.
    """
    match status:
        case Status.PENDING if phase != "ready":
            return phase
        case Status.PENDING:
            return "scheduled" if later else "ready"
        case Status.RUNNING if not held:
            return "waiting"
        case Status.RUNNING | Status.STOPPING | Status.CANCELING:
            return "executing"
        case Status.STOPPED:
            return "waiting"
        case Status.FINISHED:
            return "failed" if failed else "complete"
        case Status.CANCELED:
            return "canceled"


@dataclass(frozen=True, slots=True)
class Told:
    """What the feed has told of a job: its last word (None: nothing yet), how many attempts it announced as ready."""

    word: Word | None = None
    attempts: int = 0


def topics(told: Told, now: Word, attempt: int) -> list[str]:
    """The events from what was told to what is, in the vendor's order, none left out and none twice.

    `attempt` is the job's number of claims. A worker's attempt that nobody saw begin was ready and executing before
    it ended.
    """
    return list(_topics(told, now, attempt))


def announced(told: Told, now: Word, attempt: int) -> Told:
    """What has been told once `topics` were."""
    return Told(now, max(told.attempts, attempt + (now == "ready")))


def _topics(told: Told, now: Word, attempt: int) -> Iterator[str]:
    seen = told.word
    if seen is None:
        yield CREATED
        seen = "created"
    if announced(told, now, attempt).attempts > told.attempts:
        yield READY
        seen = "ready"
    if now in ENDS:
        if now != "canceled" and seen == "ready":
            yield UPDATED
        if seen != now:
            yield _END_TOPICS[now]
    elif now != seen:
        yield SCHEDULED if now == "scheduled" else UPDATED
