"""Who makes a host call: everything that decides what it may touch comes from here, nothing from its arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from engine.apps.manifest import Manifest
from engine.apps.store import AppCache
from engine.apps.veil import Veil
from engine.data.cause import Cause
from engine.db.pool import Connection
from engine.errors import BadRequest
from engine.jobs import store
from engine.jobs.queue import Claim
from engine.jobs.requests import Requester
from engine.model import NewJob
from engine.net.request import Rules


@dataclass(frozen=True, slots=True)
class Origin:
    """From what a run of a script began: with the journal, all that is needed to begin it again elsewhere.

    `program` names the script ({path}, or {language, scriptName, source}); `step` is the run's place in
    its job; `fork` is where this run itself branched off, for chunks of executeInJob.
    """

    program: Mapping[str, Any]
    variables: Mapping[str, Any]
    seed: str
    start_ms: int
    step: int = 0
    fork: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """The job on whose behalf a script calls, and where in the script it is.

    `now_ms` is the script's clock at this call; `seq` counts the calls of this run.
    """

    job: Claim
    origin: Origin
    apps: AppCache
    now_ms: int
    seq: int

    @property
    def app(self) -> str:
        """The only app whose things exist for this caller."""
        return self.job.app

    @property
    def by(self) -> Requester:
        """Who asks for a job: the caller's user, for a child of its job."""
        return Requester(self.app, self.job.run_by, self.job.id)

    @property
    def cause(self) -> Cause:
        """What its changes and events carry on."""
        return self.job.cause

    @property
    def now(self) -> datetime:
        """The script's clock as a time."""
        return datetime.fromtimestamp(self.now_ms / 1000, UTC)

    async def manifest(self, conn: Connection) -> Manifest:
        """The declarations of the version on which the job runs; badRequest if the app was never pushed."""
        if self.job.app_version is None:
            raise BadRequest(f"app {self.app} has no entities or actions: it was never pushed")
        return (await self.apps.get(conn, self.app, self.job.app_version)).manifest


@dataclass(frozen=True, slots=True)
class Reach:
    """What a caller may reach outside: the rules of its app, and the values behind the marks in what it sends."""

    rules: Rules
    veil: Veil


@dataclass(frozen=True, slots=True)
class Park:
    """A call that waits: for jobs to be in one of the statuses, or for the lock of a record (entity, id), until a time.

    Without either it waits only for the time.
    """

    deadline_ms: int
    ids: Sequence[UUID] = ()
    statuses: Sequence[str] = ()
    lock: tuple[str, UUID] | None = None

    def to_json(self) -> dict[str, Any]:
        """The wait as its open journal row keeps it."""
        waits_for = {"deadline": self.deadline_ms, "ids": [str(id) for id in self.ids], "statuses": list(self.statuses)}
        return waits_for if self.lock is None else {**waits_for, "lock": [self.lock[0], str(self.lock[1])]}

    @classmethod
    def from_json(cls, value: Any) -> Park:
        """The wait that `to_json` wrote."""
        entity, record_id = value.get("lock", (None, None))
        lock = None if entity is None else (entity, UUID(record_id))
        return cls(value["deadline"], tuple(UUID(id) for id in value["ids"]), tuple(value["statuses"]), lock)


async def create(conn: Connection, job: NewJob) -> str:
    """The id of the job that a call made, in its transaction."""
    (job_id,) = await store.create(conn, [job])
    return str(job_id)
