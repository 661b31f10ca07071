"""DATABASE_ACTION: a statement that the app declares, under a role of PostgreSQL that sees that app's views only.

The role logs in by itself, on a connection of its own: a role that is merely set could be set back by the statement.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import asyncpg

from engine.apps.outgoing import DatabaseAction
from engine.db.pool import translated
from engine.db.sql import load
from engine.errors import DatabaseError
from engine.executors.endings import Ending, Failed, Finished
from engine.executors.interruptible import guarded
from engine.executors.run import Run
from engine.jobs.documents import time_text

# The server ends the statement; this is for a server that does not answer.
GRACE_MS = 10_000


async def execute(run: Run) -> Ending:
    """Runs the statement; its rows are `results.response.rows`, and `more` tells that there were others."""
    app = await run.app()
    action = app.manifest.database_action(run.claim.spec["databaseActionName"])
    limit_ms = action.timeout + GRACE_MS
    try:
        ending: Ending = await guarded(run, lambda: _run(run, action), "the statement", limit_ms=limit_ms)
    except DatabaseError as error:
        return Failed(error.to_json(), retryable=False)
    return ending


async def _run(run: Run, action: DatabaseAction) -> Ending:
    pool = run.services.pool
    login = await pool.run(lambda conn: conn.fetchrow(load("app_login"), run.claim.app))
    assert login is not None
    with translated():
        conn = await pool.login(login["role"], login["password"], statement_ms=action.timeout)
        try:
            rows = await _rows(conn, action, run.claim.spec["params"])
        finally:
            await conn.close(timeout=5)
    shown = [{key: _plain(value) for key, value in row.items()} for row in rows[: action.rows]]
    response = {"rows": shown, "more": len(rows) > action.rows}
    return Finished({"results": {"status": "ok", "response": response}})


async def _rows(
    conn: asyncpg.Connection[asyncpg.Record], action: DatabaseAction, params: Mapping[str, Any]
) -> list[asyncpg.Record]:
    """The rows, one more than are kept."""
    text, names = action.numbered()
    values = [params[name] if isinstance(params[name], str) else json.dumps(params[name]) for name in names]
    async with conn.transaction(readonly=True):
        cursor = await conn.cursor(text, *values)
        return list(await cursor.fetch(action.rows + 1))


def _plain(value: Any) -> Any:
    """The value as JSON; what JSON does not have is text."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case datetime() if value.tzinfo is not None:
            return time_text(value)
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case date():
            return value.isoformat()
    return str(value)
