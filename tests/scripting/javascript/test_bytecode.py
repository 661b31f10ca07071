"""Stubs that are parsed once: what loads them from bytecode behaves as what parses them for each engine."""

from __future__ import annotations

import _quickjs as quickjs
import pytest

from scripting import bytecode, javascript
from tests.scripting.javascript.scripts import run

# Everything that a script can find from the globals on: names, flags, texts of functions, prototypes.
SURFACE = """
var seen = [], found = [];
function look(value, place) {
  if (Object(value) !== value) return found.push(place + '=' + String(value));
  if (seen.includes(value)) return;
  seen.push(value);
  found.push(place + ':' + typeof value + Object.isFrozen(value) + Object.isExtensible(value)
    + (typeof value === 'function' ? Function.prototype.toString.call(value) : Object.prototype.toString.call(value)));
  look(Object.getPrototypeOf(value), place + '.__proto__');
  for (const key of Reflect.ownKeys(value)) {
    const { value: own, get, set, ...flags } = Object.getOwnPropertyDescriptor(value, key);
    const at = place + '.' + String(key);
    found.push(at + JSON.stringify(flags));
    for (const each of [own, get, set]) look(each, at);
  }
}
look(globalThis, '');
try { sys.jobs.find({ no: () => 1 }) } catch (error) { found.push(error.stack + sys.exceptions.getMessage(error)) }
return found;
"""


def test_the_locked_build_writes_bytecode() -> None:
    """With the QuickJS that is locked no engine parses the stubs."""
    assert bytecode._known() is not None


def test_scripts_see_the_same_in_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, order, flags, texts, prototypes and stacks do not tell how the stubs came into the engine."""
    read = run(SURFACE)
    monkeypatch.setattr(bytecode, "_LIBRARY", None)
    monkeypatch.setattr(javascript, "_load", bytecode.compiled(javascript._STUBS))
    assert run(SURFACE) == read
    assert len(str(read)) > 50_000


@pytest.mark.parametrize("change", [{"_VERSION": b"0.18.0"}, {"_OWN_BYTES": 72}])
def test_another_build_parses(change: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where version or layout are others, nothing is read from its memory, and functions work all the same."""
    monkeypatch.setattr(bytecode, "_LIBRARY", None)
    for name, value in change.items():
        monkeypatch.setattr(bytecode, name, value)
    assert bytecode._known() is None
    assert bytecode.compiled("(function (n) { return n + 1 })")(quickjs.Context())(1) == 2


def test_a_build_without_the_functions_parses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that hides its functions is no error."""

    def hidden() -> bytecode._Library:
        raise AttributeError("undefined symbol: JS_WriteObject")

    monkeypatch.setattr(bytecode, "_Library", hidden)
    assert bytecode._known() is None


def test_a_wrong_source_is_refused_at_once() -> None:
    """A mistake in a source shows where it is compiled, not in the first engine."""
    with pytest.raises(quickjs.JSException, match="SyntaxError"):
        bytecode.compiled("(function (")


def test_engines_that_read_let_go_of_their_memory() -> None:
    """A thousand contexts leave nothing behind in the process."""
    load = bytecode.compiled("(function (n) { return {n, text: 'x'.repeat(1000)} })")
    context = quickjs.Context()
    before = context.memory()["malloc_count"]
    load(context)
    context.eval("delete globalThis.__loaded")
    first = context.memory()["malloc_count"]
    for _ in range(1000):
        load(context)
        context.eval("delete globalThis.__loaded")
    assert context.memory()["malloc_count"] <= first + 1 < before + 200
