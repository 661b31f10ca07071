"""Looks at the queue for Prometheus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.db.pool import Connection
from engine.db.sql import load
from engine.metrics.depth import Depth, LaneDepth

# Measured on a backlog of a million jobs: docs/decisions.md.
MOST_LANES, MOST_ENTRIES = 50, 1000
_START = ("", "", -1)


class Rounds:
    """Looks that follow one another: each sees MOST_LANES lanes, a round of them sees all.

    Where there are few lanes each look is a round. Where there are many, what is shown is the last whole round: of
    several moments, but of every queue.
    """

    def __init__(self) -> None:
        self._position: Sequence[Any] = _START
        self._seen: list[LaneDepth] = []
        self._looks = 0
        self._round: tuple[list[LaneDepth], int] | None = None

    async def look(self, conn: Connection, *, stale_ms: int) -> Depth:
        """What is claimable, up to MOST_ENTRIES a look; and the totals."""
        row = await conn.fetchrow(load("queue_gauges"), MOST_LANES, MOST_ENTRIES, stale_ms, *self._position)
        assert row is not None
        self._seen += [
            LaneDepth(lane["queue"], lane["priority"], int(lane["jobs"]), float(lane["oldest_s"]))
            for lane in row["lanes"]
        ]
        self._looks += 1
        self._position = row["last"] or _START
        if row["last"] is None:
            self._round = (self._seen, self._looks)
            self._seen, self._looks = [], 0
        lanes, looks = self._round or ([*self._seen], self._looks)
        totals = {name: value for name, value in row.items() if name not in ("lanes", "last")}
        return Depth(lanes, {**totals, "looks": float(looks)})
