"""How many jobs match: counted in what of the history can have any (engine/jobs/wanted.py)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Select, SmallInteger, func, or_, select, union_all

from engine.db.tables import jobs
from engine.jobs.wanted import ORDINARY, Wanted

_live = jobs.alias("live")
_past = jobs.alias("past")
_functions = func.headrace
_ordinary = _functions.is_ordinary(_past.c.type, _past.c.status, _past.c.has_errors, type_=Boolean)
_notable = _functions.is_notable(_past.c.type, _past.c.status, _past.c.has_errors, type_=Boolean)
_pace = _functions.job_pace(_past.c.created_at, _past.c.started_at, _past.c.ended_at, type_=SmallInteger)


def number(app: str | None, wanted: Wanted) -> Select[Any]:
    """How many jobs match; None is all apps."""
    parts = [_counted(_live, _live_where(app, wanted))] if wanted.live else []
    if wanted.final:
        near = wanted.near
        parts += [_counted(_past, where) for where in _near_where(app, near)]
        if any(wanted.far()):
            outside = or_(_past.c.id < near.low, _past.c.id >= near.high)
            parts.append(_counted(_past, [*_past_where(app, wanted), outside, _pace != 0, *wanted.kinds(_past)]))
    counts = union_all(*parts).subquery("counts")
    return select(func.sum(counts.c.number))


def _counted(table: Any, where: Sequence[ColumnElement[bool]]) -> Select[Any]:
    return select(func.count().label("number")).select_from(table).where(*where)


def _near_where(app: str | None, near: Wanted) -> Iterator[list[ColumnElement[bool]]]:
    where = _past_where(app, near)
    if app is None or not near.kinds_given:
        yield [*where, *near.kinds(_past)]
        return
    if ORDINARY in near.cells():
        yield [*where, _ordinary.is_(True)]
    yield [*where, _notable, *near.kinds(_past)]


def _live_where(app: str | None, wanted: Wanted) -> list[ColumnElement[bool]]:
    where = [_live.c.archived.is_(False), *_scope(_live, app), *wanted.kinds(_live)]
    return [*where, *wanted.ids(_live.c.id), *wanted.times(_live)]


def _past_where(app: str | None, wanted: Wanted) -> list[ColumnElement[bool]]:
    return [_past.c.archived.is_(True), *_scope(_past, app), *wanted.ids(_past.c.id), *wanted.times(_past)]


def _scope(table: Any, app: str | None) -> list[ColumnElement[bool]]:
    return [] if app is None else [table.c.app == app]
