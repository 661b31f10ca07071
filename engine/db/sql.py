"""The named statements of sql/, read once.

A statement lives in sql/queries/NAME.sql and can be run by psql as it stands; here it is only looked up.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_HERE = Path(__file__).resolve().parent.parent


@cache
def root() -> Path:
    """The folder sql/: inside the package in a wheel, beside it in a checkout."""
    inside = _HERE / "sql"
    return inside if inside.is_dir() else _HERE.parent / "sql"


@cache
def load(name: str) -> str:
    """The text of sql/queries/NAME.sql; FileNotFoundError if there is none (a defect, not bad input)."""
    return (root() / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def names() -> list[str]:
    """The names of all statements, sorted; a test prepares every one of them."""
    return sorted(path.stem for path in (root() / "queries").glob("*.sql"))
