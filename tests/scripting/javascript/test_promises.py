"""A script that answers a promise answers its value; all calls of the host are synchronous."""

import pytest

from tests.scripting.javascript.scripts import failure, run
from tests.scripting.python.scripts import FakeHost

VALUES = {
    "return Promise.resolve(1)": 1,
    "return (async () => { await null; return 2 })()": 2,
    "return await Promise.all([1, Promise.resolve(2)])": [1, 2],
    "var n = 0; for await (var x of [1, 2]) n += x; return n": 3,
    "async function f() { throw new Error('x') } try { await f() } catch (e) { return e.message }": "x",
}


@pytest.mark.parametrize("source", VALUES)
def test_value(source: str) -> None:
    """`await` works at the top of a script, too."""
    assert run(source) == VALUES[source]


def test_what_is_queued_runs() -> None:
    """Callbacks that nobody waits for run before the script ends."""
    host = FakeHost()
    run("Promise.resolve().then(() => log('later')); log('now')", host=host)
    assert host.logged() == ["now", "later"]


def test_never_settled() -> None:
    """A promise that nothing will settle is an error, not a hang."""
    assert failure("return new Promise(() => {})").message == "The script returned a promise that never settles"
