"""The queue: claim, and every way in which a claim ends. Each write names id, attempt and status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import asyncpg

from engine.data.cause import Cause
from engine.db.pool import Connection, transact
from engine.db.sql import load
from engine.jobs import waits
from engine.jobs.changes import record_change
from engine.jobs.names import JOBS_CHANNEL
from engine.jobs.ready import LOW, Lane
from engine.model import JobType, Status

# By value: a look into a dictionary, where the call of an Enum is ten times that.
_TYPES = {kind.value: kind for kind in JobType}

# The columns of job_claim.sql behind those of a job: only the last row has them.
ORDER = ("ids", "lanes", "priorities", "ranks", "dropped", "passed")
# The marks of a claimed job (job_claim.sql).
_HAS_ERRORS, _LIMITED, _AWAITED = 1, 2, 4

# (app, queue), the priority in the lists, and the rank there, in seconds since 1970.
Rank = tuple[tuple[str, str], int, float]


class Claim(NamedTuple):
    """A job that this worker holds; `attempt` is the fencing token of everything that it writes.

    `limited` says that others may wait for the permit that it holds. Its times are seconds since 1970, exact to the
    microsecond, since few jobs ask for the datetimes that these are. A tuple, since a worker makes thousands a second,
    and a frozen dataclass of so many fields takes five times as long.
    """

    id: UUID
    app: str
    queue: str
    type: JobType
    name: str
    label: str
    low_priority: bool
    attempt: int
    failures: int
    max_attempts: int
    timeout_ms: int | None
    app_version: int | None
    parent_id: UUID | None
    root_id: UUID
    run_by: str | None
    has_errors: bool
    created_s: float
    started_s: float
    spec: Mapping[str, Any]
    checkpoint: Mapping[str, Any]
    limited: bool = False

    @property
    def created_at(self) -> datetime:
        """When the job was created."""
        return datetime.fromtimestamp(self.created_s, UTC)

    @property
    def started_at(self) -> datetime:
        """When its first attempt began."""
        return datetime.fromtimestamp(self.started_s, UTC)

    @property
    def cause(self) -> Cause:
        """On whose behalf the job changes records and triggers events."""
        return Cause(self.run_by, self.root_id)


class Held(Protocol):
    """What the end of a claim must know of it: the job, and the attempt that fences it."""

    @property
    def id(self) -> UUID:
        """The job."""

    @property
    def attempt(self) -> int:
        """The fencing token."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one claim took. `dropped` entries did not say what their jobs say, and lead nowhere any more;
    it passed by `passed` entries, on whose jobs others hold locks.

    `ranks` has one for each job. `care`: the next claims of these lanes had better be careful, as another transaction
    held one of the jobs, or there are entries left that do not say what their jobs say.
    """

    claims: Sequence[Claim]
    dropped: int
    passed: int
    ranks: Sequence[Rank]
    care: bool = False


class Finish(NamedTuple):
    """The end of a claim: results or error, JSON. `failed` sets the error flag."""

    id: UUID
    attempt: int
    failed: bool = False
    results: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None


async def warm(conn: Connection, worker: UUID) -> None:
    """Has a connection plan what every job takes, so that no job waits for it: 10 ms on a connection that is new.

    Claims from no lane and ends no job.
    """
    await claim(conn, worker, [], limit=0)
    await finish(conn, [], awaited=False)


async def claim(conn: Connection, worker: UUID, lanes: Sequence[Lane], *, limit: int) -> Batch:
    """Up to `limit` jobs of these lanes. Jobs that wait for a claimed job to be RUNNING are woken."""
    if len({lane.app for lane in lanes}) < len(lanes):
        raise ValueError("two lanes of one app in one claim: its limits would count for each by itself")
    columns = lane_columns(lanes, limit)
    # A transaction around it would not live through the refusal.
    careful = conn.is_in_transaction() or any(lane.careful for lane in lanes)
    held = False
    try:
        rows = await conn.fetch(load("job_claim"), worker, *columns, careful)
    except asyncpg.LockNotAvailableError:
        if careful:
            raise
        held = True
        rows = await conn.fetch(load("job_claim"), worker, *columns, True)
    order = rows[-1]
    claims, ranks, awaited = _taken(rows, order, lanes)
    if awaited:
        # The claim has committed: a deadlock of the wake must not make its caller lose the answer.
        await transact(conn, lambda conn: _running(conn, awaited))
    care = held or len(claims) < len(order["ids"] or ())
    return Batch(claims, dropped=order["dropped"], passed=order["passed"], ranks=ranks, care=care)


async def _running(conn: Connection, awaited: Sequence[UUID]) -> None:
    await waits.lock(conn, awaited)
    await waits.wake(conn, [(id, Status.RUNNING) for id in awaited])


def _taken(
    rows: Sequence[Sequence[Any]], order: Mapping[str, Any], lanes: Sequence[Lane]
) -> tuple[list[Claim], list[Rank], list[UUID]]:
    """The claims in rows of job_claim.sql, in their order, their ranks, and which of them somebody waits for.

    By the places of the columns: by their names it took two and a half times as long, 1.4 µs a job of a worker's 18.
    """
    claims: list[Claim] = []
    ranks: list[Rank] = []
    waited_for: list[UUID] = []
    keys = [(lane.app, lane.queue) for lane in lanes]
    jobs = {row[0]: row for row in rows}
    places = zip(order["ids"] or (), order["lanes"] or (), order["priorities"] or (), order["ranks"] or (), strict=True)
    # fmt: off
    for job, lane, priority, rank_s in places:
        row = jobs.pop(job, None)
        if row is None:
            # Its entry does not say what the job says, or is its second one.
            continue
        (
            id, type, name, label, attempt, failures, max_attempts, timeout_ms, app_version, parent_id, root_id, run_by,
            marks, created_s, started_s, spec, checkpoint, _, _, _, _, _, _,
        ) = row
        app, queue = key = keys[lane - 1]
        has_errors = limited = False
        if marks is not None:
            has_errors, limited = marks & _HAS_ERRORS > 0, marks & _LIMITED > 0
            if marks & _AWAITED:
                waited_for.append(id)
        claims.append(Claim._make((
            id, app, queue, _TYPES[type], name, label or name, priority == LOW, attempt, failures or 0, max_attempts,
            timeout_ms, app_version, parent_id, root_id or id, run_by, has_errors, created_s, started_s, spec or {},
            checkpoint or {}, limited,
        )))
        ranks.append((key, priority, rank_s if rank_s < started_s else started_s))
    # fmt: on
    return claims, ranks, waited_for


def lane_columns(lanes: Sequence[Lane], limit: int) -> list[Any]:
    """The arguments of job_claim.sql behind the worker, but for the last one."""
    return [
        limit,
        [lane.app for lane in lanes],
        [lane.queue for lane in lanes],
        [lane.normal_since for lane in lanes],
        [lane.low_since for lane in lanes],
        [lane.most for lane in lanes],
        [max(lane.most, lane.depth) for lane in lanes],
        [lane.low_first for lane in lanes],
    ]


async def finish(
    conn: Connection, ends: Sequence[Finish], *, awaited: bool = True, pass_by: bool = False
) -> list[Status | None]:
    """What the jobs have ended as, in their order; None where the claim was lost, or the job has ended.

    Call it in a transaction, behind `waits.lock`: waiters are woken in the same one, as `waits.wake` says. Without
    `awaited` it needs none, and passes by the jobs that others wait for, and those that are to stop or to be canceled,
    as if they were lost.
    """
    row = await conn.fetchrow(
        load("job_finish"),
        [end.id for end in ends],
        _in_common([end.attempt for end in ends]),
        [end.failed for end in ends] if any(end.failed for end in ends) else [],
        _jsonb([end.results for end in ends]),
        _jsonb([end.error for end in ends]),
        awaited,
    )
    assert row is not None
    lost = set(zip(row["lost"], row["lost_attempts"], strict=True))
    canceled = set(row["canceled"])
    if row["awaited"]:
        await waits.wake(conn, [(id, _ended(id in canceled)) for id in row["awaited"]], pass_by=pass_by)
    if not lost and not canceled:
        return [Status.FINISHED] * len(ends)
    return [None if (end.id, end.attempt) in lost else _ended(end.id in canceled) for end in ends]


def _ended(canceled: bool) -> Status:
    return Status.CANCELED if canceled else Status.FINISHED


def _in_common(attempts: Sequence[int]) -> Sequence[int]:
    """One, if all are the same: half of what the driver takes for a batch is the encoding of its arrays."""
    return attempts[:1] if len(set(attempts)) == 1 else attempts


def _jsonb(values: Sequence[Mapping[str, Any] | None]) -> Sequence[dict[str, Any] | None]:
    """An array for jsonb; none where it would have nothing but nulls."""
    if all(value is None for value in values):
        return []
    return [None if value is None else dict(value) for value in values]


async def retry(conn: Connection, claim: Held, *, delay_ms: int, detail: str) -> bool:
    """Back to the queue after a failed attempt; False if the claim is lost. In a transaction."""
    row = await conn.fetchrow(load("job_retry"), claim.id, claim.attempt, delay_ms)
    return await _requeued(conn, claim, row, Status.PENDING, "retried", detail)


async def hand_back(conn: Connection, claim: Held) -> bool:
    """Back to the queue because this worker ends; False if the claim is lost. In a transaction."""
    row = await conn.fetchrow(load("job_hand_back"), claim.id, claim.attempt)
    if row is not None:
        await conn.execute(load("notify"), JOBS_CHANNEL, "")
    return await _requeued(conn, claim, row, Status.PENDING, "handed over", None)


async def stopped(conn: Connection, claim: Held, *, failed: bool = False) -> bool:
    """STOPPING to STOPPED, its script is gone, or `failed` first; False if the claim is lost. In a transaction."""
    row = await conn.fetchrow(load("job_stopped"), claim.id, claim.attempt, failed)
    return await _requeued(conn, claim, row, Status.STOPPED, "stopped", None)


async def _requeued(
    conn: Connection, claim: Held, row: Mapping[str, Any] | None, status: Status, event: str, detail: str | None
) -> bool:
    if row is None:
        return False
    await record_change(conn, event, [(claim.id, claim.attempt)], detail=detail)
    if row["awaited"]:
        await waits.wake(conn, [(claim.id, status)])
    return True


async def fence(conn: Connection, claim: Held, *, moving: bool = False, also: Sequence[UUID] = ()) -> Status | None:
    """The job's status, locked until the transaction ends, or None if the claim is lost.

    A transaction that will move the job says so, and one that will lock others names them: whoever waits for the
    job, and these others, are locked with it, in the order of ids.
    """
    if moving or also:
        value = await conn.fetchval(load("job_fence_with"), claim.id, claim.attempt, list(also), moving)
    else:
        value = await conn.fetchval(load("job_fence"), claim.id, claim.attempt)
    return Status(value) if value else None


async def look(conn: Connection, claim: Held) -> Status | None:
    """As `fence`, without the lock: it may be otherwise by the time that the caller knows."""
    value = await conn.fetchval(load("job_look"), claim.id, claim.attempt)
    return Status(value) if value else None
