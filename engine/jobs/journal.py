"""The journal of a job: what its script asked, and what it was answered.

Entries collect in memory and are written with the next effect, in its transaction: a read that led
to nothing may be read again after a crash, an effect and its entry exist together or not at all.
Log lines of the job itself wait here too, so that a line is written once however often it is replayed.

What is recorded is always a prefix of what the script does, so it is read in order, a page at a time,
and a call that is not the next one of the journal means that the script does not repeat itself.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from engine.db.pool import Connection, Pool
from engine.db.sql import load
from engine.errors import HeadraceError
from engine.model import LogLevel

PAGE = 500
# A script that only reads is written down as well once so much of it waits in memory.
MOST_WAITING = 500
# What an entry adds to the text of its reply on its way.
ENTRY_BYTES = 100


class Diverged(HeadraceError):
    """The script does not do again what its journal has, so it cannot go on where it was."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One call. `reply` is its value; {code, message, additionalInfo} if it failed; its state while it is open.

    The reply is kept as the JSON text that it is stored as: most are handed on without being looked at.
    `args` is the beginning of the arguments as JSON; `runtime` names what ran the script when it was recorded.
    """

    step: int
    seq: int
    method: str
    args_hash: str
    args: str
    at_ms: int
    failed: bool = False
    open: bool = False
    text: str = "null"
    runtime: str = ""

    @property
    def reply(self) -> Any:
        """The reply as a value."""
        return json.loads(self.text)

    def answered(self, reply: Any, *, failed: bool = False, open: bool = False) -> Entry:
        """The entry with this reply."""
        return replace(self, text=json.dumps(reply, ensure_ascii=False), failed=failed, open=open)


@dataclass(frozen=True, slots=True)
class Line:
    """A line for a job's log."""

    job_id: UUID
    at_ms: int
    level: LogLevel
    message: str
    additional_info: Mapping[str, Any] | None = None


Pages = AsyncIterator[Sequence[Entry]]


async def pages(pool: Pool, job_id: UUID, step: int, seq: int = -1) -> Pages:
    """What is recorded behind this call, in order."""
    while True:
        rows = await pool.fetch(load("journal_page"), job_id, step, seq, PAGE)
        yield [Entry(**dict(row)) for row in rows]
        if len(rows) < PAGE:
            return
        step, seq = rows[-1]["step"], rows[-1]["seq"]


async def forget_tail(conn: Connection, job_id: UUID, reads: Sequence[str]) -> None:
    """Before a retry: what came after the last call that changed something runs again; `reads` change nothing."""
    await conn.execute(load("journal_forget_tail"), job_id, list(reads))


async def checkpoint(conn: Connection, job_id: UUID) -> dict[str, Any]:
    """How far the job's executor is; {} if it keeps nothing."""
    return await conn.fetchval(load("job_checkpoint"), job_id) or {}


async def forget(conn: Connection, job_id: UUID, root_id: UUID) -> None:
    """Before a job begins anew: nobody replays what is recorded, unless a descendant may."""
    await conn.execute(load("journal_forget"), job_id, root_id)


# Takes nothing, so that all first attempts can share it: a deque is 0.6 kB, more than all else that a short job needs.
_NOTHING_AHEAD: deque[Entry] = deque(maxlen=0)


class Journal:
    """The journal of one attempt: what was recorded before it, and what it has yet to write.

    `runtime` names what runs the job's script now; whoever starts the script sets it.
    """

    __slots__ = ("_ahead", "_attempt", "_entries", "_job_id", "_lines", "_pages", "runtime")

    def __init__(self, job_id: UUID, attempt: int, recorded: Pages | None = None) -> None:
        self.runtime = ""
        self._job_id = job_id
        self._attempt = attempt
        self._pages = recorded
        self._ahead = _NOTHING_AHEAD if recorded is None else deque[Entry]()
        self._entries: list[Entry] = []
        self._lines: list[Line] = []

    async def head(self) -> Entry | None:
        """The next recorded call; None once the script has done again all that it did before."""
        while not self._ahead:
            page = None if self._pages is None else await anext(self._pages, None)
            if page is None:
                return None
            self._ahead.extend(page)
        return self._ahead[0]

    async def recorded(self, step: int, seq: int) -> Entry | None:
        """What an earlier attempt recorded for this call, which must be the next one; Diverged if it is not."""
        head = await self.head()
        if head is None:
            return None
        if (head.step, head.seq) != (step, seq):
            raise Diverged(
                f"the script does not repeat what it did: it makes call {seq} of step {step}, "
                f"the journal goes on with call {head.seq} of step {head.step}, {head.method}"
            )
        self._check_runtime(head)
        return self._ahead.popleft()

    async def ahead(self, step: int, seq: int, *, most_bytes: int) -> list[Entry]:
        """What is recorded of the step from this call on, as much as fits; none of it is handed out again.

        A wait that has begun is not among it, and the caller has to find out whether the calls are made.
        """
        taken: list[Entry] = []
        while (head := await self.head()) is not None and not head.open:
            most_bytes -= len(head.text) + ENTRY_BYTES
            if (head.step, head.seq) != (step, seq + len(taken)) or most_bytes < 0:
                break
            self._check_runtime(head)
            taken.append(self._ahead.popleft())
        return taken

    def _check_runtime(self, entry: Entry) -> None:
        if entry.runtime != self.runtime:
            raise Diverged(
                f"the job cannot go on here: its journal is of {entry.runtime}, this worker runs {self.runtime}; "
                "let a worker of the old version end it, or cancel it and start it anew",
                additional_info={"journal": entry.runtime, "worker": self.runtime},
            )

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

    @property
    def full(self) -> bool:
        """So much waits that it should be written now."""
        return len(self._entries) >= MOST_WAITING

    @property
    def has_lines(self) -> bool:
        """Lines of the log wait to be written."""
        return bool(self._lines)

    async def write(self, conn: Connection, entries: Sequence[Entry] = (), lines: Sequence[Line] = ()) -> None:
        """Writes what waits, and the entries and lines of the effect itself, in the transaction that holds the fence.

        Call `clear` once the transaction has committed: what was rolled back waits on.
        """
        await append_lines(conn, [*self._lines, *lines])
        if found := [*self._entries, *entries]:
            await conn.execute(load("journal_append"), self._job_id, self._attempt, self.runtime, *_columns(found))

    def clear(self) -> None:
        """What waited is written, or nobody can tell: then it may not be written again."""
        self._entries.clear()
        self._lines.clear()


def _columns(entries: Sequence[Entry]) -> list[list[Any]]:
    return [
        [entry.step for entry in entries],
        [entry.seq for entry in entries],
        [entry.method for entry in entries],
        [entry.args_hash for entry in entries],
        [entry.args for entry in entries],
        [entry.at_ms for entry in entries],
        [entry.failed for entry in entries],
        [entry.open for entry in entries],
        [entry.text for entry in entries],
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
    # Jobs that ended meanwhile are seen by the next statement.
    while failed and await conn.fetchval(load("job_flag_errors"), sorted(failed)):
        pass
