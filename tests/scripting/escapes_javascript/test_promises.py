"""Attack: replace Promise.prototype.then, or answer a thenable that lies."""

from tests.scripting.javascript.scripts import failure, run
from tests.scripting.python.scripts import FakeHost


def test_replaced_then() -> None:
    """The stubs wait for the promise itself."""
    assert run("Promise.prototype.then = () => { throw 1 }; return (async () => 5)()") == 5


def test_thenable_that_settles_twice() -> None:
    """Only the first answer of a thenable counts, as in every promise."""
    assert run("return (async () => ({then(yes, no) { yes(1); yes(2); no(3) }}))()") == 1


def test_calls_after_the_end() -> None:
    """Once the run's value is known, nothing of it runs on."""
    host = FakeHost()
    failure("Promise.resolve().then(() => { throw 1 }); throw new Error('end')", host=host)
    assert host.calls == []
