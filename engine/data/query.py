"""Query maps of sys.data as SQLAlchemy Core: conditions typed by the fields' declarations, sorting, pages.

Equality is `data @> any(...)`, which the GIN index on data answers. For a field that is declared as indexed it is a
comparison like the others, and the field's own index answers all of them (engine/data/indexes.py).
Pages continue by key, not by offset: the cursor holds the last row's sort value and id.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from engine.apps.manifest import Entity, Field, FieldType
from engine.data.columns import NUMBERS, Clause, key_of, scope, text_of
from engine.data.conditions import ARITY, Condition, Operator, parse
from engine.data.fields import Invalid, from_text, normalize
from engine.db.tables import records
from engine.errors import BadRequest
from engine.model import check_job_id

_SAME = (Operator.EQUALS, Operator.NOT_EQUALS, Operator.EMPTY, Operator.NOT_EMPTY)
_ORDERED = (*_SAME, Operator.GREATER, Operator.GREATER_OR_EQUALS, Operator.LESS, Operator.LESS_OR_EQUALS)
_RANGED = (*_ORDERED, Operator.BETWEEN)
OPERATORS: Mapping[FieldType, tuple[Operator, ...]] = {
    FieldType.TEXT: (*_RANGED, Operator.LIKE),
    FieldType.CHOICE: (*_RANGED, Operator.LIKE),
    FieldType.NUMBER: _RANGED,
    FieldType.INTEGER: _RANGED,
    FieldType.DATE: _RANGED,
    FieldType.DATETIME: _RANGED,
    FieldType.BOOLEAN: _SAME,
    FieldType.RELATION: _SAME,
    FieldType.JSON: (Operator.EMPTY, Operator.NOT_EMPTY),
}
_OPTIONS = ("_size", "_offset", "_sortField", "_sortType")
_COMPARE: Mapping[Operator, Callable[[Clause, Any], Clause]] = {
    Operator.GREATER: lambda left, right: left > right,
    Operator.GREATER_OR_EQUALS: lambda left, right: left >= right,
    Operator.LESS: lambda left, right: left < right,
    Operator.LESS_OR_EQUALS: lambda left, right: left <= right,
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: how many records came so far, and the last one's sort value and id."""

    seen: int
    key: str | None
    id: UUID

    def text(self) -> str:
        """The cursor as callers hand it back."""
        return base64.urlsafe_b64encode(json.dumps([self.seen, self.key, str(self.id)]).encode()).decode()

    @classmethod
    def parse(cls, value: object) -> Cursor:
        """The cursor that `text` gave; badRequest for anything else."""
        try:
            seen, key, last = json.loads(base64.urlsafe_b64decode(str(value)))
            if type(seen) is int and seen >= 0 and isinstance(key, str | None):
                return cls(seen, key, UUID(last))
        except (ValueError, TypeError, AttributeError):
            pass
        raise BadRequest.field("cursor", value, "the cursor of the page before")


