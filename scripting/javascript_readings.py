"""The functions that a script in JavaScript may be the body of. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scripting.quickjs_library import Load

VARIABLES = ("record", "oldRecord", "params", "query", "action", "event", "request")
_DECLARED = {name: re.compile(rf"\bvar\s[^;]*?\b{name}\b") for name in VARIABLES}


@dataclass(frozen=True, slots=True)
class Reading:
    """A script as a function: an expression, and the variables that are its arguments."""

    text: str
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A reading that is parsed no more."""

    load: Load
    names: Sequence[str]


def readings(source: str, *, line: int) -> Iterator[Reading]:
    """The readings of a script that begins below this line, likeliest first.

    A variable that the script declares again (`var params = params || {}`) has to be an argument to keep its
    value; one that it declares with `let` may not be one. `await` belongs to async functions alone.
    """
    declared = [name for name, pattern in _DECLARED.items() if name in source and pattern.search(source)]
    for kind in ("function", "async function") if "await" in source else ("function",):
        for names in (declared, []) if declared else ([],):
            yield Reading("\n" * (line - 1) + f"({kind} ({', '.join(names)}) {{\n{source}\n}})", names)
