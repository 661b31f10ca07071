"""Runs attempts to break out of the policy, in this process and without the walls of the sandbox."""

from __future__ import annotations

from scripting.model import Json
from tests.scripting.python.scripts import FakeHost, failure, run

# What an attacker wants to see in the text of a value: the real interpreter.
ADDRESS = " at 0x"


def refused(source: str, *, host: FakeHost | None = None, **variables: Json) -> str:
    """The message of the failure; the attempt fails the test if the script ends well."""
    return failure(source, host=host, **variables).message


def survives(source: str, *, host: FakeHost | None = None, **variables: Json) -> Json:
    """The value of an attempt that is allowed to run, and must not have reached anything."""
    return run(source, host=host, **variables)
