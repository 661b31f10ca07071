"""What a plan may say: each refusal names field, value and what is allowed."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.errors import BadRequest
from engine.jobs import filters
from engine.model import check_name
from engine.schedule.model import MAKEABLE, EventType, Origin, Plan
from engine.schedule.recurrence import check_cron, check_timezone

MOST_EXECUTIONS = 1_000_000_000
# Ten years: a longer interval is a unit mistaken.
MOST_MS = 10 * 366 * 86_400_000
DAY_MS = 86_400_000
# Tags of schedules that an app's app.toml declares begin so, and no others.
APP_PREFIX = "app."
_LAST = datetime(2200, 1, 1, tzinfo=UTC)


def makeable(field: str, value: object) -> EventType:
    """The type of an event, of those that callers may schedule."""
    if value in MAKEABLE:
        return EventType(str(value))
    raise BadRequest.field(field, value, f"one of {', '.join(MAKEABLE)}")


def check(plan: Plan, origin: Origin) -> None:
    """Pass if the plan can be kept; else BadRequest. Its event is checked where it is turned into a job."""
    _check_tag(plan.tag, origin)
    filters.text("name", plan.name, longest=200)
    filters.text("eventTag", plan.event_tag, longest=500)
    _check_rule(plan)
    _check_bounds(plan)
    filters.whole("executions", plan.executions, high=MOST_EXECUTIONS)
    filters.whole("missedAfter", plan.missed_after_ms, high=DAY_MS)
    for key in ("delay", "uniqueKey"):
        if key in plan.options:
            raise BadRequest.field(f"options.{key}", plan.options[key], "nothing: a schedule's runs have none")


def _check_tag(tag: object, origin: Origin) -> None:
    check_name("tag", tag)
    if (str(tag).startswith(APP_PREFIX)) is not (origin is Origin.APP):
        raise BadRequest.field("tag", tag, f"a name that does not begin with {APP_PREFIX!r}: app.toml declares those")


def _check_rule(plan: Plan) -> None:
    check_timezone("timezone", plan.timezone)
    if (plan.cron is None) == (plan.interval_ms is None):
        raise BadRequest.field("interval", plan.interval_ms, "either cron or interval, and not both")
    if plan.cron is not None:
        check_cron("cron", plan.cron)
    if plan.interval_ms is not None:
        filters.whole("interval", plan.interval_ms, low=100, high=MOST_MS)
    filters.whole("jitter", plan.jitter_ms, high=DAY_MS)
    if plan.interval_ms is not None and plan.jitter_ms >= plan.interval_ms:
        raise BadRequest.field("jitter", plan.jitter_ms, f"less than the interval, {plan.interval_ms}")


def _check_bounds(plan: Plan) -> None:
    for field, at in (("start", plan.start_at), ("end", plan.end_at)):
        if at is not None and at >= _LAST:
            raise BadRequest.field(field, at.isoformat(), "a time before the year 2200")
    if plan.start_at is not None and plan.end_at is not None and plan.end_at < plan.start_at:
        raise BadRequest.field(
            "end", plan.end_at.isoformat(), f"a time not before the start, {plan.start_at.isoformat()}"
        )
