"""Rows of a file of JSON Lines: an object a line, in UTF-8. A line that is none is a value with its reason."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NoReturn

from engine.apps.manifest import Entity
from engine.data.csvimport import IGNORED
from engine.data.csvlines import MAX_RECORD, physical
from engine.data.fields import Invalid, normalize
from engine.data.rows import Checkpoint, Row

LONGEST_SHOWN = 80


async def read_rows(chunks: AsyncIterator[bytes], *, start: Checkpoint) -> AsyncIterator[Row]:
    """The rows from `start` on; the chunks begin at the byte `start.offset`. Empty lines are passed over."""
    offset, number, size, content = start.offset, start.line, 0, b""
    async for piece in physical(chunks):
        size += len(piece)
        # Of a line that is too long only the length is kept.
        content = content + piece if size <= MAX_RECORD else b""
        if not piece.endswith(b"\n"):
            continue
        offset, number = offset + size, number + 1
        if row := _row(number - 1, content, size, Checkpoint(offset, number)):
            yield row
        size, content = 0, b""
    if size and (row := _row(number, content, size, Checkpoint(offset + size, number))):
        yield row


def convert(entity: Entity, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The object's values as the entity's fields store them, and the reason for each that is wrong or unknown."""
    data, reasons = {}, {}
    for name, value in values.items():
        if name in IGNORED:
            continue
        if name not in entity.fields:
            reasons[_shown(name)] = f"is not a field of {entity.name}; the fields: {', '.join(entity.fields)}"
            continue
        try:
            data[name] = normalize(entity.fields[name], value)
        except Invalid as error:
            reasons[name] = f"{_shown(value)}: {error}"
    return {name: value for name, value in data.items() if value is not None}, reasons


def _row(number: int, content: bytes, size: int, after: Checkpoint) -> Row | None:
    if size > MAX_RECORD:
        return Row(number, after, problem=f"the line has {size} bytes; expected at most {MAX_RECORD}")
    if not content.strip():
        return None
    try:
        return Row(number, after, values=_object(content))
    except ValueError as error:
        return Row(number, after, problem=str(error))


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start + 1} of the line is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"the line is not JSON: {error.msg}, at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError("the line is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError(f"the line is {_shown(found)}; expected an object of the record's fields")
    return found


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the line has {_shown(twice)} twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"the line is not JSON: {name} is no number of JSON")


def _shown(value: Any) -> str:
    """The value for a line of a log, which takes neither NUL nor half a character: escaped, and not at length."""
    text = json.dumps(value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."
