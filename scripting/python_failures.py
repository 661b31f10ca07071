"""An uncaught error of a Python script, as the value that everyone outside sees."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from types import TracebackType

from scripting.guards_text import clean, text
from scripting.model import Json, Threw
from scripting.policy_names import BODY
from scripting.policy_problems import clipped, quoted_line
from scripting.runtime import HostError
from scripting.stubs.python_errors import RunEnded, ScriptException
from scripting.stubs.python_values import NotJson, to_result

UNCAUGHT = "unknownError"
_MESSAGE_CHARACTERS = 8000
_STACK_FRAMES = 30


def failure(error: BaseException, path: str, sources: Mapping[str, str]) -> Threw:
    """Where and why the script at `path` failed. sources: the texts whose lines may be at fault, by path."""
    frames = [frame for frame in _frames(error.__traceback__) if frame.filename in sources]
    code, message, info = _told(error)
    if not frames:
        return Threw(code, _clipped(message), info, path)
    last = frames[-1]
    quoted = quoted_line(sources[last.filename], last.lineno)
    return Threw(
        code=code,
        message=_clipped(message),
        additional_info=info,
        path=last.filename,
        line=last.lineno,
        column=_column(last, quoted),
        quoted=clipped(quoted),
        stack="\n".join(_shown(frame) for frame in frames[-_STACK_FRAMES:]),
    )


def _frames(trace: TracebackType | None) -> Iterator[traceback.FrameSummary]:
    while trace is not None:
        code = trace.tb_frame.f_code
        positions = list(code.co_positions())[trace.tb_lasti // 2]
        yield traceback.FrameSummary(
            code.co_filename, positions[0] or trace.tb_lineno, code.co_name, lookup_line=False, line="",
            colno=positions[2],
        )  # fmt: skip
        trace = trace.tb_next


def _column(frame: traceback.FrameSummary, quoted: str | None) -> int | None:
    # Python counts columns in bytes of UTF-8, people count characters.
    if frame.colno is None or quoted is None:
        return None
    return len(quoted.encode()[: frame.colno].decode(errors="ignore")) + 1


def _shown(frame: traceback.FrameSummary) -> str:
    name = "script" if frame.name == BODY else frame.name
    return f"at {name} ({frame.filename}:{frame.lineno})"


def _told(error: BaseException) -> tuple[str, str, dict[str, Json]]:
    if isinstance(error, HostError):
        return error.code, str(error), dict(error.additional_info)
    try:
        if isinstance(error, ScriptException):
            return error._code, error._message, _info(error)
        return UNCAUGHT, f"{type(error).__name__}: {text(error)}".removesuffix(": "), {}
    except (Exception, RunEnded):  # the script's own __str__ failed
        return UNCAUGHT, type(error).__name__, {}


def _info(error: ScriptException) -> dict[str, Json]:
    try:
        info = to_result(error._info, "additionalInfo")
    except NotJson:
        return {}
    return info if isinstance(info, dict) else {}


def _clipped(message: str) -> str:
    message = clean(message)
    return message if len(message) <= _MESSAGE_CHARACTERS else message[:_MESSAGE_CHARACTERS] + "..."
