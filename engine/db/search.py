"""From a SQLAlchemy Core statement to what asyncpg runs: text with $n and the values in order.

Core composes, asyncpg executes on the one pool; no engine, no session. The values are passed as they
are, without Core's bind processors: the connection's own codecs turn them into PostgreSQL's types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as _asyncpg

if TYPE_CHECKING:
    from sqlalchemy.schema import ExecutableDDLElement
    from sqlalchemy.sql import ClauseElement

    from engine.db.pool import Connection

_DIALECT = _asyncpg.dialect()  # type: ignore[no-untyped-call]


def compile_statement(statement: ClauseElement) -> tuple[str, list[Any]]:
    """The statement's text with numbered parameters, and their values by number."""
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    params = compiled.params
    names = compiled.positiontup or []  # type: ignore[attr-defined]
    return str(compiled), [params[name] for name in names]


def ddl(statement: ExecutableDDLElement) -> str:
    """The text of a statement that defines something; it has no parameters."""
    return str(statement.compile(dialect=_DIALECT))


async def fetch(conn: Connection, statement: ClauseElement) -> list[asyncpg.Record]:
    """The rows of a composed statement."""
    sql, args = compile_statement(statement)
    return list(await conn.fetch(sql, *args))


async def fetch_planned(conn: Connection, statement: ClauseElement) -> list[asyncpg.Record]:
    """The rows of a composed statement that is planned anew for its values, each time.

    For finds whose best plan depends on how many rows have a value. The driver would keep the statement, and
    PostgreSQL a plan for any value: that of `greater(x)` takes a third of all rows to match.
    """
    sql, args = compile_statement(statement)
    prepared = await conn.prepare(sql, name="")
    return list(await prepared.fetch(*args))


async def fetchval(conn: Connection, statement: ClauseElement) -> Any:
    """The first column of the first row, or None."""
    sql, args = compile_statement(statement)
    return await conn.fetchval(sql, *args)
