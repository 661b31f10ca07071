"""Values of a record's fields: what each declared type takes, and the one form in which it is stored.

Stored forms are plain JSON: text, choice and relation (the related record's id) as text, date as
YYYY-MM-DD, datetime as YYYY-MM-DDTHH:MM:SS.mmmZ in UTC (both order as text), the rest as they are.
Null, and in CSV the empty text, mean "no value" and are not stored.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from engine.apps.manifest import Entity, Field, FieldType

MAX_INTEGER = 2**63 - 1
MAX_KEY_TEXT = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\Z")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}\Z")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_TRUE = ("true", "yes", "1")
_FALSE = ("false", "no", "0")


class Invalid(ValueError):
    """A value that a field does not take; the text says what it takes."""


def validate(entity: Entity, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The data as it is stored, and the reason for each field that is wrong or unknown."""
    stored, reasons = {}, {}
    for name in data:
        if name not in entity.fields:
            reasons[name] = f"is not a field of {entity.name}; the fields: {', '.join(entity.fields)}"
    for field in entity.fields.values():
        try:
            value = normalize(field, data.get(field.name))
            if value is None and field.required:
                raise Invalid("is required")
            if value is not None:
                stored[field.name] = value
        except Invalid as error:
            reasons[field.name] = str(error)
    return stored, reasons


def defaults(entity: Entity) -> dict[str, Any]:
    """The data of a record that nobody has touched yet."""
    declared = ((field.name, normalize(field, field.default)) for field in entity.fields.values())
    return {name: value for name, value in declared if value is not None}


def normalize(field: Field, value: Any) -> Any:
    """The value in its stored form, or None for no value; Invalid if the field does not take it."""
    if value is None or (value == "" and (field.required or field.type is not FieldType.TEXT)):
        return None
    return _NORMALIZERS[field.type](field, value)


def from_text(field: Field, text: str) -> Any:
    """The stored form of what a CSV cell or a query says; Invalid if the field does not take it."""
    if field.type is FieldType.JSON:
        raise Invalid("expected nothing: a field of type json cannot be written as text")
    reader = _FROM_TEXT.get(field.type)
    return normalize(field, text) if reader is None else reader(field, text)


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise Invalid("expected a text")
    _check_text(value)
    most = field.max_length or (MAX_KEY_TEXT if field.unique or field.indexed else None)
    if most is not None and len(value) > most:
        raise Invalid(f"expected a text of at most {most} characters, not {len(value)}")
    return value


def _number(field: Field, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid("expected a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise Invalid("expected a finite number")
    return _bounded(field, value)


def _integer(field: Field, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int_or_none(value):
        raise Invalid("expected a whole number")
    if abs(value) > MAX_INTEGER:
        raise Invalid(f"expected a whole number of at most {MAX_INTEGER}")
    return int(_bounded(field, int(value)))


def int_or_none(value: float) -> int | None:
    """The number as an int, None if it is infinite or not a number."""
    return int(value) if math.isfinite(value) else None


def _bounded(field: Field, value: int | float) -> int | float:
    if field.min is not None and value < field.min:
        raise Invalid(f"expected at least {field.min:g}")
    if field.max is not None and value > field.max:
        raise Invalid(f"expected at most {field.max:g}")
    return value


def _boolean(field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid("expected true or false")
    return value


def _date(field: Field, value: Any) -> str:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    ms = _milliseconds(value)
    if ms is None:
        raise Invalid("expected a date such as 2026-01-31")
    return _time(ms).date().isoformat()


def _datetime(field: Field, value: Any) -> str:
    moment = _parsed(value) if isinstance(value, str) else None
    if moment is None:
        ms = _milliseconds(value)
        if ms is None:
            raise Invalid("expected a date, milliseconds since the epoch or a text such as 2026-01-31T09:30:00Z")
        moment = _time(ms)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _parsed(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _milliseconds(value: Any) -> int | float | None:
    ms = value.get("$date") if isinstance(value, Mapping) else value
    return ms if isinstance(ms, int | float) and not isinstance(ms, bool) and math.isfinite(ms) else None


def _time(ms: int | float) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        raise Invalid("expected a date between the years 1 and 9999") from None


def _choice(field: Field, value: Any) -> str:
    if not isinstance(value, str) or value not in field.choices:
        raise Invalid(f"expected one of {', '.join(field.choices)}")
    return value


def _relation(field: Field, value: Any) -> str:
    text = value.get("id") if isinstance(value, Mapping) else value
    if not isinstance(text, str) or not _UUID.match(text):
        raise Invalid(f"expected the id of a record of {field.entity}")
    return str(UUID(text))


def _json(field: Field, value: Any) -> Any:
    check_json(value)
    return value


def check_json(value: Any) -> None:
    """Pass if PostgreSQL can keep the value as jsonb and a script can read it back; else Invalid."""
    try:
        _check_json(value)
    except RecursionError:
        raise Invalid("expected a value that is not nested so deeply") from None


_PLAIN = frozenset({int, bool, type(None)})


def _check_json(value: Any) -> None:
    kind = type(value)
    if kind in _PLAIN:
        return
    if isinstance(value, str):
        _check_text(value)
    elif kind is dict or isinstance(value, Mapping):  # to ask the abstract class alone takes longer
        for key, inner in value.items():
            if not isinstance(key, str):
                raise Invalid("expected JSON: the names in an object are texts")
            _check_text(key)
            _check_json(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check_json(inner)
    elif isinstance(value, float) and not math.isfinite(value):
        raise Invalid("expected JSON: its numbers are finite")
    elif not isinstance(value, int | float):
        raise Invalid("expected JSON")


def _check_text(value: str) -> None:
    if "\0" in value:
        raise Invalid("expected a text without the character NUL")
    if value.isascii():
        return
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Invalid("expected a text without halves of characters (lone surrogates)") from None


def _number_text(field: Field, text: str) -> int | float | None:
    if not text.strip():
        return None
    if not _NUMBER.match(text.strip()):
        raise Invalid("expected a number")
    return _number(field, int(text.strip()) if _INTEGER.match(text.strip()) else float(text.strip()))


def _integer_text(field: Field, text: str) -> int | None:
    if not text.strip():
        return None
    if not _INTEGER.match(text.strip()):
        raise Invalid("expected a whole number")
    return _integer(field, int(text.strip()))


def _boolean_text(field: Field, text: str) -> bool | None:
    word = text.strip().lower()
    if not word:
        return None
    if word not in _TRUE + _FALSE:
        raise Invalid("expected true or false")
    return word in _TRUE


def _text_text(field: Field, text: str) -> str | None:
    return _text(field, text) if text else None


_NORMALIZERS: Mapping[FieldType, Callable[[Field, Any], Any]] = {
    FieldType.TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.INTEGER: _integer,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.DATETIME: _datetime,
    FieldType.CHOICE: _choice,
    FieldType.RELATION: _relation,
    FieldType.JSON: _json,
}
_FROM_TEXT: Mapping[FieldType, Callable[[Field, str], Any]] = {
    FieldType.TEXT: _text_text,
    FieldType.NUMBER: _number_text,
    FieldType.INTEGER: _integer_text,
    FieldType.BOOLEAN: _boolean_text,
}
