"""sys.events: custom events of the caller's app."""

from __future__ import annotations

from typing import Any

from engine.db.pool import Connection
from engine.events import custom
from engine.hostapi.args import Args
from engine.hostapi.caller import Caller


async def trigger(caller: Caller, conn: Connection, args: Args) -> Any:
    """events.triggerEvent [name, data] -> how many listeners will hear it."""
    return await custom.trigger(conn, caller.app, args.get(0), args.get(1), caller.cause)
