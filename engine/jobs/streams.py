"""Where jobs that match can be: what headrace.first_jobs (sql/migrations/0221_first_jobs.sql) is asked for.

A page is merged from the first ids of streams that indexes deliver newest first, so what is read grows with the page
and not with the history. The history has one stream for the ordinary jobs of an app, and for the notable ones one for
each cell (sql/migrations/0220_history_cells.sql): a type, a status, errors or none.

Times of starts and ends are in no index. Most jobs are over within a minute of their creation, so only ids of that time
can match; those that took longer are in streams of their own, by their pace.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from engine.jobs.wanted import ORDINARY, Span, Wanted


def arguments(app: str | None, wanted: Wanted, most: int) -> list[Any]:
    """Of headrace.first_jobs, in order, for the `most` newest jobs that match; None is all apps."""
    near, cells = wanted.near, wanted.cells()
    if not wanted.kinds_given:
        # Whether they are ordinary: all that are, and all others.
        kinds, cells = [True, False], []
    elif ORDINARY in cells:
        kinds = [True]
        cells.remove(ORDINARY)
    else:
        kinds = []
    far = [(pace, among.low, among.high) for pace, among in wanted.far()] if wanted.final else []
    return [
        app,
        None if wanted.types is None else list(wanted.types),
        None if wanted.statuses is None else list(wanted.statuses),
        wanted.has_errors,
        *_times(wanted.started),
        *_times(wanted.ended),
        wanted.low,
        wanted.high,
        near.low,
        near.high,
        wanted.live,
        kinds,
        *_columns(cells),
        *_columns(far),
        most,
    ]


def _times(span: Span) -> tuple[datetime | None, datetime | None]:
    return span.first, span.end


def _columns(rows: Sequence[tuple[Any, Any, Any]]) -> tuple[list[Any], list[Any], list[Any]]:
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]
