"""Reading tables of an app.toml so that every problem is collected and none hides another."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

E = TypeVar("E", bound=StrEnum)

_WORDS: Mapping[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}\Z")


class Problems:
    """What is wrong with an app folder, in the order in which it was found."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, where: str, what: str) -> None:
        """One more problem; `where` is a file with a line, or a file with a field."""
        self.found.append(f"{where}: {what}")


class Table:
    """One table of the file: each `take_*` checks a key and remembers that it is known."""

    def __init__(self, values: Mapping[str, Any], *, file: str, path: str, problems: Problems) -> None:
        self._values = values
        self._file = file
        self._path = path
        self._known: list[str] = []
        self.problems = problems

    @classmethod
    def parse(cls, text: str, *, file: str, problems: Problems) -> Table | None:
        """The file's root table; None if it is not TOML, with the line among the problems."""
        try:
            return cls(tomllib.loads(text), file=file, path="", problems=problems)
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"at line (\d+)", str(error))
            last = text.rstrip("\n").count("\n") + 1
            what = re.sub(r"\s*\(at .*\)$", "", str(error))
            problems.add(f"{file}:{line[1] if line else last}", f"not valid TOML: {what}")
            return None

    def where(self, key: str | None = None) -> str:
        """This table, or a key of it, as people find it in the file."""
        return f"{self._file}: " + ".".join(part for part in (self._path, key) if part)

    def complain(self, key: str | None, what: str) -> None:
        """A problem with a key of this table, or with the table itself."""
        self.problems.add(self.where(key), what)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def take(self, key: str, kind: type, default: Any = None, *, required: bool = False) -> Any:
        """The key's value if it has this type, else `default` and a problem."""
        self._known.append(key)
        if key not in self._values:
            if required:
                self.complain(key, f"is missing; expected {_WORDS[kind]}")
            return default
        value = self._values[key]
        if _is(value, kind):
            return value
        self.complain(key, f"{_shown(value)} is not allowed; expected {_WORDS[kind]}")
        return default

    def take_any(self, key: str) -> Any:
        """The key's value, whatever its type; None if it is absent."""
        self._known.append(key)
        return self._values.get(key)

    def take_enum(self, key: str, kind: type[E], default: E | None = None) -> E | None:
        """The key's value as a member of the enumeration; required if there is no default."""
        text = self.take(key, str, default, required=default is None)
        if text is None or text in list(kind):
            return None if text is None else kind(text)
        self.complain(key, f"{_shown(text)} is not allowed; expected one of {', '.join(kind)}{_hint(text, kind)}")
        return default

    def take_texts(self, key: str, allowed: Iterable[str] | None = None) -> tuple[str, ...]:
        """The key's list of texts without repetitions, each one of `allowed` if that is given."""
        values = self.take(key, list, [])
        good = []
        for value in values:
            if not isinstance(value, str) or (allowed is not None and value not in allowed):
                wanted = "texts" if allowed is None else f"some of {', '.join(allowed)}"
                self.complain(key, f"{_shown(value)} is not allowed; expected a list of {wanted}")
            elif value in good:
                self.complain(key, f"{_shown(value)} is there twice")
            else:
                good.append(value)
        return tuple(good)

    def take_whole(self, key: str, default: int | None, *, least: int, most: int) -> int | None:
        """The key's whole number between the bounds."""
        value: int | None = self.take(key, int, default)
        if value is not None and not least <= value <= most:
            self.complain(key, f"{value} is not allowed; expected a whole number from {least} to {most}")
            return default
        return value

    def tables(
        self,
        key: str,
        names: re.Pattern[str] = _NAME,
        allowed: str = "up to 63 letters, digits and '_', starting with a letter",
    ) -> dict[str, Table]:
        """The named tables below the key, each name checked against the pattern, which `allowed` says in words."""
        children = {}
        for name, value in self.take(key, dict, {}).items():
            path = ".".join(part for part in (self._path, key, name) if part)
            child = Table(value if isinstance(value, dict) else {}, file=self._file, path=path, problems=self.problems)
            if not isinstance(value, dict):
                child.complain(None, f"{_shown(value)} is not allowed; expected a table")
            elif not names.match(name):
                child.complain(None, f"is not a name: expected {allowed}")
            else:
                children[name] = child
        return children

    def table(self, key: str, *, required: bool = False) -> Table:
        """The one table below the key; empty if it is absent."""
        values = self.take(key, dict, {}, required=required)
        path = ".".join(part for part in (self._path, key) if part)
        return Table(values, file=self._file, path=path, problems=self.problems)

    def items(self) -> list[tuple[str, Any]]:
        """All keys with their values, as they are."""
        return list(self._values.items())

    def close(self) -> None:
        """Every key that nobody took is a problem, with the nearest known one as a suggestion."""
        for key in self._values:
            if key not in self._known:
                self.complain(key, f"is not known here{_hint(key, self._known)}; known: {', '.join(self._known)}")


def _is(value: object, kind: type) -> bool:
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _hint(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""
