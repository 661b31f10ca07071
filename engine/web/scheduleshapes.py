"""Schedules as requests and responses show them; docs/schedules.md says what each field means."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from engine.schedule.checks import DAY_MS, MOST_EXECUTIONS, MOST_MS
from engine.schedule.documents import run_document, schedule_document
from engine.schedule.model import EventType, Missed, Origin, Outcome, Overlap, RunRow
from engine.schedule.model import Schedule as EngineSchedule
from engine.web.jobshapes import JobOptions
from engine.web.shapes import NAME_PATTERN, Given, GivenMoment, Id, Moment, Shape

Makeable = Literal["ACTION", "FUNCTION", "NOTIFICATION", "DATABASE_ACTION", "MESSAGEBROKER"]


class Schedule(Shape):
    """A schedule."""

    id: Id
    app: str = Field(examples=["crm"])
    origin: Origin = Field(description="Who made it: a caller, or the app's app.toml, which alone changes it then")
    state: Literal["active", "paused", "ended"]
    tag: str = Field(examples=["nightly"])
    name: str = Field(examples=["Nightly report"])
    event_type: EventType
    event_tag: str = Field(examples=["actions/report.js"])
    params: dict[str, Any]
    query: dict[str, Any]
    options: dict[str, Any]
    cron: str | None
    timezone: str
    interval: int | None = Field(description="Milliseconds between two runs")
    executions: int = Field(description="So many runs; 0 is without end")
    start: Moment | None
    end: Moment | None
    jitter: int = Field(description="A run is made up to so many milliseconds later")
    missed: Missed
    missed_after: int = Field(description="A run that is so many milliseconds late was missed")
    overlap: Overlap
    paused: bool
    run_by: str | None = Field(description="The user whose jobs the runs are")
    executed: int = Field(description="Runs that were made")
    next_run: Moment | None
    last_run: Moment | None
    create_date: Moment
    update_date: Moment

    @classmethod
    def of(cls, schedule: EngineSchedule) -> Schedule:
        """The schedule as it is shown."""
        return cls.model_validate(schedule_document(schedule))


class SchedulePage(Shape):
    """Schedules in the order of their tags."""

    items: list[Schedule]
    next: str | None = Field(description="The `_cursor` of the next page; null on the last one")


class Run(Shape):
    """What became of a run."""

    due_date: Moment
    outcome: Outcome
    job_id: Id | None
    until_date: Moment | None = Field(description="The last of the missed runs for which this row stands")
    error: str | None = Field(description="Why a failed run has no job")
    date: Moment = Field(description="When that was decided")

    @classmethod
    def of(cls, run: RunRow) -> Run:
        """The run as it is shown."""
        return cls.model_validate(run_document(run))


class RunPage(Shape):
    """Runs, the newest first."""

    items: list[Run]
    next: str | None = Field(description="The `_cursor` of the next page; null on the last one")


class NewSchedule(Given):
    """A schedule to be made: either with `cron` or with `interval`."""

    tag: str = Field(pattern=NAME_PATTERN, examples=["nightly"])
    name: str = Field(min_length=1, max_length=200, examples=["Nightly report"])
    event_type: Makeable = Field(examples=["FUNCTION"])
    event_tag: str = Field(min_length=1, max_length=500, examples=["actions/report.js"])
    params: dict[str, Any] = Field(default_factory=dict)
    query: dict[str, Any] = Field(default_factory=dict)
    options: JobOptions | None = None
    cron: str | None = Field(None, max_length=200)
    timezone: str = Field("UTC", examples=["Europe/Berlin"])
    interval_ms: int | None = Field(None, alias="interval", ge=100, le=MOST_MS, examples=[60_000])
    executions: int = Field(0, ge=0, le=MOST_EXECUTIONS)
    start_at: GivenMoment | None = Field(None, alias="start")
    end_at: GivenMoment | None = Field(None, alias="end")
    jitter_ms: int | None = Field(0, alias="jitter", ge=0, le=DAY_MS)
    missed: Literal["skip", "once", "all"] = "once"
    missed_after_ms: int = Field(60_000, alias="missedAfter", ge=0, le=DAY_MS)
    overlap: Literal["allow", "skip", "wait"] = "allow"
    paused: bool = False


def absent(**options: Any) -> Any:
    """A field that may be left out, and is not null where it is there."""
    return Field(default=None, json_schema_extra=_without_default, **options)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class ScheduleChanges(Given):
    """What is to be changed; what is left out stays. Null takes away what a schedule can be without."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"interval": 120_000}]})

    name: str = absent(min_length=1, max_length=200, examples=["Nightly report"])
    event_type: Makeable = absent()
    event_tag: str = absent(min_length=1, max_length=500)
    params: dict[str, Any] = absent()
    query: dict[str, Any] = absent()
    options: JobOptions | None = absent()
    cron: str | None = absent(max_length=200)
    timezone: str = absent()
    interval_ms: int | None = absent(alias="interval", ge=100, le=MOST_MS)
    executions: int = absent(ge=0, le=MOST_EXECUTIONS)
    start_at: GivenMoment | None = absent(alias="start")
    end_at: GivenMoment | None = absent(alias="end")
    jitter_ms: int | None = absent(alias="jitter", ge=0, le=DAY_MS)
    missed: Literal["skip", "once", "all"] = absent()
    missed_after_ms: int = absent(alias="missedAfter", ge=0, le=DAY_MS)
    overlap: Literal["allow", "skip", "wait"] = absent()


def plan_fields(given: NewSchedule | ScheduleChanges) -> dict[str, Any]:
    """What was given, by the names of the fields of a plan."""
    kinds: dict[str, Any] = {"event_type": EventType, "missed": Missed, "overlap": Overlap}
    found = {name: getattr(given, name) for name in given.model_fields_set}
    if found.get("jitter_ms", 0) is None:
        found["jitter_ms"] = 0
    if "options" in found:
        options = found["options"]
        found["options"] = {} if options is None else options.model_dump(by_alias=True, exclude_none=True)
    return {name: kinds[name](value) if name in kinds else value for name, value in found.items()}
