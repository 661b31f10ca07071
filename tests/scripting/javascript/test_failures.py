"""An uncaught error is told with code, message, place and a stack of the script's own frames."""

import pytest

from scripting.runtime import HostError
from tests.scripting.javascript.scripts import PATH, failure, run
from tests.scripting.python.scripts import FakeHost

MESSAGES = {
    "throw new Error('broken')": "broken",
    "null.x": "TypeError: cannot read property 'x' of null",
    "missing()": "ReferenceError: missing is not defined",
    "throw 'text'": "text",
    "throw {a: [1]}": '{"a":[1]}',
    "throw 5": "5",
    "throw null": "null",
    "throw undefined": "undefined",
    "throw function f() {}": "[function f]",
    "throw Symbol('s')": "Symbol(s)",
    "throw {toJSON() { throw 1 }}": "[object Object]",
}


@pytest.mark.parametrize("source", MESSAGES)
def test_message(source: str) -> None:
    """Whatever is thrown has a text; plain errors tell their message, others their kind too."""
    threw = failure(source)
    assert (threw.code, threw.message, threw.path) == ("javascriptException", MESSAGES[source], PATH)


def test_place_and_stack() -> None:
    """Line and column of the innermost frame, the line itself, and the frames of the script only."""
    threw = failure("function f(o) {\n  return o.x.y;\n}\n[1].map(function g() { return f({}) })")
    assert (threw.line, threw.column, threw.quoted) == (2, 10, "  return o.x.y;")
    assert threw.stack is not None
    assert [line.split()[1] for line in threw.stack.splitlines()] == ["f", "g", "<anonymous>"]


def test_place_of_a_refusal() -> None:
    """A refusal of the host is placed where the script called."""
    host = FakeHost({"jobs.stop": HostError("notFound", "no such job", {"jobId": "J"})})
    threw = failure("var id = 'J';\n  sys.jobs.stop(id);", host=host)
    assert (threw.code, threw.message, threw.additional_info) == ("notFound", "no such job", {"jobId": "J"})
    assert (threw.line, threw.quoted) == (2, "  sys.jobs.stop(id);")


def test_own_exception() -> None:
    """A script's own ScriptException keeps its code and what it tells besides."""
    threw = failure("sys.exceptions.throwException('full', 'no room', {left: 0})")
    assert (threw.code, threw.message, threw.additional_info) == ("full", "no room", {"left": 0})


def test_error_of_a_promise() -> None:
    """An async function's error is an error of the script."""
    assert failure("await null;\nthrow new Error('late')").line == 2


def test_recursion() -> None:
    """Infinite recursion is an error with its place, and can be caught."""
    threw = failure("function f() { return f() + 1 }\nf()")
    assert (threw.message, threw.line) == ("RangeError: Maximum call stack size exceeded", 1)
    assert run("function f() { return f() + 1 } try { f() } catch (e) { return e.name }") == "RangeError"


def test_stack_that_scripts_see() -> None:
    """e.stack names the script's file and lines, and nothing of this machine."""
    assert run("try {\n  null.x() } catch (e) { return e.stack }") == f"    at <anonymous> ({PATH}:2:3)\n"


def test_text_that_would_not_cross() -> None:
    """NUL and half a surrogate pair in a message do not keep it from the host."""
    assert failure("throw 'a\\0b\\ud800c'").message == "a\ufffdb?c"


def test_long_message() -> None:
    """A message of a megabyte is cut."""
    assert len(failure("throw 'x'.repeat(1 << 20)").message) < 20_000
