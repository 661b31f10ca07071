"""Attack: stacks that tell about the machine, or that lie about the place."""

from tests.scripting.javascript.scripts import failure, run


def test_no_paths_of_the_machine() -> None:
    """No stack, text of a function or error names a file of the host."""
    source = "try { sys.jobs.find(NaN) } catch (e) { return [e.stack, String(sys.jobs.find), String(e)].join() }"
    text = run(source)
    assert isinstance(text, str)
    assert ".py" not in text
    assert "/work" not in text
    assert "<input>" not in text


def test_hooks_are_gone() -> None:
    """The engine's hooks into the making of stacks do nothing."""
    source = """
    var seen = null; Error.prepareStackTrace = function (e, frames) { seen = frames; return 'x' };
    try { null.x } catch (e) { e.stack } return [seen, typeof Error.captureStackTrace]"""
    assert run(source) == [None, "undefined"]


def test_forged_stack() -> None:
    """A stack that the script wrote cannot place the error in a file that is not the script's."""
    source = "var e = new Error('x'); e.stack = '    at f (/etc/passwd:1:1)'; throw e"
    threw = failure(source)
    assert threw.path == "actions/script.js"
    assert threw.quoted in (None, source)


def test_hostile_error() -> None:
    """An error whose every property throws is still told."""
    source = """
    var e = new Error('x');
    for (var k of ['name', 'message', 'stack']) Object.defineProperty(e, k, {get() { throw e }});
    throw e"""
    assert failure(source).code == "javascriptException"
