"""The one class of errors with a code, as scripts catch, raise and extend it."""

# ruff: noqa: N802, N803 - the names are those of the scripting API
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn, ParamSpec, TypeVar

from scripting.model import Json
from scripting.runtime import HostError

P = ParamSpec("P")
T = TypeVar("T")


class ScriptException(Exception):
    """An error with a code (seed 003 and docs/scripting.md list the codes), a message and additional information."""

    def __init__(self, code: object = None, message: object = None, additionalInfo: object = None) -> None:
        self._code = code if type(code) is str else "unknownError"
        self._message = message if type(message) is str else ""
        self._info = additionalInfo if type(additionalInfo) is dict else {}
        super().__init__(f"{self._code}: {self._message}")

    def code(self) -> str:
        """One of the codes of the scripting API, or the script's own."""
        return self._code

    def message(self) -> str:
        """For people."""
        return self._message

    def additionalInfo(self) -> dict[str, Json]:
        """Details; {} if there are none."""
        return self._info

    def throw(self) -> NoReturn:
        """Raises this error."""
        raise self


ERROR_METHODS = frozenset({"code", "message", "additionalInfo", "throw"})


def bad_request(message: str, additional_info: Mapping[str, Json] | None = None) -> ScriptException:
    """An argument is malformed."""
    return ScriptException("badRequest", message, dict(additional_info or {}))


def for_script(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs the step; a refusal of the host becomes the script's own kind of error."""
    try:
        return step(*args, **kwargs)
    except HostError as error:
        refusal = error
    raise ScriptException(refusal.code, refusal.message, dict(refusal.additional_info))


class RunEnded(BaseException):
    """The run is over, whatever the script does next: no script can catch it."""
