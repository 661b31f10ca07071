"""Puts two days of a busy platform into an empty database."""

from __future__ import annotations

from pathlib import Path

from engine.db.pool import Pool

_TEXT = Path(__file__).with_name("history.sql").read_text(encoding="utf-8")


async def fill(pool: Pool) -> None:
    """The rows of tests/history.sql; the statistics are fresh."""
    await pool.execute(_TEXT)
