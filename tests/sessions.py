"""The sessions of a process: a killed one is dead in the database once the server has ended them."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode, urlsplit

from engine.db.pool import Pool
from tests.patience import patience

_THEIRS = "select from pg_stat_activity where datname = current_database() and application_name = $1"


def named(dsn: str, name: str) -> str:
    """The same address, for sessions of this name."""
    parts = urlsplit(dsn)
    words = [*filter(None, [parts.query]), urlencode({"application_name": name})]
    return parts._replace(query="&".join(words)).geturl()


async def gone(pool: Pool, name: str) -> None:
    """Returns once no session has this name: what it had sent is done or undone, and its locks are free."""
    async with patience(f"the end of the sessions of {name}"):
        while await pool.fetch(_THEIRS, name):  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(0.01)
