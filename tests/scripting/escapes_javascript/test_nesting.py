"""Attack: nesting deep enough to overflow a stack of the engine, of Python or of the stubs."""

import pytest

from tests.scripting.javascript.scripts import failure, run
from tests.scripting.python.scripts import FakeHost

DEEP = [
    "var a = []; for (var i = 0; i < 1e5; i++) a = [a]; return a",
    "var a = {}; for (var i = 0; i < 1e5; i++) a = {a}; sys.jobs.find(a)",
    "var a = {}; for (var i = 0; i < 1e4; i++) a = {toJSON: () => a}; return a",
    "return JSON.parse('['.repeat(1e6))",
    "var a = []; for (var i = 0; i < 1e5; i++) a = [a]; log(JSON.stringify(a))",
    "return eval('('.repeat(1e5) + ')'.repeat(1e5))",
    "return new RegExp('('.repeat(1e5) + ')'.repeat(1e5))",
    "var p = {}; for (var i = 0; i < 1e5; i++) p = new Proxy(p, {}); return p.x.y",
]


@pytest.mark.parametrize("source", DEEP)
def test_nesting(source: str) -> None:
    """It is an error of the script, and the host is not asked."""
    host = FakeHost()
    assert failure(source, host=host).code in ("badRequest", "javascriptException")
    assert host.calls == []


def test_deep_source() -> None:
    """A source that is nested deeper than the parser's stack is refused."""
    assert failure("return " + "(" * 100_000 + ")" * 100_000).message.startswith(("SyntaxError", "RangeError"))


def test_moderate_nesting() -> None:
    """What the border allows, the stubs can carry."""
    assert run("var a = 1; for (var i = 0; i < 190; i++) a = [a]; return JSON.stringify(a).length") == 381
