"""The SQL of the dashboards against a database with history in it."""

from __future__ import annotations

from engine.db.pool import Pool
from grafana import expressions
from tests.history import fill


async def test_every_sql_panel_returns_rows(pool: Pool) -> None:
    """With Grafana's macros replaced, each text runs and has something to show."""
    await fill(pool)
    texts = expressions.sql()
    assert len(texts) >= 9
    for place, text in texts.items():
        assert await pool.fetch(text), place


async def test_rows_that_link_to_jobs_have_what_the_link_needs(pool: Pool) -> None:
    """The columns app and id are in each table whose ids lead to the job."""
    await fill(pool)
    linked = [f"{board}/{panel['title']}" for board, panel in expressions.panels() if panel["fieldConfig"]["overrides"]]
    assert linked
    for place in linked:
        assert {"app", "id"} <= set((await pool.fetch(expressions.sql()[place]))[0].keys())
