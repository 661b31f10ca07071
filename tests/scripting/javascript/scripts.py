"""Runs JavaScript in this process, against the host that remembers its calls."""

from __future__ import annotations

from collections.abc import Mapping

from scripting.javascript import compile
from scripting.model import Json, Threw
from scripting.runtime import ScriptFailed
from tests.scripting.python.scripts import FakeHost

PATH = "actions/script.js"


def run(
    source: str,
    *,
    host: FakeHost | None = None,
    sources: Mapping[str, str] | None = None,
    seed: str = "seed",
    **variables: Json,
) -> Json:
    """The script's value; ScriptFailed if it threw or does not compile."""
    return compile(PATH, source, sources or {}).run(variables, host or FakeHost(), seed)


def failure(
    source: str, *, host: FakeHost | None = None, sources: Mapping[str, str] | None = None, **variables: Json
) -> Threw:
    """How the script failed."""
    try:
        value = run(source, host=host, sources=sources, **variables)
    except ScriptFailed as failed:
        return failed.threw
    raise AssertionError(f"the script ended with {value!r}")
