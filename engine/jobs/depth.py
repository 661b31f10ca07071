"""Looks at the queue for Prometheus."""

from __future__ import annotations

from engine.db.pool import Connection
from engine.db.sql import load
from engine.metrics.depth import Depth, LaneDepth

# Measured on a backlog of a million jobs: docs/decisions.md.
MOST_LANES, MOST_ENTRIES = 50, 1000


async def look(conn: Connection, *, stale_ms: int) -> Depth:
    """What is claimable, of the first MOST_LANES lanes, up to MOST_ENTRIES in all; and the totals."""
    row = await conn.fetchrow(load("queue_gauges"), MOST_LANES, MOST_ENTRIES, stale_ms)
    assert row is not None
    lanes = [
        LaneDepth(lane["queue"], lane["priority"], int(lane["jobs"]), float(lane["oldest_s"])) for lane in row["lanes"]
    ]
    return Depth(lanes, {name: value for name, value in row.items() if name != "lanes"})
