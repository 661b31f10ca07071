"""The shapes of values in requests and responses, each with its schema in the OpenAPI document.

Times are RFC 3339 in UTC with milliseconds, as JSON.stringify writes the Dates of scripts; durations are
numbers of milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

from engine.jobs import filters

UUID_PATTERN = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
NAME_PATTERN = "^[A-Za-z_][A-Za-z0-9_.-]{0,62}$"
EXAMPLE_ID = "0193a5b0-7c1e-7d3a-9a1b-2c3d4e5f6071"
EXAMPLE_TIME = "2026-11-25T09:30:00.000Z"
MAX_PAGE = 1000

_WHOLE = re.compile(r"-?(0|[1-9]\d{0,14})\Z", re.ASCII)


class Shape(BaseModel):
    """A shape of ours: names in camelCase, nothing that is not declared."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class Given(Shape):
    """A shape that callers send: types are not guessed, `"1"` is no number."""

    model_config = ConfigDict(strict=True)


def to_text(value: datetime) -> str:
    """The time as responses show it."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _instant(value: object) -> datetime:
    if (at := filters.instant(value)) is None:
        raise ValueError(f"a time such as {EXAMPLE_TIME}")
    return at


def _whole(low: int, high: int) -> Callable[[object], int]:
    def check(value: object) -> int:
        number = int(value) if isinstance(value, str) and _WHOLE.match(value) else value
        if type(number) is not int or not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return number

    return check


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueError("true or false")


def whole(low: int, high: int) -> Any:
    """What makes a whole number in this range of a parameter's text."""
    schema = {"type": "integer", "minimum": low, "maximum": high}
    return BeforeValidator(_whole(low, high)), WithJsonSchema(schema)


_TIME_SCHEMA = {"type": "string", "format": "date-time", "examples": [EXAMPLE_TIME]}
Moment = Annotated[datetime, PlainSerializer(to_text, return_type=str), WithJsonSchema(_TIME_SCHEMA)]
GivenMoment = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema(_TIME_SCHEMA)]
GivenFlag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]

Id = Annotated[str, Field(pattern=UUID_PATTERN, examples=[EXAMPLE_ID])]
AppName = Annotated[str, Path(description="The app; the token's own", examples=["crm"])]
JobId = Annotated[str, Path(alias="jobId", pattern=UUID_PATTERN, description="A job", examples=[EXAMPLE_ID])]
FileId = Annotated[str, Path(alias="fileId", pattern=UUID_PATTERN, description="A file", examples=[EXAMPLE_ID])]
RecordId = Annotated[str, Path(alias="recordId", pattern=UUID_PATTERN, description="A record", examples=[EXAMPLE_ID])]
EntityName = Annotated[str, Path(description="An entity of the app", examples=["companies"])]

PageSize = Annotated[
    int, *whole(1, MAX_PAGE), Query(alias="_size", description=f"How many the page has at most, up to {MAX_PAGE}")
]
PageCursor = Annotated[
    str | None, Query(alias="_cursor", description="`next` of the page before; without it the first page")
]
