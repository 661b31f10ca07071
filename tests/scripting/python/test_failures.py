"""Where and why a script failed."""

from scripting.model import Threw
from scripting.runtime import HostError
from tests.scripting.python.scripts import FakeHost, failure


def test_place_of_an_uncaught_error() -> None:
    """Code, message, path, line, column in characters, the line itself, and the way there."""
    threw = failure('def f(n):\n    return "é" + n\nf(1)')
    assert threw == Threw(
        code="unknownError",
        message='TypeError: can only concatenate str (not "int") to str',
        path="script.py",
        line=2,
        column=12,
        quoted='    return "é" + n',
        stack="at script (script.py:3)\nat f (script.py:2)",
    )


def test_column_after_wide_characters() -> None:
    """Columns count characters, not bytes."""
    assert failure("x = 'é€'; y = 1 / 0").column == 15


def test_error_with_a_code() -> None:
    """A ScriptException keeps its code, message and additional information."""
    threw = failure("raise ScriptException('myCode', 'why', {'n': 1})")
    assert (threw.code, threw.message, threw.additional_info, threw.line) == ("myCode", "why", {"n": 1}, 1)


def test_refusal_of_the_host() -> None:
    """An uncaught refusal of the host ends the run with the host's code, at the line of the call."""
    host = FakeHost({"jobs.findById": HostError("badRequest", "no such id", {"field": "id"})})
    threw = failure("x = 1\nsys.jobs.findById('x')", host=host)
    assert (threw.code, threw.message, threw.line, threw.column) == ("badRequest", "no such id", 2, 1)
    assert threw.additional_info == {"field": "id"}


def test_syntax_error() -> None:
    """A syntax error tells its place."""
    threw = failure("x = 1\ny = (2,\n")
    assert (threw.code, threw.message, threw.line, threw.column) == ("badRequest", "'(' was never closed", 2, 5)
    assert threw.quoted == "y = (2,"


def test_all_problems_at_once() -> None:
    """Every problem of the policy is listed, in the order of the lines."""
    threw = failure("import os\n_a = 1\nx.__class__")
    errors = threw.additional_info["errors"]
    assert isinstance(errors, list)
    assert [(error["line"], error["column"]) for error in errors] == [(1, 1), (2, 1), (3, 3)]
    assert threw.message.endswith("(and 2 more)")


def test_indentation_null_and_depth() -> None:
    """Whatever does not even parse is a failure with a message."""
    assert failure("if 1:\nx").line == 2
    assert "null" in failure("x = '\0'").message
    assert failure("x" + "+1" * 5000).message == "the script is nested too deeply to compile"
    assert failure("(" * 500).message == "too many nested parentheses"


def test_error_in_the_text_of_an_error() -> None:
    """An error whose own text fails still has a name."""
    threw = failure("class E(ValueError):\n    def __str__(self): return 1 / 0\nraise E('x')")
    assert threw.message == "E"


def test_long_message() -> None:
    """A message is cut, so that it fits everywhere."""
    assert len(failure("raise ValueError('x' * 100000)").message) < 10_000
