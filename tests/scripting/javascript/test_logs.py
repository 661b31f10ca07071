"""log and console write into the job's log."""

from tests.scripting.javascript.scripts import run
from tests.scripting.python.scripts import FakeHost


def logged(source: str) -> object:
    """The one line that the script writes."""
    host = FakeHost()
    run(source, host=host)
    (line,) = host.logged()
    return line


def test_text() -> None:
    """Text as it is, objects as JSON, joined by a space."""
    assert logged("log('a', 1, null, undefined, true, {b: [1]})") == 'a 1 null undefined true {"b":[1]}'
    assert logged("log(new Date(0), new Error('x'), function f() {}, 1n)") == (
        "1970-01-01T00:00:00.000Z Error: x [function f] 1"
    )
    assert logged("log()") == ""
    assert logged("var a = {}; a.a = a; log(a)") == "[object Object]"
    assert logged("log(new ScriptException('c', 'm'))") == "c: m"


def test_long_text() -> None:
    """A text put together from pieces arrives whole."""
    assert logged("var s = ''; for (var i = 0; i < 20000; i++) s += 'abc'; log(s)") == "abc" * 20000


def test_console() -> None:
    """console.error is ERROR, everything else of it INFO."""
    host = FakeHost()
    run("console.log('a'); console.info('b'); console.warn('c'); console.error('d', 1)", host=host)
    assert [args[1:] for _, args in host.calls] == [["INFO", "a"], ["INFO", "b"], ["INFO", "c"], ["ERROR", "d 1"]]
