"""The words of the engine as frozen values: jobs, types, statuses and their transitions. No I/O.

The statuses and the table of transitions are those of docs/job-states.md (seed 003 and the
scripting API); everything else in the engine asks this module instead of knowing them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from engine.errors import BadRequest


class Status(StrEnum):
    """Where a job is in its life."""

    # By its value, in C: Enum hashes a member's name, in Python, at each look into a set or a dictionary.
    __hash__ = str.__hash__

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    CANCELING = "CANCELING"
    CANCELED = "CANCELED"
    FINISHED = "FINISHED"

    @property
    def is_final(self) -> bool:
        """No command and no worker changes the job any more."""
        return self in FINAL


FINAL = frozenset({Status.FINISHED, Status.CANCELED})


class Command(StrEnum):
    """What a person or a script can ask of a job."""

    STOP = "stop"
    RESUME = "resume"
    CANCEL = "cancel"


# A pair that is absent is refused with badRequest and changes nothing.
# RUNNING jobs that no worker holds (parked waits) have no script to end, so they go straight
# to the second status of their pair.
TRANSITIONS: Mapping[tuple[Status, Command], tuple[Status, ...]] = {
    (Status.PENDING, Command.STOP): (Status.STOPPED,),
    (Status.RUNNING, Command.STOP): (Status.STOPPING, Status.STOPPED),
    (Status.STOPPED, Command.RESUME): (Status.PENDING,),
    (Status.PENDING, Command.CANCEL): (Status.CANCELED,),
    (Status.STOPPED, Command.CANCEL): (Status.CANCELED,),
    (Status.RUNNING, Command.CANCEL): (Status.CANCELING, Status.CANCELED),
    (Status.STOPPING, Command.CANCEL): (Status.CANCELING,),
}


class JobType(StrEnum):
    """What kind of work a job is; the first eleven are public (seed 003), the rest are ours."""

    # As of Status.
    __hash__ = str.__hash__

    IMPORT_RECORDS = "IMPORT_RECORDS"
    EXPORT_RECORDS = "EXPORT_RECORDS"
    EXECUTE_ACTION = "EXECUTE_ACTION"
    DELETE_RECORDS = "DELETE_RECORDS"
    EXECUTE_LISTENER = "EXECUTE_LISTENER"
    IMPORT_USERS = "IMPORT_USERS"
    EXPORT_USERS = "EXPORT_USERS"
    STOP_APP = "STOP_APP"
    START_APP = "START_APP"
    DEPLOY_ENDPOINT = "DEPLOY_ENDPOINT"
    UNDEPLOY_ENDPOINT = "UNDEPLOY_ENDPOINT"
    EXECUTE_SCRIPT = "EXECUTE_SCRIPT"
    CALL_ENDPOINT = "CALL_ENDPOINT"
    HANDLER = "HANDLER"
    SEND_NOTIFICATION = "SEND_NOTIFICATION"
    DATABASE_ACTION = "DATABASE_ACTION"
    PUBLISH_MESSAGE = "PUBLISH_MESSAGE"

    @property
    def is_public(self) -> bool:
        """Scripts may rely on the shape of this type's data and results."""
        return self not in OURS


OURS = frozenset(
    {
        JobType.EXECUTE_SCRIPT,
        JobType.CALL_ENDPOINT,
        JobType.HANDLER,
        JobType.SEND_NOTIFICATION,
        JobType.DATABASE_ACTION,
        JobType.PUBLISH_MESSAGE,
    }
)


CONTROL = frozenset({JobType.START_APP, JobType.STOP_APP, JobType.DEPLOY_ENDPOINT, JobType.UNDEPLOY_ENDPOINT})
"""What changes an app itself: it runs whether the app is stopped or not."""


class LogLevel(StrEnum):
    """How serious a line of a job's log is."""

    INFO = "INFO"
    ERROR = "ERROR"


class Scope(StrEnum):
    """What a token lets its holder do.

    read: see everything of the app. run: start jobs, change records and files. manage: stop, resume,
    cancel and prioritize the jobs that the token's user ran. admin: all of that, and anybody's jobs.
    """

    READ = "read"
    RUN = "run"
    MANAGE = "manage"
    ADMIN = "admin"


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,62}\Z")


def check_name(what: str, value: object) -> str:
    """The value if it can name an app, an entity, an action or a queue; else badRequest."""
    if isinstance(value, str) and _NAME.match(value):
        return value
    raise BadRequest.field(what, value, "a name of 1 to 63 letters, digits, '_', '-', '.', starting with a letter")


_HANDLER = re.compile(r"[A-Za-z_][A-Za-z0-9_.:\-]{0,99}\Z")
HANDLER_PREFIX = "handler."

# Jobs that start and stop an app wait here: its other queues stand still while it is stopped (migration 0044).
# Not a name that callers can give (`check_queue`).
CONTROL_QUEUE = "app:control"


def handler_queue(name: object) -> str:
    """The queue of a handler's jobs: only workers that have the handler serve it."""
    if isinstance(name, str) and _HANDLER.match(name):
        return HANDLER_PREFIX + name
    raise BadRequest.field(
        "handlerName", name, "a name of 1 to 100 letters, digits, '_', '-', '.', ':', starting with a letter"
    )


