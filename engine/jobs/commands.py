"""What people and scripts ask of jobs: stop, resume, cancel, low priority. Each reaches the descendants.

The table of docs/job-states.md decides whether the job itself may be asked; a descendant that may
not (it has ended, say) is passed over. All locks are taken in the order of ids, in one transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import BadRequest
from engine.jobs import store, waits
from engine.jobs.changes import record_change
from engine.jobs.names import CONTROL_CHANNEL, JOBS_CHANNEL
from engine.model import TRANSITIONS, Command, Status, check_job_id


@dataclass(frozen=True, slots=True)
class _Member:
    """A live job of the tree, locked."""

    id: UUID
    status: Status
    attempt: int
    worker_id: UUID | None
    awaited: bool


async def stop(conn: Connection, app: str, job_id: object, *, force: bool = False) -> None:
    """Stops the job and its descendants: pending and parked ones at once, running ones at their next
    safe point, or with `force` at once as well.

    In a transaction. BadRequest if the job's status does not allow it, NotFound if the app has no such job.
    """
    members = await _tree(conn, app, job_id, Command.STOP)
    await _apply(conn, "job_set_stopped", members, Status.STOPPED, "stopped")
    if force:
        await _apply(conn, "job_force_stopped", members, Status.STOPPED, "stopped")
    else:
        await _apply(conn, "job_set_stopping", members, Status.STOPPING, "stopping")
    await _tell_workers(conn, members)


async def resume(conn: Connection, app: str, job_id: object) -> None:
    """Stopped jobs of the tree go on where they were. In a transaction; errors as in `stop`."""
    members = await _tree(conn, app, job_id, Command.RESUME)
    await _apply(conn, "job_resume", members, Status.PENDING, "resumed")
    await conn.execute(load("notify"), JOBS_CHANNEL, "")


async def cancel(conn: Connection, app: str, job_id: object) -> None:
    """Cancels the job and its descendants; running scripts are killed. In a transaction; errors as in `stop`."""
    members = await _tree(conn, app, job_id, Command.CANCEL)
    await _apply(conn, "job_cancel_idle", members, Status.CANCELED, "canceled")
    await _apply(conn, "job_set_canceling", members, Status.CANCELING, "canceling")
    await _tell_workers(conn, members)


async def set_low_priority(conn: Connection, app: str, job_id: object, low: bool) -> None:
    """Sets or clears the low-priority flag (seed 003); NotFound if the app has no such job."""
    id = check_job_id(job_id)
    while await conn.fetchval(load("job_set_low_priority"), id, app, low) is None:
        # Where the job ended while the statement waited for it, the next one sees its row in the history.
        await store.get(conn, app, id)


COMMANDS: Mapping[Command, Callable[[Connection, str, object], Awaitable[None]]] = {
    Command.STOP: stop,
    Command.RESUME: resume,
    Command.CANCEL: cancel,
}


async def _tree(conn: Connection, app: str, job_id: object, command: Command) -> list[_Member]:
    """The live jobs of the tree, locked, if the table lets its root be asked this."""
    id = check_job_id(job_id)
    members = await _locked(conn, app, id)
    root = next((member for member in members if member.id == id), None)
    status = root.status if root else (await store.get(conn, app, id)).status
    if root is None or (status, command) not in TRANSITIONS:
        allowed = sorted(before.value for before, asked in TRANSITIONS if asked is command)
        raise BadRequest(
            f"cannot {command.value} job {id}: it is {status.value}; expected {', '.join(allowed)}",
            additional_info={"jobId": str(id), "status": status.value, "allowed": allowed},
        )
    return members


async def _locked(conn: Connection, app: str, id: UUID) -> list[_Member]:
    """Looks again until it finds nobody new: a job may have started another one while we waited for its lock."""
    known = {row["id"] for row in await conn.fetch(load("job_tree"), id, app)}
    await waits.lock(conn, list(known))
    while True:
        members = [_member(row) for row in await conn.fetch(load("job_tree"), id, app)]
        new = {member.id for member in members} - known
        if not new:
            return members
        await waits.lock_now(conn, list(new))
        known |= new


def _member(row: Mapping[str, Any]) -> _Member:
    return _Member(row["id"], Status(row["status"]), row["attempt"], row["worker_id"], row["awaited"])


async def _apply(conn: Connection, statement: str, members: Sequence[_Member], status: Status, event: str) -> None:
    """Moves those members that the statement's own condition lets move, and tells who waits for them."""
    moved = {row["id"] for row in await conn.fetch(load(statement), [member.id for member in members])}
    changed = [member for member in members if member.id in moved]
    await record_change(conn, event, [(member.id, member.attempt) for member in changed])
    if status is Status.CANCELED:
        # A stopped job waits on: what gets there meanwhile counts when it is resumed.
        await conn.execute(load("wait_delete"), list(moved))
    awaited = [(member.id, status) for member in changed if member.awaited]
    if awaited:
        await waits.wake(conn, awaited)


async def _tell_workers(conn: Connection, members: Sequence[_Member]) -> None:
    for worker in {member.worker_id for member in members if member.worker_id}:
        await conn.execute(load("notify"), CONTROL_CHANNEL, str(worker))
