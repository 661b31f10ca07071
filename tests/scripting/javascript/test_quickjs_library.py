"""Stubs that are parsed once: what loads them from bytecode behaves as what parses them for each engine."""

from __future__ import annotations

import _quickjs as quickjs
import pytest

from scripting import javascript, quickjs_library
from scripting.runtime import ScriptFailed
from tests.scripting.javascript.scripts import run
from tests.scripting.python.scripts import FakeHost

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
    assert quickjs_library._known() is not None


def test_scripts_see_the_same_in_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, order, flags, texts, prototypes and stacks do not tell how the stubs came into the engine."""
    read = run(SURFACE)
    monkeypatch.setattr(quickjs_library, "_LIBRARY", None)
    monkeypatch.setattr(javascript, "_load", quickjs_library.compiled(javascript._STUBS))
    assert run(SURFACE) == read
    assert len(str(read)) > 50_000


@pytest.mark.parametrize("change", [{"_VERSION": b"0.18.0"}, {"_OWN_BYTES": 72}])
def test_another_build_parses(change: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where version or layout are others, nothing is read from its memory, and functions work all the same."""
    monkeypatch.setattr(quickjs_library, "_LIBRARY", None)
    for name, value in change.items():
        monkeypatch.setattr(quickjs_library, name, value)
    assert quickjs_library._known() is None
    assert quickjs_library.compiled("(function (n) { return n + 1 })")(quickjs.Context())(1) == 2


def test_a_build_without_the_functions_parses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that hides its functions is no error."""

    def hidden() -> quickjs_library._Library:
        raise AttributeError("undefined symbol: JS_WriteObject")

    monkeypatch.setattr(quickjs_library, "_Library", hidden)
    assert quickjs_library._known() is None


def test_a_wrong_source_is_refused_at_once() -> None:
    """A mistake in a source shows where it is compiled, not in the first engine."""
    with pytest.raises(quickjs.JSException, match="SyntaxError"):
        quickjs_library.compiled("(function (")


def test_what_was_read_leaves_nothing_behind() -> None:
    """A thousand functions that were read and dropped leave neither memory nor a name in their context."""
    load = quickjs_library.compiled("(function (n) { return {n, text: 'x'.repeat(1000)} })")
    context = quickjs.Context()
    before = context.memory()["malloc_count"]
    load(context)
    first = context.memory()["malloc_count"]
    for _ in range(1000):
        load(context)
    assert context.memory()["malloc_count"] <= first + 1 < before + 200
    assert context.eval("Reflect.ownKeys(globalThis).filter((name) => /load/.test(String(name))).length") == 0


def test_kept_programs_run_as_parsed_ones() -> None:
    """From its second run on a kept program is read from bytecode: results, places and texts stay the same."""
    source = """
    var params = params || {};
    function text() { return 1 } // kept
    if (params.fail) { throw new Error('line 4: ' + text) }
    return [params.n, String(text), typeof require, Object.keys(globalThis).join()]"""
    program = javascript.compile("actions/kept", source, {})
    values, failures = [], []
    for number in range(6):
        values.append(program.run({"params": {"n": 1}}, FakeHost(), "seed"))
        program.rest()
        with pytest.raises(ScriptFailed) as failed:
            program.run({"params": {"fail": True}}, FakeHost(), str(number))
        failures.append(failed.value.threw)
        program.rest()
    assert values == values[:1] * 6
    assert failures == failures[:1] * 6
    assert (failures[0].line, failures[0].message) == (4, "line 4: function text() { return 1 }")
    assert program._compiled is not None


def test_the_collector_begins_late_and_does_begin() -> None:
    """Rings of objects that nobody has any more do not fill a heap."""
    ring = "for (let n = 0; n < 200000; n += 1) { const a = {}; a.self = { a } } return 1"
    host = FakeHost()
    host.memory_bytes = 8 * 1024 * 1024
    assert run(ring, host=host) == 1
