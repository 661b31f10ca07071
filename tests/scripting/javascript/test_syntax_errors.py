"""A script that does not compile is refused with the place in its own file."""

import pytest

from scripting.javascript import compile
from scripting.model import Threw
from scripting.runtime import ScriptFailed
from tests.scripting.javascript.scripts import PATH, failure


def refused(source: str) -> Threw:
    """What compile says."""
    with pytest.raises(ScriptFailed) as failed:
        compile(PATH, source, {})
    return failed.value.threw


def test_place() -> None:
    """Path, line, column and the line itself."""
    threw = refused("var a = 1;\nvar b = = 2;\n")
    assert (threw.code, threw.path, threw.line, threw.column) == ("javascriptException", PATH, 2, 9)
    assert threw.quoted == "var b = = 2;"
    assert threw.message.startswith("SyntaxError: ")


def test_first_line_and_column() -> None:
    """The wrapper around the body moves nothing."""
    threw = refused("= 1")
    assert (threw.line, threw.column) == (1, 1)


def test_unfinished_body() -> None:
    """A brace that is never closed is reported at the end of the file."""
    threw = refused("if (true) {\n  var a = 1;\n}; if (a) {\n  a = 2;")
    assert (threw.line, threw.quoted) == (4, "  a = 2;")


def test_brace_too_many() -> None:
    """A brace too many is reported by what follows it."""
    assert refused("var a = 1;\n}\nvar b = 2;").line == 3
    assert refused("var a = 1;\n}").line == 2


def test_further_of_two_readings() -> None:
    """A script with `await` is read in two ways; the mistake that is reported is the author's."""
    threw = refused("var a = await 1;\nvar b = = 2;")
    assert threw.line == 2


def test_error_in_shared_code() -> None:
    """A syntax error of required code names that file."""
    threw = failure("\nrequire('lib/x')", sources={"lib/x.js": "var a;\nvar = 1;"})
    assert (threw.path, threw.line, threw.quoted) == ("lib/x.js", 2, "var = 1;")
