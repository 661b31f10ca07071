"""Ids of jobs that match, newest first, out of streams that indexes deliver in this order.

A page is merged from the first ids of each stream, so what is read grows with the page and not with the history: a
stream of which nothing matches costs a probe a month. The history has one stream for the ordinary jobs of an app
(sql/migrations/0220_history_cells.sql), and for the notable ones one for each cell: a type, a status, errors or none.

Times of starts and ends are in no index. Most jobs are over within a minute of their creation, so only ids of that time
can match; those that took longer are in streams of their own, by their pace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    SmallInteger,
    Subquery,
    Text,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from engine.db.tables import jobs
from engine.jobs.wanted import ORDINARY, Cell, Wanted

# How many ids a stream gives at most stands in the statement: as a parameter PostgreSQL would have to expect a tenth of
# the table. Few numbers, so that few statements serve all pages.
_STEPS = (21, 101, 1001, 10_001, 100_001)

_live = jobs.alias("live")
_past = jobs.alias("past")
_functions = func.headrace
_ordinary = _functions.is_ordinary(_past.c.type, _past.c.status, _past.c.has_errors, type_=Boolean)
_notable = _functions.is_notable(_past.c.type, _past.c.status, _past.c.has_errors, type_=Boolean)
_pace = _functions.job_pace(_past.c.created_at, _past.c.started_at, _past.c.ended_at, type_=SmallInteger)
_bytes = func.uuid_send(_past.c.id)


def newest(app: str | None, wanted: Wanted, most: int) -> Subquery:
    """At least the ids of the `most` newest jobs that match, in no order, some perhaps twice; None is all apps."""
    size = next((step for step in _STEPS if step >= most), most)
    return union_all(*_streams(app, wanted, size)).subquery("ids")


def number(app: str | None, wanted: Wanted) -> Select[Any]:
    """How many jobs match."""
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


def _streams(app: str | None, wanted: Wanted, size: int) -> Iterator[Select[Any]]:
    if wanted.live:
        yield _first(_live_where(app, wanted), _live.c.id, size).select()
    if wanted.final:
        yield from _of_platform(wanted, size) if app is None else _of_app(app, wanted, size)


def _of_platform(wanted: Wanted, size: int) -> Iterator[Select[Any]]:
    """Every app's: by the key of the history, which no type or status shortens."""
    yield _first([*_past_where(None, wanted.near), *wanted.kinds(_past)], _past.c.id, size).select()
    if any(wanted.far()):
        yield _first([*_past_where(None, wanted), _pace != 0, *wanted.kinds(_past)], _bytes, size).select()


def _of_app(app: str, wanted: Wanted, size: int) -> Iterator[Select[Any]]:
    near, cells = wanted.near, wanted.cells()
    if ORDINARY in cells:
        yield _first([*_past_where(app, near), _ordinary.is_(True)], _past.c.id, size).select()
        cells.remove(ORDINARY)
    if not wanted.kinds_given:
        yield _first([*_past_where(app, near), _ordinary.is_(False)], _past.c.id, size).select()
    elif cells:
        yield _by_cell(app, near, cells, size)
    if any(wanted.far()):
        yield _by_pace(app, wanted, size)


def _by_cell(app: str, near: Wanted, cells: Sequence[Cell], size: int) -> Select[Any]:
    cell = _rows("cell", {"type": Text, "status": Text, "has_errors": Boolean}, cells)
    same = [_past.c[name] == cell.c[name] for name in ("type", "status", "has_errors")]
    where = [*_past_where(app, near), *near.ids(_bytes, _as_bytes), _notable, *same]
    return _each(cell, where, size)


def _by_pace(app: str, wanted: Wanted, size: int) -> Select[Any]:
    rows = [(pace, among.low, among.high) for pace, among in wanted.far()]
    part = _rows("part", {"pace": SmallInteger, "low": UUID, "high": UUID}, rows)
    where = [*_past_where(app, wanted), _pace != 0, _pace == part.c.pace, *wanted.kinds(_past)]
    where += [_past.c.id >= part.c.low, _past.c.id < part.c.high]
    where += [_bytes >= func.uuid_send(part.c.low), _bytes < func.uuid_send(part.c.high)]
    return _each(part, where, size)


def _each(given: Any, where: Sequence[ColumnElement[bool]], size: int) -> Select[Any]:
    """The first ids for each of the rows."""
    found = _limited(where, _bytes, size).lateral("found")
    return select(found.c.id).select_from(given.join(found, true()))


def _first(where: Sequence[ColumnElement[bool]], order: ColumnElement[Any], size: int) -> Subquery:
    return _limited(where, order, size).subquery()


def _limited(where: Sequence[ColumnElement[bool]], order: ColumnElement[Any], size: int) -> Select[Any]:
    table = _live if order is _live.c.id else _past
    return select(table.c.id).where(*where).order_by(order.desc()).limit(literal_column(str(size)))


def _rows(name: str, columns: Mapping[str, Any], rows: Sequence[Sequence[Any]]) -> Any:
    """The rows as a table, which is sent as an array for each column."""
    arrays = [cast([_plain(row[place]) for row in rows], ARRAY(kind)) for place, kind in enumerate(columns.values())]
    return func.unnest(*arrays).table_valued(*(column(key, kind) for key, kind in columns.items())).render_derived(name)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def _as_bytes(job_id: Any) -> ColumnElement[Any]:
    return func.uuid_send(cast(job_id, UUID))


def _live_where(app: str | None, wanted: Wanted) -> list[ColumnElement[bool]]:
    where = [_live.c.archived.is_(False), *_scope(_live, app), *wanted.kinds(_live)]
    return [*where, *wanted.ids(_live.c.id), *wanted.times(_live)]


def _past_where(app: str | None, wanted: Wanted) -> list[ColumnElement[bool]]:
    return [_past.c.archived.is_(True), *_scope(_past, app), *wanted.ids(_past.c.id), *wanted.times(_past)]


def _scope(table: Any, app: str | None) -> list[ColumnElement[bool]]:
    return [] if app is None else [table.c.app == app]
