"""Attack: objects that throw or loop when they are shown."""

from tests.scripting.javascript.scripts import run
from tests.scripting.python.scripts import FakeHost


def test_objects_that_cannot_be_shown() -> None:
    """A log shows what it can and never fails for its value's sake."""
    host = FakeHost()
    source = """
    log({toJSON() { throw 1 }}, Object.create(null), new Proxy(function f() {}, {}), [10n], Symbol('s'));
    var e = new Error('x'); e.name = {toString() { return 'N' }}; log(e)"""
    run(source, host=host)
    assert host.logged() == ["[object Object] {} [function f] [object Array] Symbol(s)", "N: x"]
