"""Outcomes: what a job tells people when it is over, in the words of seed 001 (*Completing Jobs with Outcomes*).

Which fields there are, and of what kind, stands in two tables. Both doors, the Python SDK and HTTP, read them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.data.fields import Invalid, check_json
from engine.errors import BadRequest

LONGEST_TEXT = 65_536

# The forms of `next`: the seed has id, url, download, snapshot and retry; the vendor's client knows the others too.
# A field with "!" is required.
NEXT: Mapping[str, Mapping[str, str]] = {
    "id": {"id": "text!", "path": "text", "query": "text", "label": "text"},
    "url": {"url": "text!", "label": "text", "replace": "flag"},
    "download": {"url": "text!", "fileName": "text", "label": "text"},
    "snapshot": {"snapshotId": "text!", "sheetId": "text!", "label": "text"},
    "retry": {"label": "text"},
    "files": {"files": "list!", "label": "text"},
    "wait": {"fade": "flag", "confetti": "flag"},
    "view": {"sheetId": "text!", "hiddenColumns": "list!", "label": "text"},
    "clearFilters": {"label": "text", "sheetIds": "list"},
}

_OUTCOME: Mapping[str, str] = {
    "acknowledge": "flag",
    "heading": "text",
    "message": "text",
    "buttonText": "text",
    "hideDefaultButton": "flag",
    "trigger": "trigger",
    "next": "next",
}
_TRIGGERS = ("manual", "automatic", "automatic_silent")


def check_outcome(outcome: object, field: str = "outcome") -> dict[str, Any]:
    """The outcome as it is kept; BadRequest names the field that is wrong. Fields that are null are left out."""
    if not isinstance(outcome, Mapping):
        raise BadRequest.field(field, outcome, "an object")
    return _fields(outcome, _OUTCOME, field)


def _fields(given: Mapping[Any, Any], known: Mapping[str, str], field: str) -> dict[str, Any]:
    for name in given:
        if name not in known:
            raise BadRequest.field(
                f"{field}.{name}", given[name], f"a field of it: {', '.join(known) or 'it has none'}"
            )
    kept = {name: value for name, value in given.items() if value is not None}
    for name, kind in known.items():
        if name in kept:
            kept[name] = _KINDS[kind.removesuffix("!")](kept[name], f"{field}.{name}")
        elif kind.endswith("!"):
            raise BadRequest.field(f"{field}.{name}", None, "a value")
    return kept


def _flag(value: object, field: str) -> bool:
    if isinstance(value, bool):
        return value
    raise BadRequest.field(field, value, "true or false")


def _text(value: object, field: str) -> str:
    if isinstance(value, str) and len(value) <= LONGEST_TEXT:
        return str(_json(value, field))
    raise BadRequest.field(field, value, f"a text of at most {LONGEST_TEXT} characters")


def _list(value: object, field: str) -> list[Any]:
    if isinstance(value, list):
        return list(_json(value, field))
    raise BadRequest.field(field, value, "a list")


def _trigger(value: object, field: str) -> object:
    kind = value.get("type") if isinstance(value, Mapping) else value
    if kind not in _TRIGGERS:
        raise BadRequest.field(field, value, f"one of {', '.join(_TRIGGERS)}, or an object with it as its type")
    return _json(value, field)


def _next(value: object, field: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise BadRequest.field(field, value, "an object")
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in NEXT:
        raise BadRequest.field(f"{field}.type", kind, f"one of {', '.join(NEXT)}")
    rest = {name: each for name, each in value.items() if name != "type"}
    return {"type": kind, **_fields(rest, NEXT[kind], field)}


def _json(value: Any, field: str) -> Any:
    try:
        check_json(value)
    except Invalid as error:
        raise BadRequest.field(field, value, str(error).removeprefix("expected ")) from None
    return value


_KINDS: Mapping[str, Callable[[object, str], Any]] = {
    "flag": _flag,
    "text": _text,
    "list": _list,
    "trigger": _trigger,
    "next": _next,
}
