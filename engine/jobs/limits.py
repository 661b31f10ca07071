"""Limits on how many jobs of an app or of a queue run at once, and on how many start in a time (migration 0011)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import BadRequest, NotFound
from engine.jobs.names import JOBS_CHANNEL
from engine.model import check_name, check_queue

EVERY_APP = "*"
OPERATOR, APP, ADMIN, STOP = "operator", "app", "admin", "stop"
MOST_JOBS = 100_000
LONGEST_KEY, MOST_OF_A_KEY = 500, 10_000
LONGEST_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class QueueLimit:
    """At most `concurrency` jobs run at once, and at most `rate` of them start in `per_ms`; None does not limit.

    A rate is a token bucket: it holds `rate` starts, and is filled evenly, in `per_ms` from empty to full.
    """

    concurrency: int | None = None
    rate: int | None = None
    per_ms: int | None = None

    def check(self) -> QueueLimit:
        """The limit itself; badRequest names what is out of range or missing."""
        _check("concurrency", self.concurrency, 0, MOST_JOBS)
        _check("rate", self.rate, 1, MOST_JOBS)
        _check("per", self.per_ms, 1, LONGEST_MS)
        if (self.rate is None) != (self.per_ms is None):
            name = "per" if self.per_ms is None else "rate"
            raise BadRequest.field(name, None, "given: a rate is so many jobs per so much time")
        if self.concurrency is None and self.rate is None:
            raise BadRequest.field("concurrency", None, "given, or a rate: a limit limits at least one of them")
        return self


@dataclass(frozen=True, slots=True)
class Declared:
    """A limit as it stands. `app` '*' is each app without one of its own; `queue` '' is all of an app's together.

    `used` is how many jobs hold its permits now; 0 for '*', unless an app was asked for.
    """

    app: str
    queue: str
    source: str
    limit: QueueLimit
    used: int = 0

    @classmethod
    def from_row(cls, row: Mapping[str, object]) -> Declared:
        """A limit from a row of limit_list.sql or limit_remove.sql."""
        values = dict(row)
        limit = QueueLimit(*(values.pop(name) for name in ("concurrency", "rate", "per_ms")))  # type: ignore[arg-type]
        return cls(**values, limit=limit)  # type: ignore[arg-type]


async def set_limit(
    conn: Connection, app: object, queue: object, limit: QueueLimit, *, source: str = OPERATOR
) -> Declared:
    """The operator's (or the admins') limit for an app ('*': each), or for one queue of it, in place of the one before.

    Not in a transaction: it takes effect by steps. A lower limit ends nothing: it takes effect as jobs end.
    """
    scope = _scope(app, queue)
    values = limit.check()
    await conn.execute(load("limit_set"), *scope, source, values.concurrency, values.rate, values.per_ms)
    await settle(conn, scope[0])
    found = await list_limits(conn, scope[0])
    return next(one for one in found if (one.app, one.queue, one.source) == (*scope, source))


async def remove_limit(conn: Connection, app: object, queue: object, *, source: str = OPERATOR) -> Declared:
    """Takes the limit of this source back; NotFound if there is none."""
    scope = _scope(app, queue)
    row = await conn.fetchrow(load("limit_remove"), *scope, source)
    if row is None:
        raise NotFound(f"there is no limit of {_words(*scope)}", additional_info={"app": scope[0], "queue": scope[1]})
    await settle(conn, scope[0])
    return Declared.from_row(row)


async def declare(conn: Connection, app: str, queues: Mapping[str, QueueLimit]) -> None:
    """What the app's manifest says of its queues, in place of what it said before; `settle` when that has committed."""
    await conn.execute(load("limit_declared"), app, list(queues))
    for queue, limit in queues.items():
        await conn.execute(load("limit_set"), app, queue, APP, limit.concurrency, limit.rate, limit.per_ms)


async def settle(conn: Connection, app: str) -> None:
    """Counts the jobs that run already, and tells the workers. After the commit of the limits that it is for."""
    await conn.execute(load("limit_await_claims"))
    await conn.execute(load("limit_permits"), app)
    await conn.execute(load("notify"), JOBS_CHANNEL, "")


async def list_limits(conn: Connection, app: str | None = None) -> list[Declared]:
    """All limits, or those that may hold for an app, by app and queue."""
    return [Declared.from_row(row) for row in await conn.fetch(load("limit_list"), app)]


def _scope(app: object, queue: object) -> tuple[str, str]:
    if app != EVERY_APP:
        check_name("app", app)
    return str(app), "" if queue in (None, "") else check_queue(queue)


def _words(app: str, queue: str) -> str:
    whose = "every app" if app == EVERY_APP else f"the app {app}"
    return f"the queue {queue} of {whose}" if queue else whose


def _check(name: str, value: int | None, low: int, high: int) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        unit = " (ms)" if name == "per" else ""
        raise BadRequest.field(name, value, f"a whole number from {low} to {high}{unit}")
