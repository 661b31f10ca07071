"""Where claimable work is: lanes, which are pairs of an app and a queue (migration 0005 tells how they are kept)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.db.pool import Connection
from engine.db.sql import load

# Before every rank.
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# The priorities whose ranks only grow.
NORMAL, LOW = 1, 2
MOST_LANES = 1000
_MOST_TURNS = 200
_SOON_MS = 20.0


@dataclass(frozen=True, slots=True)
class Lane:
    """The jobs of one queue of one app, as a claim looks at them.

    `normal_since` and `low_since` are the ranks from which on it looks; `most` is how many jobs it may take,
    `depth` how many entries it looks at for that. So many low-priority jobs as `low_first` come before all others.
    `careful` asks for a claim that puts right what entries say, and waits for nobody.
    """

    app: str
    queue: str
    normal_since: datetime = BEGINNING
    low_since: datetime = BEGINNING
    most: int = 1
    depth: int = 1
    low_first: int = 0
    careful: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: lanes with work in them, in how many ms the next job becomes claimable by the clock, and how
    many workers there are to look."""

    lanes: Sequence[tuple[str, str]]
    next_in_ms: float | None
    workers: int


async def look(conn: Connection, *, after: tuple[str, str] = ("", ""), limit: int = MOST_LANES) -> Look:
    """Up to `limit` lanes that have work, those behind `after` first; jobs that are due by now are among it."""
    rows = await conn.fetch(load("ready_look"), *after, limit)
    if rows[-1]["turns"]:
        await conn.execute(load("ready_admit"), _MOST_TURNS)
        rows = await conn.fetch(load("ready_look"), *after, limit)
    lanes = dict.fromkeys((row["app"], row["queue"]) for row in rows if row["app"] is not None)
    next_in_ms = rows[-1]["next_in_ms"]
    if rows[-1]["turns"]:
        # Somebody else admits jobs of these keys right now, or there are more turns than one look takes.
        next_in_ms = _SOON_MS if next_in_ms is None else min(_SOON_MS, next_in_ms)
    return Look(list(lanes)[:limit], next_in_ms, rows[-1]["workers"])


async def rotate(conn: Connection) -> int:
    """Truncates lists that are empty, so that a snapshot held elsewhere does not slow claims down; how many."""
    return int(await conn.fetchval(load("ready_rotate")))
