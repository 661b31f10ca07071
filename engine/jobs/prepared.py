"""Jobs that are checked and have their ids: all of their making that needs no connection."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.db.pool import encode
from engine.errors import BadRequest
from engine.ids import id_ms, new_ids
from engine.jobs.limits import LONGEST_KEY, MOST_OF_A_KEY
from engine.model import CONTROL, NewJob, check_queue
from engine.tracing import context

# Weeks of delay are real, centuries are a unit mistaken; both ends fit PostgreSQL's intervals.
_MAX_DELAY_MS = 10 * 366 * 24 * 3600 * 1000
_MAX_TIMEOUT_MS = 24 * 3600 * 1000
_MAX_ATTEMPTS = 1000


@dataclass(frozen=True, slots=True)
class Prepared:
    """Jobs that are checked and have ids. Those of a kind are alike in all but id and spec.

    `kinds`: a job of each kind, and the millisecond of their ids. `numbers`: of which kind each job is, from 1 on.
    `trace`: of which trace they are, for their specs.
    """

    jobs: Sequence[NewJob]
    ids: list[UUID]
    numbers: list[int]
    kinds: list[tuple[int, NewJob]]
    trace: str | None

    def keys(self) -> list[bytes]:
        """The bytes of the ids."""
        return [id.bytes for id in self.ids]

    def specs(self) -> list[str]:
        """Their JSON: encoded now, since who makes thousands does so while PostgreSQL is busy."""
        if self.trace is None:
            return [encode(dict(job.spec)) for job in self.jobs]
        return [encode({**job.spec, context.KEY: self.trace}) for job in self.jobs]


def prepare(jobs: Sequence[NewJob]) -> Prepared:
    """All of `create` that needs no connection: BadRequest names a field out of range."""
    if len(jobs) == 1:
        _check(jobs[0])
        ids = new_ids(1)
        return Prepared(jobs, ids, [1], [(id_ms(ids[0]), jobs[0])], context.current())
    kinds: list[tuple[int, NewJob]] = []
    numbers = []
    ids = new_ids(len(jobs))
    for first, last in _milliseconds(ids):
        ms = id_ms(ids[first])
        numbered: dict[tuple[Any, ...], int] = {}
        for job in jobs[first:last]:
            # The types of its numbers too: True equals 1, but is none.
            alike = (type(job[7]), type(job[8]), type(job[9]), type(job[16]), job[:4], job[5:])
            number = numbered.get(alike)
            if number is None:
                _check(job)
                kinds.append((ms, job))
                number = numbered[alike] = len(kinds)
            numbers.append(number)
    return Prepared(jobs, ids, numbers, kinds, context.current())


def _milliseconds(ids: Sequence[UUID]) -> Iterator[tuple[int, int]]:
    """From where to where the ids, which rise, are of one millisecond each."""
    first = 0
    while first < len(ids):
        last = bisect_right(ids, id_ms(ids[first]), first, key=id_ms)
        yield first, last
        first = last


def _check(job: NewJob) -> None:
    if job.type not in CONTROL:
        check_queue(job.queue)
    _check_range("delay", job.delay_ms, 0, _MAX_DELAY_MS, "ms")
    _check_range("maxAttempts", job.max_attempts, 1, _MAX_ATTEMPTS, "attempts")
    if job.timeout_ms is not None:
        _check_range("timeout", job.timeout_ms, 1, _MAX_TIMEOUT_MS, "ms")
    _check_key("uniqueKey", job.unique_key)
    _check_key("concurrencyKey", job.concurrency_key)
    _check_range("concurrencyLimit", job.concurrency_limit, 1, MOST_OF_A_KEY, "jobs")


def _check_key(field: str, key: str | None) -> None:
    if key is not None and (not 0 < len(key) <= LONGEST_KEY or "\0" in key):
        raise BadRequest.field(field, key, f"a text of 1 to {LONGEST_KEY} characters, none of them NUL")


def _check_range(field: str, value: int, low: int, high: int, unit: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadRequest.field(field, value, f"a whole number from {low} to {high} ({unit})")
