"""The journal of a job: what its script asked, and what it was answered.

Entries collect in memory and are written with the next effect, in its transaction: a read that led
to nothing may be read again after a crash, an effect and its entry exist together or not at all.
Log lines of the job itself wait here too, so that a line is written once however often it is replayed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from engine.db.pool import Connection
from engine.db.sql import load
from engine.model import LogLevel


@dataclass(frozen=True, slots=True)
class Entry:
    """One call. `reply` is its value; {code, message, additionalInfo} if it failed; its state while it is open."""

    step: int
    seq: int
    method: str
    args_hash: str
    at_ms: int
    failed: bool
    open: bool
    reply: Any


@dataclass(frozen=True, slots=True)
class Line:
    """A line for a job's log."""

    job_id: UUID
    at_ms: int
    level: LogLevel
    message: str
    additional_info: Mapping[str, Any] | None = None


def hash_args(args: Sequence[Any]) -> str:
    """A short fingerprint of a call's arguments, equal for equal JSON."""
    text = json.dumps(args, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


async def read(conn: Connection, job_id: UUID, from_step: int) -> list[Entry]:
    """What is recorded from this step on, in order."""
    rows = await conn.fetch(load("journal_load"), job_id, from_step)
    return [Entry(**dict(row)) for row in rows]


async def forget_tail(conn: Connection, job_id: UUID, reads: Sequence[str]) -> None:
    """Before a retry: what came after the last call that changed something runs again; `reads` change nothing."""
    await conn.execute(load("journal_forget_tail"), job_id, list(reads))


class Journal:
    """The journal of one attempt: what was recorded before it, and what it has yet to write."""

    def __init__(self, job_id: UUID, attempt: int, recorded: Sequence[Entry] = ()) -> None:
        self._job_id = job_id
        self._attempt = attempt
        self._recorded = {(entry.step, entry.seq): entry for entry in recorded}
        self._entries: list[Entry] = []
        self._lines: list[Line] = []

    def recorded(self, step: int, seq: int) -> Entry | None:
        """What an earlier attempt recorded for this call."""
        return self._recorded.get((step, seq))

    def note(self, entry: Entry) -> None:
        """Keeps an entry until the next write."""
        self._entries.append(entry)

    def log(self, line: Line) -> None:
        """Keeps a line until the next write."""
        self._lines.append(line)

    @property
    def dirty(self) -> bool:
        """Something waits to be written."""
        return bool(self._entries or self._lines)

    async def write(self, conn: Connection, also: Sequence[Entry] = ()) -> None:
        """Writes what waits, and the entries of the effect itself, in the transaction that holds the fence.

        Call `written` once the transaction has committed: what was rolled back waits on.
        """
        await append_lines(conn, self._lines)
        entries = [*self._entries, *also]
        if entries:
            await conn.execute(load("journal_append"), self._job_id, self._attempt, *_columns(entries))

    def written(self) -> None:
        """The transaction of `write` has committed."""
        self._entries.clear()
        self._lines.clear()


def _columns(entries: Sequence[Entry]) -> list[list[Any]]:
    return [
        [entry.step for entry in entries],
        [entry.seq for entry in entries],
        [entry.method for entry in entries],
        [entry.args_hash for entry in entries],
        [entry.at_ms for entry in entries],
        [entry.failed for entry in entries],
        [entry.open for entry in entries],
        [json.dumps(entry.reply, ensure_ascii=False) for entry in entries],
    ]


async def append_lines(conn: Connection, lines: Sequence[Line]) -> None:
    """Writes lines to the logs of their jobs; an ERROR line sets its job's error flag (seed 003, logError)."""
    if not lines:
        return
    await conn.execute(
        load("log_insert"),
        [line.job_id for line in lines],
        [datetime.fromtimestamp(line.at_ms / 1000, UTC) for line in lines],
        [line.level.value for line in lines],
        [line.message for line in lines],
        [None if line.additional_info is None else dict(line.additional_info) for line in lines],
    )
    failed = {line.job_id for line in lines if line.level is LogLevel.ERROR}
    if failed:
        await conn.execute(load("job_flag_errors"), sorted(failed))
