r"""The text form of query maps: `'a,b'`, `'greater(5)'`, `'between(1,9),empty()'` as conditions. No I/O.

A comma means OR. A value that would be misread (a comma, an operator's look) is written as a list of
literals, `{name: ['Rockwell, Inc.']}`, or with a backslash, `'Rockwell\, Inc.'`.
An empty text, and null, mean `empty()`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.errors import BadRequest

MAX_CONDITIONS = 1000


class Operator(StrEnum):
    """What a condition asks of a field's value."""

    EQUALS = "equals"
    NOT_EQUALS = "notEquals"
    LIKE = "like"
    GREATER = "greater"
    GREATER_OR_EQUALS = "greaterOrEquals"
    LESS = "less"
    LESS_OR_EQUALS = "lessOrEquals"
    BETWEEN = "between"
    EMPTY = "empty"
    NOT_EMPTY = "notEmpty"


ARITY: Mapping[Operator, str] = {
    Operator.EQUALS: "(x)",
    Operator.NOT_EQUALS: "(x)",
    Operator.LIKE: "(x)",
    Operator.GREATER: "(x)",
    Operator.GREATER_OR_EQUALS: "(x)",
    Operator.LESS: "(x)",
    Operator.LESS_OR_EQUALS: "(x)",
    Operator.BETWEEN: "(a,b)",
    Operator.EMPTY: "()",
    Operator.NOT_EMPTY: "()",
}
_CALL = re.compile(r"\s*([a-z][A-Za-z]*)\(")
_LISTED = (Operator.NOT_EQUALS, Operator.EQUALS)


@dataclass(frozen=True, slots=True)
class Condition:
    """One of the alternatives that a field's value may meet. `args` are texts, or JSON values from a list."""

    operator: Operator
    args: tuple[Any, ...] = ()


def parse(field: str, value: object) -> tuple[Condition, ...]:
    """The alternatives that a query map asks of a field; badRequest names the field, the value and what is allowed."""
    conditions = tuple(_conditions(field, value))
    if len(conditions) > MAX_CONDITIONS:
        raise BadRequest.field(field, value, f"at most {MAX_CONDITIONS} alternatives")
    return conditions


def _conditions(field: str, value: object) -> Iterator[Condition]:
    if isinstance(value, str):
        yield from (_item(field, item) for item in split(value))
    elif isinstance(value, list | tuple):
        if not value:
            raise BadRequest.field(field, value, "a list with at least one value")
        yield from (_literal(item) for item in value)
    else:
        yield _literal(value)


def _literal(value: object) -> Condition:
    return Condition(Operator.EMPTY) if value is None or value == "" else Condition(Operator.EQUALS, (value,))


def _item(field: str, item: str) -> Condition:
    call = _CALL.match(item)
    if call is None or not item.rstrip().endswith(")"):
        return _literal(_unescape(item))
    if call[1] not in list(Operator):
        known = ", ".join(f"{name}{args}" for name, args in ARITY.items())
        raise BadRequest.field(field, item.strip(), f"one of the operators {known}; or a list, for values as they are")
    return _call(field, item, Operator(call[1]), item.rstrip()[call.end() : -1])


def _call(field: str, item: str, operator: Operator, inside: str) -> Condition:
    args = tuple(_unescape(arg) for arg in ([inside] if _takes_one(operator) else split(inside)))
    wanted = ARITY[operator]
    count = 0 if args == ("",) else len(args)
    fits = {"()": count == 0, "(a,b)": count == 2, "(x)": count == 1 or (count > 1 and operator in _LISTED)}[wanted]
    if not fits or (count and "" in args):
        raise BadRequest.field(field, item.strip(), f"{operator}{wanted}")
    return Condition(operator, args if count else ())


def _takes_one(operator: Operator) -> bool:
    return ARITY[operator] == "(x)" and operator not in _LISTED


def split(text: str) -> list[str]:
    """The parts between commas; a comma inside an operator's parentheses or after a backslash separates nothing."""
    parts: list[str] = []
    rest = text
    while True:
        end = _end(rest)
        parts.append(rest[:end])
        if end == len(rest):
            return parts
        rest = rest[end + 1 :]


def _end(text: str) -> int:
    call = _CALL.match(text)
    depth, at = (1, call.end()) if call else (0, 0)
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif char == "," and depth <= 0:
            return at
        elif call:
            depth += (char == "(") - (char == ")")
        at += 1
    return len(text) if depth <= 0 else _plain_end(text)


def _plain_end(text: str) -> int:
    """Where a part ends whose parenthesis never closes, so that it is no operator."""
    comma = re.search(r"(?<!\\),", text)
    return comma.start() if comma else len(text)


def _unescape(text: str) -> str:
    return re.sub(r"\\([\\,()])", r"\1", text.strip())
