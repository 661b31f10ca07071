"""A runtime for tests of the host: the script is full CPython, as an attacker has it who broke the policy.

`main` is a zygote's entry with this runtime for both languages; the script sees `variables`, `host` and
`seed`, and its value is what it assigns to `result`.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from types import CodeType

from scripting import zygote
from scripting.model import Json, Language, Threw
from scripting.runtime import Host, ScriptFailed


class FakeRuntime:
    """A compiled script without any policy."""

    def __init__(self, path: str, code: CodeType) -> None:
        self._path = path
        self._code = code

    def image(self) -> str:
        """None."""
        return ""

    def rest(self) -> None:
        """Nothing to make."""

    def run(self, variables: Mapping[str, Json], host: Host, seed: str) -> Json:
        """The script's `result`."""
        names: dict[str, object] = {"variables": variables, "host": host, "seed": seed, "result": None}
        try:
            exec(self._code, names)
        except (MemoryError, SystemExit):
            raise
        except Exception as error:
            raise ScriptFailed(Threw(getattr(error, "code", "unknownError"), str(error), path=self._path)) from error
        return names["result"]


def compile(path: str, source: str, sources: Mapping[str, str], image: str = "") -> FakeRuntime:
    """See scripting.runtime.Compile."""
    try:
        return FakeRuntime(path, builtins.compile(source, path, "exec"))
    except SyntaxError as error:
        threw = Threw("badRequest", error.msg, path=path, line=error.lineno, column=error.offset)
        raise ScriptFailed(threw) from error


def main() -> None:
    """The zygote's entry."""
    zygote.main(dict.fromkeys(Language, __name__))
