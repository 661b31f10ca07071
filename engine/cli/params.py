"""`--param KEY=VALUE`: JSON where the value is JSON, else text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from engine.errors import ConfigError


def parse(given: Sequence[str]) -> dict[str, Any]:
    """The parameters by key; ConfigError if one has no key, no '=', or comes twice."""
    params: dict[str, Any] = {}
    for word in given:
        key, equals, text = word.partition("=")
        if not equals or not key:
            raise ConfigError.field("--param", word, "KEY=VALUE")
        if key in params:
            raise ConfigError.field("--param", word, f"each key once; {key!r} was given before")
        params[key] = _value(key, text)
    return params


def _value(key: str, text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_json)
    except ValueError:
        return text
    except RecursionError:
        raise ConfigError.field(f"--param {key}", text, "a value that is not nested so deeply") from None


def _no_json(name: str) -> None:
    # Python reads NaN and Infinity; JSON does not have them.
    raise ValueError(name)
