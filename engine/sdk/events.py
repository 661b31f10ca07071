"""What handlers and listeners are told: an event of a job, in the words of seeds 001 and 002."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from engine.executors.run import Afterwards
from engine.model import Status

READY, UPDATED, COMPLETED, FAILED, CANCELED = "job:ready", "job:updated", "job:completed", "job:failed", "job:canceled"
# In the order in which one attempt brings them; the last three exclude each other.
TOPICS = (READY, UPDATED, COMPLETED, FAILED, CANCELED)


class EventJob(Protocol):
    """The job of an event, as its handler may use it: in a worker, or far away over HTTP."""

    @property
    def id(self) -> UUID:
        """The job."""

    @property
    def app(self) -> str:
        """Whose job it is."""

    @property
    def params(self) -> Mapping[str, Any]:
        """What it was called with."""

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1 on."""

    @property
    def run_by(self) -> str | None:
        """Who ran it."""

    async def log_info(self, message: str) -> None:
        """Adds an INFO line to the job's log."""

    async def log_error(self, message: str) -> None:
        """Adds an ERROR line to the job's log."""

    async def progress(self, percent: int | None = None, message: str | None = None) -> None:
        """Stores how far the job is; None leaves what was there."""

    def afterwards(self, tell: Afterwards) -> None:
        """Has `tell` called once the end of this attempt has been committed."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a job. `context` says which job, `payload` what it is doing.

    `context`: jobId, app, attempt, actorId. `payload`: job (the handler's name), domain and operation (its two
    halves), input (the job's params), and as they come up status, progress, info, outcome.
    """

    topic: str
    job: EventJob
    name: str
    news: Mapping[str, Any] = field(default_factory=dict)

    @property
    def context(self) -> dict[str, Any]:
        """Which job it is."""
        job = self.job
        return {"jobId": str(job.id), "app": job.app, "attempt": job.attempt, "actorId": job.run_by}

    @property
    def payload(self) -> dict[str, Any]:
        """What is told of it."""
        domain, _, operation = self.name.rpartition(":")
        return {"job": self.name, "domain": domain, "operation": operation, "input": dict(self.job.params), **self.news}


def end_topic(status: Status | None, *, failed: bool) -> str | None:
    """The topic of a job that is over; None if it is not, or not this attempt's any more."""
    match status:
        case Status.FINISHED:
            return FAILED if failed else COMPLETED
        case Status.CANCELED:
            return CANCELED
        case _:
            return None
