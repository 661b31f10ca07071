"""The arguments of a host call, by position; each reader refuses what is not of its shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from engine.errors import BadRequest
from engine.jobs import filters
from engine.model import check_job_id


class Args:
    """What a script sent. Arguments that are missing read as null; more than a call takes are refused."""

    def __init__(self, method: str, values: Sequence[Any], *, at_most: int) -> None:
        if len(values) > at_most:
            raise BadRequest(f"{method} takes at most {at_most} arguments, got {len(values)}")
        self._values = values

    def get(self, index: int) -> Any:
        """The argument as it came, null if it is missing."""
        return self._values[index] if index < len(self._values) else None

    def job_id(self, index: int, name: str = "jobId") -> UUID:
        """The id of a job."""
        return check_job_id(self.get(index), name)

    def text(self, index: int, name: str, *, longest: int = 65_536, empty: bool = False) -> str:
        """A text; the empty one only if that is allowed."""
        return filters.text(name, self.get(index), longest=longest, empty=empty)

    def object(self, index: int, name: str) -> Mapping[str, Any]:
        """An object; null reads as an empty one."""
        value = self.get(index)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise BadRequest.field(name, value, "an object")
        return value

    def list(self, index: int, name: str, *, longest: int) -> Sequence[Any]:
        """A list with something in it."""
        value = self.get(index)
        if not isinstance(value, list) or not 0 < len(value) <= longest:
            shown = f"{len(value)} items" if isinstance(value, list) and value else value
            raise BadRequest.field(name, shown, f"a list of 1 to {longest} items")
        return value

    def whole(self, index: int, name: str, *, low: int = 0, high: int = filters.MAX_MS) -> int:
        """A whole number in a range."""
        return filters.whole(name, self.get(index), low=low, high=high)


def paging(cursor: object, size: int) -> tuple[str | None, int]:
    """Behind what a page begins, and how much of the query's size is left, from a cursor that `next_cursor` made."""
    if cursor is None:
        return None, size
    after, _, left = str(cursor).rpartition("|")
    if not after or not left.isdigit():
        raise BadRequest.field("cursor", cursor, "a cursor that a page returned")
    return after, min(int(left), size)


def next_cursor(after: object, left: int) -> str | None:
    """The cursor of the next page, if there is one."""
    return None if after is None or left <= 0 else f"{after}|{left}"


PAGE_SIZE = 100
