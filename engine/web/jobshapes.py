"""Jobs and lines of their logs as responses show them: the names of the scripting API's Job and JobLog."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from engine.jobs.documents import job_document, line_document
from engine.jobs.limits import LONGEST_KEY, MOST_OF_A_KEY
from engine.model import Job as EngineJob
from engine.model import JobType, LogLevel, Status
from engine.model import LogLine as EngineLine
from engine.web.shapes import EXAMPLE_ID, Given, Id, Moment, Shape


class RunBy(Shape):
    """The user that started a job."""

    id: str = Field(examples=["ann"])
    name: str = Field(examples=["Ann Smith"])


class Job(Shape):
    """A job."""

    id: Id
    app: str = Field(examples=["crm"])
    label: str = Field(examples=["Log something on companies"])
    name: str = Field(description="The same as label", examples=["Log something on companies"])
    type: JobType
    status: Status
    status_message: str | None = Field(description="What the job's script said last about how far it is")
    progress: int = Field(ge=0, le=100, description="Percent")
    waiting: int = Field(ge=0, description="Milliseconds from creation to the first start, growing until then")
    duration: int = Field(ge=0, description="Milliseconds from the first start to the end, growing until then")
    has_errors: bool
    create_date: Moment
    start_date: Moment | None
    end_date: Moment | None
    run_by: RunBy | None
    data: dict[str, Any] = Field(description="The job's parameters, by its type")
    parent_job: Id | None = Field(description="The job whose script started this one")
    root_job: Id
    low_priority: bool
    attempt: int = Field(ge=0, description="How often a worker began the job")
    max_attempts: int = Field(ge=1)
    queue: str = Field(examples=["default"])

    @classmethod
    def of(cls, job: EngineJob, now: datetime) -> Job:
        """The job as it is shown: the document of the command line, with the scripting API's meaning of `name`."""
        return cls.model_validate({**job_document(job, now), "name": job.label})


class JobPage(Shape):
    """Jobs, newest created first."""

    items: list[Job]
    next: str | None = Field(description="The `_cursor` of the next page; null on the last one")


class JobLog(Shape):
    """A line of a job's log."""

    timestamp: Moment
    level: LogLevel
    message: str
    additional_info: dict[str, Any] | None

    @classmethod
    def of(cls, line: EngineLine) -> JobLog:
        """The line as it is shown."""
        return cls.model_validate(line_document(line))


class JobLogPage(Shape):
    """Lines of a log, oldest first."""

    items: list[JobLog]
    next: str | None = Field(description="The `_cursor` of the next page; null on the last one")


class JobOptions(Given):
    """How a job runs. What is left out is as its action declares, else the default."""

    queue: str | None = Field(None, pattern="^[A-Za-z_][A-Za-z0-9_.-]{0,62}$")
    low_priority: bool | None = None
    max_attempts: int | None = Field(None, ge=1, le=1000)
    timeout: int | None = Field(None, ge=1, le=86_400_000, description="Milliseconds that an attempt may take")
    delay: int | None = Field(None, ge=0, le=316_224_000_000, description="Milliseconds until the job may start")
    unique_key: str | None = Field(
        None,
        min_length=1,
        max_length=LONGEST_KEY,
        description="While a job with this key lives, its id is given instead",
    )
    concurrency_key: str | None = Field(
        None, min_length=1, max_length=LONGEST_KEY, description="Jobs of the app with the same key take turns"
    )
    concurrency_limit: int | None = Field(
        None, ge=1, le=MOST_OF_A_KEY, description="How many jobs of the key run at once; 1 without it"
    )


class _New(Given):
    options: JobOptions | None = None

    def chosen(self) -> dict[str, Any]:
        """The options that were given."""
        return {} if self.options is None else self.options.model_dump(by_alias=True, exclude_none=True)


class RunAction(_New):
    """Runs an action: on the records that the query finds, or once if it is a global one."""

    type: Literal["EXECUTE_ACTION"]
    entity_name: str | None = Field(None, examples=["companies"])
    action_name: str = Field(examples=["logSomething"])
    query: dict[str, Any] = Field(default_factory=dict, examples=[{"type": "a"}])
    params: dict[str, Any] = Field(default_factory=dict)


class RunScript(_New):
    """Runs a script of the app's current version."""

    type: Literal["EXECUTE_SCRIPT"]
    path: str = Field(examples=["actions/report.js"])
    params: dict[str, Any] = Field(default_factory=dict)


class DeleteRecords(_New):
    """Removes the records that the query finds."""

    type: Literal["DELETE_RECORDS"]
    entity_name: str = Field(examples=["companies"])
    query: dict[str, Any] = Field(examples=[{"type": "d"}])


class ExportRecords(_New):
    """Writes the records that the query finds to a CSV file."""

    type: Literal["EXPORT_RECORDS"]
    entity_name: str = Field(examples=["companies"])
    query: dict[str, Any] = Field(default_factory=dict, examples=[{"type": "a"}])


class ImportRecords(_New):
    """Makes records of the rows of a file."""

    type: Literal["IMPORT_RECORDS"]
    entity_name: str = Field(examples=["companies"])
    file_id: str = Field(min_length=1, max_length=255, description="A file's id or name", examples=[EXAMPLE_ID])


class ImportUsers(_New):
    """Makes users of the rows of a file, or brings them up to date."""

    type: Literal["IMPORT_USERS"]
    file_id: str = Field(min_length=1, max_length=255, description="A file's id or name", examples=[EXAMPLE_ID])
    notify_users: bool = Field(False, description="Whether the new ones get a mail")


class ExportUsers(_New):
    """Writes the users of the app to a CSV file."""

    type: Literal["EXPORT_USERS"]


NewJob = RunAction | RunScript | DeleteRecords | ExportRecords | ImportRecords | ImportUsers | ExportUsers


class Created(Shape):
    """The id of a job: a new one, or the live one that has the unique key."""

    id: Id
