"""What is wrong with a script before it runs, as values with their place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from scripting.model import Json, Threw
from scripting.runtime import ScriptFailed

_SHOWN_CHARACTERS = 400
_SHOWN_PROBLEMS = 100
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend; line and column count from 1."""

    line: int
    column: int
    message: str


def quoted_line(source: str, line: int | None) -> str | None:
    """The text of a line, counted from 1, as the parser counts them."""
    if line is None or line < 1:
        return None
    lines = _LINE_END.split(source)
    return lines[line - 1] if line <= len(lines) else None


def clipped(line: str | None) -> str | None:
    """A line short enough to show."""
    return line if line is None or len(line) <= _SHOWN_CHARACTERS else line[:_SHOWN_CHARACTERS] + "..."


def rejected(path: str, source: str, problems: Sequence[Problem]) -> ScriptFailed:
    """The failure that tells the first problem, and all of them in `errors`."""
    ordered = sorted(set(problems))
    first = ordered[0]
    rest = f" (and {len(ordered) - 1} more)" if len(ordered) > 1 else ""
    return ScriptFailed(
        Threw(
            code="badRequest",
            message=first.message + rest,
            additional_info={"errors": [_as_json(source, problem) for problem in ordered[:_SHOWN_PROBLEMS]]},
            path=path,
            line=first.line,
            column=first.column,
            quoted=clipped(quoted_line(source, first.line)),
        )
    )


def _as_json(source: str, problem: Problem) -> Json:
    return {
        "message": problem.message,
        "line": problem.line,
        "column": problem.column,
        "quoted": clipped(quoted_line(source, problem.line)),
    }
