"""`import … from "x"` at the head of a script becomes `const … = require("x")`, line by line. No I/O.

A script here is the body of a function, which may not have imports. They stand before everything else but comments,
as they do wherever people write them; further down they stay the syntax error that they are.
"""

from __future__ import annotations

import re

_NAME = r"[A-Za-z_$][\w$]*"
_SKIPPED = re.compile(r"\s+|//[^\n]*|/\*.*?\*/|(['\"])use strict\1;?", re.DOTALL)
_IMPORT = re.compile(
    rf"""import\b(?:\s*(?P<default>{_NAME})(?=\s*,|\s+from\b))?\s*,?
    \s*(?:\*\s*as\s+(?P<all>{_NAME})|(?P<some>\{{[^{{}}'"]*\}}))?
    \s*(?P<from>from\b)?\s*(?P<path>'[^'\n]*'|"[^"\n]*")[ \t]*;?""",
    re.VERBOSE,
)
_RENAMED = re.compile(rf"({_NAME})(\s+)as(\s+)({_NAME})")


def as_requires(source: str) -> str:
    """The source with the imports at its head as calls of `require`; each line keeps its number."""
    if "import" not in source:
        return source
    place = 0
    made: list[str] = []
    while True:
        if skipped := _SKIPPED.match(source, place):
            made.append(skipped[0])
            place = skipped.end()
        elif (found := _IMPORT.match(source, place)) and (text := _require(found)) is not None:
            made.append(text + "\n" * (found[0].count("\n") - text.count("\n")))
            place = found.end()
        else:
            return "".join(made) + source[place:]


def _require(found: re.Match[str]) -> str | None:
    """The statement; None if this is no import after all, such as import("x")."""
    call = f"require({found['path']})"
    names = [name for name in (found["default"], found["all"]) if name is not None]
    if found["some"] is not None:
        names.append(_RENAMED.sub(r"\1\2:\3\4", found["some"]))
    if bool(names) != (found["from"] is not None):
        return None
    if not names:
        return f"{call};"
    return "const " + ", ".join(f"{name} = {call}" for name in names) + ";"
