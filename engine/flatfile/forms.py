"""Forms of actions, in the vendor's words (InputForm): what a job's input must be. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import BadRequest

FORM = "inputForm"


def check_form(form: Mapping[str, Any]) -> None:
    """Pass if it is a form; else BadRequest names what is wrong. What a user interface may want besides is kept."""
    if form.get("type") != "simple":
        raise BadRequest.field(f"{FORM}.type", form.get("type"), "simple")
    keys: set[str] = set()
    for n, field in enumerate(_list(form.get("fields"), f"{FORM}.fields")):
        place = f"{FORM}.fields.{n}"
        for name in ("key", "label", "type"):
            if not isinstance(field.get(name), str) or not field[name]:
                raise BadRequest.field(f"{place}.{name}", field.get(name), "a text")
        if field["key"] in keys:
            raise BadRequest.field(f"{place}.key", field["key"], "a key that no other field has")
        keys.add(field["key"])
        _check_field(field, place)


def _check_field(field: Mapping[str, Any], place: str) -> None:
    for n, constraint in enumerate(_list(field.get("constraints") or [], f"{place}.constraints")):
        if constraint.get("type") != "required":
            raise BadRequest.field(f"{place}.constraints.{n}.type", constraint.get("type"), "required")
    config = field.get("config")
    if config is not None:
        if not isinstance(config, Mapping):
            raise BadRequest.field(f"{place}.config", config, "an object")
        _list(config.get("options"), f"{place}.config.options")


def _list(value: object, place: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        raise BadRequest.field(place, value, "a list")
    for n, each in enumerate(value):
        if not isinstance(each, Mapping):
            raise BadRequest.field(f"{place}.{n}", each, "an object")
    return value


def filled(form: Mapping[str, Any] | None, given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The input of a job: what is given, and for what is not the form's default. BadRequest if the form forbids it."""
    if form is None:
        return None if given is None else dict(given)
    fields = {field["key"]: field for field in form["fields"]}
    for key, value in (given or {}).items():
        if key not in fields:
            raise BadRequest.field(f"input.{key}", value, f"a field of the form: {', '.join(fields) or 'it has none'}")
    values = {key: (given or {}).get(key, field.get("defaultValue")) for key, field in fields.items()}
    for key, value in values.items():
        _check_value(fields[key], key, value)
    return {key: value for key, value in values.items() if value is not None}


def _check_value(field: Mapping[str, Any], key: str, value: object) -> None:
    options = [option.get("value") for option in (field.get("config") or {}).get("options", ())]
    if value is None and field.get("constraints"):
        raise BadRequest.field(f"input.{key}", None, "a value: the form requires it")
    if value is not None and options and value not in options:
        raise BadRequest.field(f"input.{key}", value, f"one of {', '.join(str(option) for option in options)}")
