"""The example queries on the job history work on the schema as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.db.pool import Pool

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "queries"
QUERIES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.sql"))}


@pytest.mark.parametrize("name", QUERIES)
async def test_an_example_query_runs(pool: Pool, name: str) -> None:
    """What people copy into psql is one statement that PostgreSQL accepts."""
    assert await pool.fetch(QUERIES[name]) == []


def test_there_are_three_example_queries() -> None:
    """The demo shows three."""
    assert len(QUERIES) == 3