@dataclass(frozen=True, slots=True)
class Query:
    """A query map, understood. `sort` is None for the order of creation; `size` None for no limit."""

    where: tuple[Clause, ...]
    sort: Field | None = None
    descending: bool = False
    size: int | None = None
    offset: int = 0

    @classmethod
    def parse(cls, entity: Entity, query: object) -> Query:
        """The query of this map; badRequest names the key, the value and what is allowed."""
        if query is None:
            return cls(())
        if not isinstance(query, Mapping):
            raise BadRequest.field("query", query, "an object such as {type: 'a', _size: 10}")
        return cls(
            where=tuple(_where(entity, key, value) for key, value in query.items() if key not in _OPTIONS),
            sort=_sort_field(entity, query.get("_sortField")),
            descending=_descending(query.get("_sortType")),
            size=_whole("_size", query.get("_size"), least=1),
            offset=_whole("_offset", query.get("_offset"), least=0) or 0,
        )

    def page(self, app: str, entity: str, *, cursor: Cursor | None, limit: int) -> sa.Select[Any]:
        """One page of at most `limit` records, each with its `sort_key`; of a sorted query those that have one.

        A sorted query's other records come after these, by `rest`. In one statement the two orders would be an
        order that no index has.
        """
        if self.sort is None:
            return self._statement(app, entity, sa.null(), [records.c.id], cursor, limit)
        key = key_of(self.sort)
        return self._statement(app, entity, key, [key, records.c.id], cursor, limit).where(key.is_not(None))

    def rest(self, app: str, entity: str, *, cursor: Cursor | None, limit: int) -> sa.Select[Any]:
        """The same for records without a value in the field by which the query sorts, in the order of creation."""
        assert self.sort is not None
        statement = self._statement(app, entity, sa.null(), [records.c.id], cursor, limit)
        return statement.where(key_of(self.sort).is_(None))

    def _statement(
        self, app: str, entity: str, sort_key: Clause, order: Sequence[Clause], cursor: Cursor | None, limit: int
    ) -> sa.Select[Any]:
        statement = sa.select(*RECORD, sort_key.label("sort_key"))
        statement = statement.where(*scope(app, entity), *self.where).limit(limit)
        if cursor is not None:
            statement = statement.where(self._after(order, cursor))
        elif self.offset:
            statement = statement.offset(self.offset)
        return statement.order_by(*(part.desc() if self.descending else part.asc() for part in order))

    def count(self, app: str, entity: str) -> sa.Select[Any]:
        """How many records match, whatever `_size` and `_offset` say."""
        return sa.select(sa.func.count()).select_from(records).where(*scope(app, entity), *self.where)

    def count_sorted(self, app: str, entity: str) -> sa.Select[Any]:
        """How many of them have a value in the field by which the query sorts."""
        assert self.sort is not None
        return self.count(app, entity).where(key_of(self.sort).is_not(None))

    def _after(self, order: Sequence[Clause], cursor: Cursor) -> Clause:
        """Behind the cursor, by comparing rows: an index on them starts there."""
        last = sa.literal(cursor.id, PG_UUID(as_uuid=True))
        keys = [] if cursor.key is None else [_key_literal(self.sort, cursor.key)]
        left, right = sa.tuple_(*order), sa.tuple_(*keys, last)
        return _COMPARE[Operator.LESS if self.descending else Operator.GREATER](left, right)


RECORD = (
    records.c.id,
    records.c.entity,
    records.c.version,
    records.c.data,
    records.c.created_at,
    records.c.updated_at,
)


def _where(entity: Entity, key: object, value: object) -> Clause:
    if key == "id":
        return sa.or_(*(_id_clause(condition, value) for condition in parse("id", value)))
    if not isinstance(key, str) or key not in entity.fields:
        known = ", ".join(("id", *entity.fields, *_OPTIONS))
        raise BadRequest.field("query", key, f"a field of {entity.name} or an option: {known}")
    field = entity.fields[key]
    conditions = parse(key, value)
    for condition in conditions:
        _check_allowed(field, condition, value)
    equals = [_value(field, arg) for item in conditions if item.operator is Operator.EQUALS for arg in item.args]
    clauses = [_clause(field, item) for item in conditions if item.operator is not Operator.EQUALS]
    if equals:
        clauses.append(_equals(field, equals))
    return sa.or_(*clauses)


def _id_clause(condition: Condition, value: object) -> Clause:
    ids = sa.literal([check_job_id(arg, "id", of="record") for arg in condition.args], ARRAY(PG_UUID(as_uuid=True)))
    if condition.operator is Operator.EQUALS:
        return records.c.id == sa.any_(ids)
    if condition.operator is Operator.NOT_EQUALS:
        return records.c.id != sa.all_(ids)
    raise BadRequest.field("id", value, "ids separated by commas, or notEquals(x)")