def check_queue(value: object) -> str:
    """The value if it can name a queue; else badRequest."""
    if isinstance(value, str) and value.startswith(HANDLER_PREFIX):
        return handler_queue(value.removeprefix(HANDLER_PREFIX))
    return check_name("queue", value)


def check_job_id(value: object, what: str = "jobId", *, of: str = "job") -> UUID:
    """The value as the id of a job (or of something else); badRequest if it is not the text of a UUID."""
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value):
        return UUID(value)
    raise BadRequest.field(what, value, f"the id of a {of}, such as 0193a5b0-7c1e-7d3a-9a1b-2c3d4e5f6071")


class NewJob(NamedTuple):
    """A job to be created. `spec` is what its executor needs, JSON; times in ms.

    At most `concurrency_limit` jobs of the app with its `concurrency_key` run at once. A tuple, since many are made at
    once: a frozen dataclass takes four times as long.
    """

    app: str
    type: JobType
    name: str
    label: str
    spec: Mapping[str, Any] = MappingProxyType({})
    queue: str = "default"
    low_priority: bool = False
    delay_ms: int = 0
    max_attempts: int = 1
    timeout_ms: int | None = None
    unique_key: str | None = None
    parent_id: UUID | None = None
    run_by: str | None = None
    app_version: int | None = None
    urgent: bool = False
    concurrency_key: str | None = None
    concurrency_limit: int = 1


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it was when it was read."""

    id: UUID
    app: str
    queue: str
    type: JobType
    name: str
    label: str
    status: Status
    low_priority: bool
    attempt: int
    failures: int
    max_attempts: int
    timeout_ms: int | None
    has_errors: bool
    progress: int
    status_message: str | None
    app_version: int | None
    parent_id: UUID | None
    root_id: UUID
    run_by: str | None
    run_by_name: str | None
    unique_key: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    ready_at: datetime | None
    spec: Mapping[str, Any]

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Job:
        """A job from a row of sql/queries/job_*.sql, whose columns carry these names."""
        return cls(
            id=row["id"],
            app=row["app"],
            queue=row["queue"],
            type=JobType(row["type"]),
            name=row["name"],
            label=row["label"] or row["name"],
            status=Status(row["status"]),
            low_priority=row["low_priority"],
            attempt=row["attempt"],
            failures=row["failures"],
            max_attempts=row["max_attempts"],
            timeout_ms=row["timeout_ms"],
            has_errors=row["has_errors"],
            progress=row["progress"],
            status_message=row["status_message"],
            app_version=row["app_version"],
            parent_id=row["parent_id"],
            root_id=row["root_id"],
            run_by=row["run_by"],
            run_by_name=row["run_by_name"],
            unique_key=row["unique_key"],
            created_at=row["created_at"],
            started_at=row["started_at"],
            ended_at=row["ended_at"],
            ready_at=row["ready_at"],
            spec=row["spec"] or {},
        )

    @property
    def data(self) -> dict[str, Any]:
        """The parameters that seed 003 promises for the job's type, from its spec."""
        return {key: self.spec[key] for key in DATA_KEYS.get(self.type, ()) if key in self.spec}

    def waiting_ms(self, now: datetime) -> int:
        """Milliseconds from creation to the first start, growing until then (seed 003, waiting)."""
        until = self.started_at or (self.ended_at if self.status.is_final else None) or now
        return max(0, round((until - self.created_at).total_seconds() * 1000))

    def duration_ms(self, now: datetime) -> int:
        """Milliseconds from the first start to the end, growing until then; 0 before it (seed 003, duration)."""
        if self.started_at is None:
            return 0
        return max(0, round(((self.ended_at or now) - self.started_at).total_seconds() * 1000))


# seed 003, Job.data(): the public parameters by type. `params` beside them is ours, for scripts and handlers.
DATA_KEYS: Mapping[JobType, tuple[str, ...]] = {
    JobType.START_APP: ("pushChanges", "wakingUp"),
    JobType.STOP_APP: (),
    JobType.IMPORT_RECORDS: ("fileName", "entityName"),
    JobType.EXPORT_RECORDS: ("entityName",),
    JobType.DELETE_RECORDS: ("entityName",),
    JobType.EXECUTE_ACTION: ("entityName", "actionName"),
    JobType.EXECUTE_LISTENER: ("listenerName",),
    JobType.IMPORT_USERS: ("fileName", "notifyUsers"),
    JobType.EXPORT_USERS: (),
    JobType.DEPLOY_ENDPOINT: ("endpointName",),
    JobType.UNDEPLOY_ENDPOINT: ("endpointName",),
    JobType.EXECUTE_SCRIPT: ("scriptName", "params"),
    JobType.CALL_ENDPOINT: ("endpointName",),
    JobType.HANDLER: ("handlerName", "params"),
    JobType.SEND_NOTIFICATION: ("notificationName", "params"),
    JobType.DATABASE_ACTION: ("databaseActionName", "params"),
    JobType.PUBLISH_MESSAGE: ("topicName", "params"),
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a job's log. `n` orders lines with the same time."""

    job_id: UUID
    n: int
    at: datetime
    level: LogLevel
    message: str
    additional_info: Mapping[str, Any] | None
