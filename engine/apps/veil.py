"""Values that only an app's scripts may see, and the marks that stand for them everywhere else. No I/O.

A script's texts are changed on its own side of the border (scripting/stubs/secrets.js); what servers answer is changed
here, before the journal has it. Both swap in the same order, so that each undoes what the other did.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

# Shorter texts are in every sentence; docs/from-freshworks.md says so.
SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Veil:
    """Pairs of mark and value, the longest value first."""

    marks: Sequence[tuple[str, str]] = ()

    @classmethod
    def over(cls, values: Mapping[str, Any]) -> Veil:
        """The veil over every text among the values that is long enough."""
        found = [(f"<%= iparam.{path} %>", text) for path, text in _texts(values, "") if len(text) >= SHORTEST]
        return cls(tuple(sorted(found, key=lambda pair: (-len(pair[1]), pair[0]))))

    def hide(self, value: Any) -> Any:
        """The JSON with marks in place of the values, also where they are written as in JSON or in an address."""
        return _mapped(value, self._hidden) if self.marks else value

    def reveal(self, value: Any) -> Any:
        """The JSON with the values in place of their marks."""
        return _mapped(value, self._revealed) if self.marks else value

    def _hidden(self, text: str) -> str:
        for mark, value in self.marks:
            for written in _spellings(value):
                text = text.replace(written, mark)
        return text

    def _revealed(self, text: str) -> str:
        for mark, value in reversed(self.marks):
            text = text.replace(mark, value)
        return text


NOTHING_HIDDEN = Veil()


def _spellings(value: str) -> list[str]:
    in_json = (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    return list(dict.fromkeys((value, *in_json, quote(value, safe=""), quote_plus(value))))


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield path, value
        case Mapping():
            for key, inner in value.items():
                yield from _texts(inner, f"{path}.{key}" if path else str(key))
        case list():
            for index, inner in enumerate(value):
                yield from _texts(inner, f"{path}.{index}")


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case str():
            return change(value)
        case Mapping():
            return {change(key): _mapped(inner, change) for key, inner in value.items()}
        case list() | tuple():
            return [_mapped(inner, change) for inner in value]
    return value
