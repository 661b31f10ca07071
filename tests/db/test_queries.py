"""Every named statement against the migrated schema, on the server that the tests run on."""

from __future__ import annotations

import re

import pytest

from engine.db import sql
from engine.db.pool import Pool

# It makes the very schema in which the others are prepared, and has several statements.
SCRIPTS = ("schema_bootstrap",)


@pytest.mark.parametrize("name", [name for name in sql.names() if name not in SCRIPTS])
async def test_a_query_can_be_prepared(pool: Pool, name: str) -> None:
    """Its tables, columns and types exist, it is one statement, and its parameters are numbered without a gap."""
    text = sql.load(name)
    async with pool.acquire() as conn:
        parameters = (await conn.prepare(text)).get_parameters()
    code = re.sub(r"--.*", "", text)
    used = {int(number) for number in re.findall(r"\$(\d+)", code)}
    assert used == set(range(1, len(parameters) + 1))


@pytest.mark.parametrize("name", sql.names())
def test_a_query_says_why_it_is(name: str) -> None:
    """The first line of each file is a comment for the reader."""
    assert sql.load(name).startswith("-- ")