def _clause(field: Field, condition: Condition) -> Clause:
    operator, args = condition.operator, condition.args
    match operator:
        case Operator.NOT_EQUALS:
            return sa.not_(_contains(field, [_value(field, arg) for arg in args]))
        case Operator.EMPTY:
            return _blank(field)
        case Operator.NOT_EMPTY:
            return sa.not_(_blank(field))
        case Operator.LIKE:
            return _like(field, str(_value(field, args[0])))
        case Operator.BETWEEN:
            low, high = (_literal(field, arg) for arg in args)
            return sa.and_(key_of(field) >= low, key_of(field) <= high)
        case _:
            return _COMPARE[operator](key_of(field), _literal(field, args[0]))


def _check_allowed(field: Field, condition: Condition, value: object) -> None:
    allowed = OPERATORS[field.type]
    if condition.operator not in allowed:
        names = ", ".join(f"{name}{ARITY[name]}" for name in allowed)
        raise BadRequest.field(field.name, value, f"for a field of type {field.type} one of {names}")


def _value(field: Field, arg: object) -> Any:
    """The stored form of what a condition compares with; bounds and choices are the declaration's, not the query's."""
    lenient = replace(field, min=None, max=None, max_length=None, unique=False, indexed=False, required=False)
    try:
        if field.type is FieldType.CHOICE:
            lenient = replace(lenient, type=FieldType.TEXT)
        return from_text(lenient, arg) if isinstance(arg, str) else normalize(lenient, arg)
    except Invalid as error:
        raise BadRequest.field(field.name, arg, str(error).removeprefix("expected ")) from None


def _equals(field: Field, values: list[Any]) -> Clause:
    if not field.indexed:
        return _contains(field, values)
    keys = [_key_value(field, value if isinstance(value, str) else json.dumps(value)) for value in values]
    if len(keys) == 1:
        return key_of(field) == sa.literal(keys[0], _key_type(field))
    return key_of(field) == sa.any_(sa.literal(keys, ARRAY(_key_type(field))))


def _contains(field: Field, values: list[Any]) -> Clause:
    wanted = sa.literal([{field.name: value} for value in values], ARRAY(JSONB))
    return records.c.data.op("@>", is_comparison=True)(sa.any_(wanted))


def _blank(field: Field) -> Clause:
    """No value at all: absent, null, the empty text; in a json field the empty list and object too."""
    blanks = ["", "[]", "{}"] if field.type is FieldType.JSON else [""]
    return sa.func.coalesce(text_of(field), sa.literal("", sa.Text)) == sa.any_(sa.literal(blanks, ARRAY(sa.Text)))


def _like(field: Field, part: str) -> Clause:
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return text_of(field).ilike(sa.literal(f"%{escaped}%", sa.Text))


def _literal(field: Field, arg: object) -> Clause:
    value = _value(field, arg)
    if value is None:
        raise BadRequest.field(field.name, arg, "a value to compare with")
    return _key_literal(field, str(value))


def _key_literal(field: Field | None, value: str) -> Clause:
    return sa.literal(_key_value(field, value), _key_type(field))


def _key_type(field: Field | None) -> type[sa.Text | sa.Numeric[Any]]:
    return sa.Numeric if field is not None and field.type in NUMBERS else sa.Text


def _key_value(field: Field | None, value: str) -> str | Decimal:
    if field is None or field.type not in NUMBERS:
        return value
    try:
        return Decimal(value)
    except InvalidOperation:
        raise BadRequest.field("cursor", value, "the cursor of the page before") from None


def _sort_field(entity: Entity, name: object) -> Field | None:
    if name is None or name == "id":
        return None
    field = entity.fields.get(name) if isinstance(name, str) else None
    if field is None or field.type is FieldType.JSON:
        known = ", ".join(("id", *(item.name for item in entity.fields.values() if item.type is not FieldType.JSON)))
        raise BadRequest.field("_sortField", name, f"one of {known}")
    return field


def _descending(value: object) -> bool:
    if value not in (None, "asc", "desc"):
        raise BadRequest.field("_sortType", value, "'asc' or 'desc'")
    return value == "desc"


def _whole(name: str, value: object, *, least: int) -> int | None:
    if value is None:
        return None
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if type(number) is not int or not least <= number < 2**31:
        raise BadRequest.field(name, value, f"a whole number from {least} on")
    return number
