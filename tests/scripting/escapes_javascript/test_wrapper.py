"""Attack: close the function around the script's body and go on outside of it."""

from tests.scripting.javascript.scripts import failure, run
from tests.scripting.python.scripts import FakeHost


def test_code_outside_of_the_wrapper() -> None:
    """Outside there is the same sandbox, and before a run there is no host to call."""
    host = FakeHost()
    source = "}), log('early'), (function () { return 7"
    assert "no run to call from" in failure(source, host=host).message
    assert host.calls == []


def test_arguments_of_the_wrapper() -> None:
    """The wrapper has no arguments but the variables that the script declares again."""
    assert run("return arguments.length") == 0
    assert run("var query; return arguments.length", query={}, params={}) == 1
