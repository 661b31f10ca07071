"""sys.exceptions and ScriptException."""

import pytest

from tests.scripting.javascript.scripts import run

GETTERS = {
    "getCode(new ScriptException('c', 'm'))": "c",
    "getCode(new Error('x'))": None,
    "getCode({code: 'c'})": None,
    "getCode('text')": None,
    "getCode(null)": None,
    "getMessage('text')": "text",
    "getMessage(new ScriptException('c', 'm'))": "m",
    "getMessage(new TypeError('t'))": "t",
    "getMessage({a: 1})": '{"a":1}',
    "getMessage(null)": "null",
    "getAdditionalInfo(new ScriptException('c', 'm', {a: 1}))": {"a": 1},
    "getAdditionalInfo(new ScriptException('c', 'm'))": {},
    "getAdditionalInfo('text')": {},
}


@pytest.mark.parametrize("call", GETTERS)
def test_getter(call: str) -> None:
    """Each answers something sensible for whatever was thrown."""
    assert run(f"return sys.exceptions.{call}") == GETTERS[call]


def test_throw() -> None:
    """throwException and throw() throw what can be caught."""
    source = "try { %s } catch (e) { return [e.code(), e.message(), e.name, e instanceof ScriptException] }"
    expected = ["c", "m", "ScriptException", True]
    assert run(source % "sys.exceptions.throwException('c', 'm')") == expected
    assert run(source % "new sys.exceptions.ScriptException('c', 'm').throw()") == expected
