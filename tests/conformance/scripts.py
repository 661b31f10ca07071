"""One script in both languages, and what every script of these tests begins with."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

_FUNCTION = re.compile(r"@(\w*)")

_JAVASCRIPT = """
function refused(step) {
  try { step(); return null; }
  catch (e) { return [sys.exceptions.getCode(e), sys.exceptions.getMessage(e)]; }
}
function code(step) { var found = refused(step); return found ? found[0] : null; }
function len(list) { return list.length; }
function each(list, make) { return list.map(make); }
function ids(found) { return found.toArray().map(function (item) { return item.id(); }); }
function labels(found) { return found.toArray().map(function (item) { return item.label(); }); }
function repeat(text, times) { return text.repeat(times); }
"""

_PYTHON = """
def refused(step):
    try:
        step()
    except Exception as e:
        return [sys.exceptions.getCode(e), sys.exceptions.getMessage(e)]
def code(step):
    found = refused(step)
    return found[0] if found else null
def each(items, make):
    return [make(item) for item in items]
def ids(found):
    return [item.id() for item in found.toArray()]
def labels(found):
    return [item.label() for item in found.toArray()]
def repeat(text, times):
    return text * times
"""


@dataclass(frozen=True, slots=True)
class Script:
    """A script's name, whose ending tells its language, and its source."""

    name: str
    source: str

    @property
    def language(self) -> str:
        """As the engine calls it."""
        return "javascript" if self.name.endswith(".js") else "python"


def script(language: str, body: str) -> Script:
    """The script with this body: `@` begins a function of nothing, and `@x` one of x, in both languages."""
    if language == "js":
        return Script("test.js", _JAVASCRIPT + _FUNCTION.sub(r"(\1) =>", body))
    return Script("test.py", _PYTHON + _FUNCTION.sub(r"lambda \1:", body))


def both(common: str | None = None, *, js: str | None = None, py: str | None = None) -> Callable[[Any], Any]:
    """Runs the test once a language, with its `script`: one body that both can read, or one for each."""
    js, py = js or common, py or common
    assert js is not None and py is not None, "a script for each language"
    return pytest.mark.parametrize("script", [script("js", js), script("py", py)], ids=["js", "py"])


NOBODY = "0193a5b0-7c1e-7d3a-9a1b-2c3d4e5f6071"
MALFORMED = ["", "x", 5, True, None, [], {}, NOBODY + "0", f"{{{NOBODY}}}"]


def refuses(found: Any, code: str, field: str, value: object, allowed: str) -> None:
    """Fails unless `refused` found this code, and a message that names field, value and what is allowed."""
    assert found is not None, f"{field} {value!r} was not refused"
    shown = repr(value) if isinstance(value, str) else json.dumps(value)
    assert found[0] == code, found
    assert found[1].startswith(f"{field}: {shown} is not allowed; expected "), found
    assert allowed in found[1], found
