"""Where a command writes: data to stdout, everything else to stderr, colours only on a terminal."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from engine.cli.table import cut
from engine.settings import colours_wanted

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
# What a terminal obeys: a script's log must not move the cursor or set a title.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Output:
    """The two streams of a command, and whether data is printed as JSON."""

    def __init__(self, *, as_json: bool, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.as_json = as_json
        self._out = sys.stdout if out is None else out
        self._err = sys.stderr if err is None else err
        self._status = ""

    # stdout

    def line(self, text: str = "") -> None:
        """One line of data for people."""
        self._clear_status()
        self._write(self._out, text)

    def document(self, value: Any) -> None:
        """The command's one JSON document."""
        self._write(self._out, json.dumps(value, ensure_ascii=False, indent=2))

    def json_line(self, value: Any) -> None:
        """One JSON document of a stream, on a line of its own, at once."""
        self._write(self._out, json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    # stderr

    def note(self, text: str) -> None:
        """One line about what the command does, for people."""
        if not self.as_json:
            self._clear_status()
            self._write(self._err, text)

    def status(self, text: str) -> None:
        """A line that the next one replaces; nothing where stderr is no terminal."""
        if self.as_json or not self.err_is_terminal():
            return
        shown = cut(text, self.width(self._err) - 1)
        if shown != self._status:
            self._clear_status()
            self._err.write(shown)
            self._err.flush()
            self._status = shown

    def error(self, document: Mapping[str, Any], hint: str | None) -> None:
        """The error that ends the command."""
        if self.as_json:
            extra = {"hint": hint} if hint else {}
            self._write(self._err, json.dumps({**document, **extra}, ensure_ascii=False))
            return
        self.note(f"{self.paint('headrace:', 'red', err=True)} {document['message']}")
        if hint:
            self.note(f"  {hint}")

    # Looks

    def paint(self, text: str, *styles: str, err: bool = False) -> str:
        """The text in these styles where the stream is a terminal that shows them."""
        if not styles or not _colours(self._err if err else self._out):
            return text
        return f"\033[{';'.join(_STYLES[style] for style in styles)}m{text}\033[0m"

    def err_is_terminal(self) -> bool:
        """Whether somebody watches stderr."""
        return self._err is not None and self._err.isatty()

    def width(self, stream: TextIO | None = None) -> int:
        """Columns of the terminal; endless where stdout is a file or a pipe."""
        shown = self._out if stream is None else stream
        return shutil.get_terminal_size().columns if shown is not None and shown.isatty() else 1_000_000

    def close(self) -> None:
        """Everything is written, or the error of the stream is raised here."""
        self._clear_status()
        for stream in (self._out, self._err):
            if stream is not None:
                stream.flush()

    def _clear_status(self) -> None:
        if self._status:
            self._err.write("\r\033[K")
            self._status = ""

    def _write(self, stream: TextIO | None, text: str) -> None:
        if stream is not None:
            stream.write(f"{text}\n")
            stream.flush()


def _colours(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty() and colours_wanted()


def plain(text: str) -> str:
    """A text of somebody else without what a terminal would obey; lines and tabs stay."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def flat(text: str) -> str:
    """`plain`, on one line."""
    return plain(text).replace("\n", "⏎").replace("\t", " ")
