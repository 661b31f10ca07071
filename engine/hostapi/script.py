"""sys.utils.script, and the clock of scripts that do nothing but look at it."""

from __future__ import annotations

from typing import Any

from engine.db.pool import Connection
from engine.hostapi.args import Args
from engine.hostapi.caller import Caller, Park
from engine.hostapi.jobs import MAX_WAIT_MS


async def open_wait(caller: Caller, conn: Connection, args: Args) -> Park:
    """script.wait [ms]: the job goes on after this time."""
    return Park(caller.now_ms + args.whole(0, "ms", high=MAX_WAIT_MS))


async def close_wait(caller: Caller, conn: Connection, args: Args, park: Park, timed_out: bool) -> Any:
    """script.wait -> null: its time-out is its end."""


async def tick(caller: Caller, conn: Connection, args: Args) -> Any:
    """script.tick [] -> null: the reply moves the clock of a script that only reads it."""
