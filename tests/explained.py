"""Plans of what really ran, each statement inside of a function as well: `explain` itself shows neither."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from engine.db.pool import Connection

EXPLAIN = """
load 'auto_explain';
set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on; set auto_explain.log_buffers = on;
set auto_explain.log_timing = off; set auto_explain.log_nested_statements = on; set auto_explain.log_format = json;
set client_min_messages = log;
"""
_QUIET = "set auto_explain.log_min_duration = -1; set client_min_messages = notice"


def explained(message: str) -> tuple[str, dict[str, Any]]:
    """The statement, and its plan as it ran."""
    found = json.loads(message[message.index("{") :])
    return found["Query Text"], found["Plan"]


@asynccontextmanager
async def watched(conn: Connection) -> AsyncIterator[list[dict[str, Any]]]:
    """The plans of all that the connection runs in the block, once that has ended; a function's before its caller's."""
    messages: list[str] = []
    found: list[dict[str, Any]] = []

    def listen(_: object, message: Any) -> None:
        messages.append(message.message)

    await conn.execute(EXPLAIN)
    conn.add_log_listener(listen)
    try:
        yield found
        await conn.execute(_QUIET)
        # The driver calls its listeners in the next round of the loop.
        await asyncio.sleep(0)
        found.extend(explained(message)[1] for message in messages if "Query Text" in message)
    finally:
        conn.remove_log_listener(listen)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The plan, and all below it."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)
