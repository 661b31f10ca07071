"""What is wrong with a script before it runs: a push and `headrace run` ask this first."""

from __future__ import annotations

import asyncio

from engine.apps.folder import Check
from scripting.host import ScriptHost
from scripting.model import Language, Program, Threw

# A folder may have a thousand scripts; each check is a process.
_AT_ONCE = 4
# Enough of a minified line to find the place.
_QUOTED = 80


def checker(scripts: ScriptHost) -> Check:
    """The check for `engine.apps.push`: `path:line:column: message` with the line below it, or None."""
    free = asyncio.Semaphore(_AT_ONCE)

    async def check(language: str, path: str, source: str) -> str | None:
        async with free:
            found = await scripts.check(Program(Language(language), path, source))
        return None if found is None else describe(found)

    return check


def describe(threw: Threw) -> str:
    """Where, what, and the line with a mark below the column; of every error that the compiler found."""
    found = threw.additional_info.get("errors")
    if not isinstance(found, list):
        return _describe(threw.path, threw.line, threw.column, threw.quoted, threw.message)
    return "\n".join(
        _describe(threw.path, error.get("line"), error.get("column"), error.get("quoted"), error["message"])
        for error in found
    )


def _describe(path: str | None, line: int | None, column: int | None, quoted: str | None, message: str) -> str:
    place = ":".join(str(part) for part in (path, line, column) if part is not None)
    if quoted is None:
        return f"{place}: {message}"
    return "\n".join([f"{place}: {message}", *(f"    {line}" for line in _quote(quoted, column))])


def _quote(quoted: str, column: int | None) -> list[str]:
    """The line, or the part of a long one around the column, and the mark; tabs stay tabs in both."""
    start = 0 if column is None else max(0, column - _QUOTED)
    shown = quoted[start : start + _QUOTED + 20]
    if column is None:
        return [shown]
    before = quoted[start : column - 1].ljust(column - 1 - start)
    return [shown, "".join("\t" if character == "\t" else " " for character in before) + "^"]
