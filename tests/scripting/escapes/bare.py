"""Full CPython for scripts: what is left of the sandbox when the language layer is gone.

`main` is a zygote's entry with this runtime for both languages: a script sees the API and the real interpreter,
with the modules that attackers like already imported, for a locked child can import nothing.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import os
import struct
from collections.abc import Mapping
from types import CodeType, FunctionType, SimpleNamespace

import msgpack

from scripting import zygote
from scripting.facades.namespace import Kind, Namespace
from scripting.guards_text import logged
from scripting.model import Json, Language, Threw
from scripting.runtime import Host, ScriptFailed
from scripting.stubs.python import Sys
from scripting.stubs.python_calls import Calls
from scripting.stubs.python_errors import ScriptException

SOCKET = 3
_WANTED = (
    "ctypes dataclasses decimal fcntl functools gc heapq http.client importlib inspect io json mmap "
    "multiprocessing.shared_memory operator pickle pty random resource select signal socket statistics string "
    "subprocess tempfile threading time typing urllib.request weakref collections itertools math re datetime copy "
    "codecs types builtins encodings.idna encodings.rot_13 unicodedata asyncio"
)
for _name in _WANTED.split():
    importlib.import_module(_name)


def wrapped(source: str, path: str) -> CodeType:
    """The source as the body of a function `body`, as the policy wraps it, but without the policy."""
    tree = ast.parse("def body(): pass")
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = [*ast.parse(source, path).body, ast.Pass()]
    return builtins.compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


def execute(code: CodeType, variables: Mapping[str, Json], host: Host) -> object:
    """What the body returns."""
    sys = Sys(Calls(host), logged)
    scope: dict[str, object] = {
        **sys.variables(variables),
        "sys": _plain(sys.namespace()),
        "log": sys.log,
        "host": host,
        "ScriptException": ScriptException,
        "frame": frame,
        "send": send,
        "wait": wait,
    }
    exec(code, scope)
    body = scope["body"]
    assert isinstance(body, FunctionType)
    return body()


def frame(parts: object) -> bytes:
    """A frame with a correct header around anything."""
    body: bytes = msgpack.packb(parts)
    return struct.pack("!I", len(body)) + body


def send(data: bytes) -> None:
    """Bytes behind the protocol's back."""
    while data:
        data = data[os.write(SOCKET, data) :]


def wait() -> bytes:
    """What the host says next; blocks."""
    return os.read(SOCKET, 65_536)


def _plain(value: object) -> object:
    if isinstance(value, Namespace) and not isinstance(value, Kind):
        return SimpleNamespace(**{name: _plain(member) for name, member in value._members.items()})
    return value


class BareRuntime:
    """A script without any policy."""

    def __init__(self, path: str, code: CodeType) -> None:
        self._path = path
        self._code = code

    def image(self) -> str:
        """None."""
        return ""

    def rest(self) -> None:
        """Nothing to make."""

    def run(self, variables: Mapping[str, Json], host: Host, seed: str) -> Json:
        """What the script returns, as text if it is no JSON."""
        try:
            value = execute(self._code, variables, host)
        except Exception as error:
            raise ScriptFailed(Threw("unknownError", f"{type(error).__name__}: {error}", path=self._path)) from None
        return value if value is None or type(value) in (str, int, float, bool, list, dict) else str(value)


def compile(path: str, source: str, sources: Mapping[str, str], image: str = "") -> BareRuntime:
    """See scripting.runtime.Compile."""
    try:
        return BareRuntime(path, wrapped(source, path))
    except SyntaxError as error:
        raise ScriptFailed(Threw("badRequest", str(error.msg), path=path)) from None


def main() -> None:
    """The zygote's entry."""
    zygote.main(dict.fromkeys(Language, __name__))
