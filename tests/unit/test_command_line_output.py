"""What goes to which stream, and what a terminal gets beside."""

from __future__ import annotations

import io
import json

import pytest

from engine.cli.output import Output


class Terminal(io.StringIO):
    """A stream that somebody watches."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal of 20 columns with colours."""
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def test_a_status_line_is_replaced_by_what_comes(shown: Terminal) -> None:
    """It is as long as the terminal, written once, and gone before any other line of either stream."""
    output = Output(as_json=False, out=shown, err=shown)
    output.status("RUNNING 10%")
    output.status("RUNNING 10%")
    output.note("a line")
    output.status("RUNNING 20%  importing companies")
    output.line("data")
    output.close()
    clear = "\r\033[K"
    assert shown.getvalue() == f"RUNNING 10%{clear}a line\nRUNNING 20%  impor…{clear}data\n"


def test_a_pipe_gets_neither_status_nor_colours() -> None:
    """What is read by programs has no decoration."""
    out, err = io.StringIO(), io.StringIO()
    output = Output(as_json=False, out=out, err=err)
    output.status("RUNNING 10%")
    output.line(output.paint("data", "red"))
    assert (out.getvalue(), err.getvalue()) == ("data\n", "")


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_refused(shown: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """NO_COLOR and dumb terminals get none."""
    output = Output(as_json=False, out=shown, err=shown)
    assert output.paint("data", "red") == "\033[31mdata\033[0m"
    monkeypatch.setenv(name, value)
    assert output.paint("data", "red") == "data"


def test_with_json_stderr_has_errors_only() -> None:
    """Notes are for people; an error is a document with its hint."""
    out, err = io.StringIO(), io.StringIO()
    output = Output(as_json=True, out=out, err=err)
    output.note("working")
    output.error({"code": "notFound", "message": "no", "additionalInfo": {}}, "look elsewhere")
    assert json.loads(err.getvalue()) == {
        "code": "notFound",
        "message": "no",
        "additionalInfo": {},
        "hint": "look elsewhere",
    }
    assert out.getvalue() == ""


def test_a_stream_that_is_not_there_is_not_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python has no stdout and no stderr where their descriptors were closed at its start."""
    monkeypatch.setattr("sys.stdout", None)
    monkeypatch.setattr("sys.stderr", None)
    output = Output(as_json=False)
    output.line("data")
    output.note("note")
    output.status("status")
    output.close()
