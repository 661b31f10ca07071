"""Rows of a file for an import that can stop after any of them and go on from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where the next row begins: the byte, the line, and what the header said. JSON by `to_json`.

    A file of JSON Lines has no header, and no delimiter.
    """

    offset: int
    line: int
    header: tuple[str, ...] = ()
    delimiter: str | None = None

    @property
    def is_json(self) -> bool:
        """Whether each row is an object of JSON."""
        return self.delimiter is None

    def to_json(self) -> dict[str, Any]:
        """The checkpoint as a job keeps it."""
        return {"offset": self.offset, "line": self.line, "header": list(self.header), "delimiter": self.delimiter}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Checkpoint:
        """The checkpoint that `to_json` wrote."""
        return cls(data["offset"], data["line"], tuple(data["header"]), data["delimiter"])


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line (from 1), its values or the reason why it has none, and where to go on after it.

    The values are texts by column, of JSON Lines JSON by name.
    """

    line: int
    checkpoint: Checkpoint
    values: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None
