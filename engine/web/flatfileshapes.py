"""Jobs in the shapes of Flatfile's public client (seeds 001 and 002)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import Field

from engine.flatfile.commands import EMPTY_PLAN
from engine.flatfile.followers import MOST_PREDECESSORS
from engine.flatfile.store import FlatfileJob
from engine.flatfile.words import Ref, Word
from engine.web.shapes import EXAMPLE_ID, Given, GivenMoment, Moment, Shape

REF = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(\.[1-9][0-9]{0,8})?$"
FlatfileJobId = Annotated[
    str,
    Path(alias="jobId", pattern=REF, description="A job; as events name it, one attempt at it", examples=[EXAMPLE_ID]),
]
_Percent = Annotated[float, Field(ge=0, le=100)]
_Text = Annotated[str, Field(max_length=4000)]
_Name = Annotated[str, Field(max_length=500)]
Values = dict[str, Any]


class JobConfig(Given):
    """A new job."""

    type: Literal["workbook", "file", "sheet", "space", "document", "app", "agent", "autobuild", "onboarding"] = Field(
        examples=["workbook"]
    )
    operation: str = Field(pattern=r"^[A-Za-z0-9_.:\-]{1,80}$", examples=["export"])
    source: _Name = Field(examples=["us_wb_1"])
    destination: _Name | None = None
    config: Any = None
    trigger: Literal["manual", "immediate"] | None = Field(None, description="manual, if it is not given")
    status: Literal["created", "planning", "ready"] | None = None
    progress: _Percent | None = None
    file_id: _Name | None = None
    mode: Literal["foreground", "background", "toolbarBlocking", "hidden"] | None = None
    input: Values | None = None
    subject: Values | None = None
    info: _Text | None = None
    managed: bool | None = None
    environment_id: _Name | None = None
    space_id: _Name | None = None
    parent_id: str | None = Field(None, pattern=REF)
    predecessor_ids: list[Annotated[str, Field(pattern=REF)]] | None = Field(
        None, max_length=MOST_PREDECESSORS, description="Jobs that must be complete before it is ready"
    )
    metadata: Values | None = None
    estimated_completion_at: GivenMoment | None = None


class JobUpdate(Given):
    """Changes of a job; what is left out stays."""

    config: Any = None
    status: Word | Literal["cancelled"] | None = None
    progress: _Percent | None = Field(None, examples=[50])
    outcome_acknowledged_at: GivenMoment | None = None
    info: _Text | None = None
    metadata: Values | None = None
    estimated_completion_at: GivenMoment | None = None


class JobAckDetails(Given):
    """How far a handler is."""

    info: _Text | None = Field(None, examples=["Accepted"])
    progress: _Percent | None = None
    estimated_completion_at: GivenMoment | None = None


class JobLogLine(Given):
    """A line for a job's log."""

    level: Literal["INFO", "ERROR"] = "INFO"
    message: _Text = Field(examples=["Halfway there"])


class JobEndDetails(Given):
    """How a job ended: an outcome as docs/handlers.md has it."""

    outcome: Values | None = Field(None, examples=[{"message": "Job complete"}])
    info: _Text | None = None


class JobCancelDetails(Given):
    """Why a job is canceled."""

    info: _Text | None = Field(None, examples=["Nobody needs it"])


class JobSplitDetails(Given):
    """The parts of a job: how many, or what each has of its own."""

    parts: Annotated[int, Field(ge=1, le=1000)] | Annotated[list[Values], Field(min_length=1, max_length=1000)] = Field(
        examples=[[{"from": 0}, {"from": 100}]]
    )
    run_in_parallel: bool | None = None

    @property
    def data(self) -> list[Values]:
        """What each part has of its own."""
        return [{} for _ in range(self.parts)] if isinstance(self.parts, int) else self.parts


class JobPlanConfig(Given):
    """An execution plan, or some fields of it."""

    file_id: _Name | None = None
    job_id: _Name | None = None
    field_mapping: list[Any] | None = Field(None, examples=[[]])
    unmapped_source_fields: list[Any] | None = None
    unmapped_destination_fields: list[Any] | None = None
    program_id: _Name | None = None

    @property
    def plan(self) -> Values:
        """The fields of the plan that are given."""
        return self.model_dump(by_alias=True, exclude_none=True, exclude={"file_id", "job_id"})


class JobData(Shape):
    """A job."""

    id: str
    type: str
    operation: str
    source: str
    status: Word
    trigger: str
    created_by: str
    created_at: Moment
    updated_at: Moment
    progress: int
    destination: str | None = None
    config: Any = None
    file_id: str | None = None
    mode: str | None = None
    input: Values | None = None
    subject: Values | None = None
    outcome: Values | None = None
    info: str | None = None
    managed: bool | None = None
    environment_id: str | None = None
    space_id: str | None = None
    part: int | None = None
    part_data: Values | None = None
    part_execution: str | None = None
    parent_id: str | None = None
    predecessor_ids: list[str] | None = None
    action_id: str | None = Field(None, description="The action that made it")
    metadata: Values | None = None
    started_at: Moment | None = None
    finished_at: Moment | None = None
    estimated_completion_at: Moment | None = None
    outcome_acknowledged_at: Moment | None = None

    @classmethod
    def of(cls, job: FlatfileJob, ref: Ref) -> JobData:
        """The job, under the id by which it was asked for: a handler's answers go on to name their attempt."""
        return cls.model_validate(
            {
                **job.config,
                "id": str(ref),
                "status": job.word,
                "createdBy": job.run_by or job.app,
                "createdAt": job.created_at,
                "updatedAt": max(job.updated_at, job.ended_at or job.updated_at),
                "startedAt": job.started_at,
                "finishedAt": job.ended_at if job.status.is_final else None,
                "outcomeAcknowledgedAt": job.acknowledged_at,
                "estimatedCompletionAt": job.estimated_completion_at,
                "progress": 100 if job.word == "complete" else job.progress,
                "input": dict(job.params) or None,
                "outcome": _outcome(job),
                "info": job.left.get("info") or job.info,
            }
        )


def _outcome(job: FlatfileJob) -> Values | None:
    outcome = job.left.get("outcome")
    if outcome is None and job.error is not None:
        return {"message": job.error.get("message", "")}
    return None if outcome is None else dict(outcome)


class JobResponse(Shape):
    """A job, as the client wraps it."""

    data: JobData

    @classmethod
    def of(cls, job: FlatfileJob, ref: Ref | None = None) -> JobResponse:
        """The job."""
        return cls(data=JobData.of(job, ref or Ref(job.id)))


class Pagination(Shape):
    """Which page it is."""

    current_page: int
    page_count: int
    total_count: int


class ListJobsResponse(Shape):
    """A page of jobs."""

    pagination: Pagination
    data: list[JobData]


class SuccessData(Shape):
    """It worked."""

    success: Literal[True] = True


class Success(Shape):
    """It worked, as the client wraps it."""

    data: SuccessData = SuccessData()


class JobPlan(Shape):
    """A job and its plan."""

    job: JobData
    plan: Values


class JobPlanResponse(Shape):
    """A job and its plan, as the client wraps them."""

    data: JobPlan

    @classmethod
    def of(cls, job: FlatfileJob, ref: Ref) -> JobPlanResponse:
        """The plan as it was kept, else an empty one."""
        return cls(data=JobPlan(job=JobData.of(job, ref), plan={**EMPTY_PLAN, **(job.plan or {})}))
