"""Python scripts: compiled by the policy, run in fresh globals behind the guards."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from types import FrameType

from scripting import guards, python_image
from scripting import policy_names as names
from scripting.facades.namespace import Context
from scripting.facades.table import MODULES
from scripting.guards_builtins import BUILTINS
from scripting.guards_classes import metaclass
from scripting.guards_text import formatted, logged, modulo
from scripting.model import Json, Threw
from scripting.policy import Body, compile_script
from scripting.python_failures import failure
from scripting.python_host import RunHost
from scripting.python_modules import Modules, module_names
from scripting.runtime import Host, ScriptFailed
from scripting.stubs.python import Sys
from scripting.stubs.python_calls import Calls
from scripting.stubs.python_errors import RunEnded, ScriptException, bad_request
from scripting.stubs.python_values import NotJson, to_result
from scripting.values import BadValue, check

GUARDS: Mapping[str, object] = {
    names.APPLY: guards.apply,
    names.AUGMENT_ATTRIBUTE: guards.augment_attribute,
    names.AUGMENT_ITEM: guards.augment_item,
    names.EXCEPTION: Exception,
    names.FATAL: (MemoryError, RunEnded),
    names.FORMAT: formatted,
    names.GET_ATTRIBUTE: guards.get_attribute,
    names.GET_ITEM: guards.get_item,
    names.GET_ITERATOR: guards.get_iterator,
    names.IN_PLACE: guards.in_place,
    names.MODULO: modulo,
    names.SUPER_METHOD: guards.super_method,
    names.WRITE_ATTRIBUTE: guards.write_attribute,
    names.WRITE_ITEM: guards.write_item,
    "__name__": "script",
}


def compile(path: str, source: str, sources: Mapping[str, str], image: str = "") -> Python:
    """The script, ready to run as often as one likes; ScriptFailed lists what does not compile, and where."""
    if image:
        return Python(path, *python_image.load(image), {path: source, **sources})
    shared = module_names({other: text for other, text in sources.items() if other != path})
    importable = {*MODULES, *shared}
    body = compile_script(path, source, modules=importable)
    modules: dict[str, Body] = {}
    wanted = [*body.imports]
    while wanted:
        name = wanted.pop()
        if name in shared and name not in modules:
            modules[name] = compile_script(shared[name], sources[shared[name]], modules=importable)
            wanted.extend(modules[name].imports)
    return Python(path, body, modules, {path: source, **sources})


def stock() -> None:
    """Makes what is around the first run of each child; after the fork no two children share it."""
    _spare.append(_Run())


class Python:
    """A compiled Python script and the shared code that it imports."""

    def __init__(self, path: str, body: Body, modules: Mapping[str, Body], sources: Mapping[str, str]) -> None:
        self._path = path
        self._body = body
        self._modules = modules
        self._sources = sources

    def image(self) -> str:
        """See runtime.Runtime."""
        return python_image.dump(self._body, self._modules)

    def rest(self) -> None:
        """See runtime.Runtime."""
        if not _spare:
            stock()

    def run(self, variables: Mapping[str, Json], host: Host, seed: str) -> Json:
        """The script's value; ScriptFailed if it threw, or if its value is not JSON."""
        if host.traced:
            host.where = self._where
        run = _spare.pop() if _spare else _Run()
        run.door.open(host)
        ended = self._ended(run, variables, seed)
        run.door.close()
        self._drop_generators()
        if isinstance(ended, Threw):
            raise ScriptFailed(ended)
        return ended

    def _ended(self, run: _Run, variables: Mapping[str, Json], seed: str) -> Json | Threw:
        try:
            return run.value(self._body, self._modules, variables, seed)
        except MemoryError:
            raise
        except Exception as error:
            return failure(error, self._path, self._sources)

    def _drop_generators(self) -> None:
        # What is left of them runs its `finally` now, within the limits of its own run, not in the next one.
        bodies = [self._body, *self._modules.values()]
        if any(body.has_yield for body in bodies) and any(body.has_finally for body in bodies):
            while gc.collect():
                pass

    def _where(self) -> str:
        frame: FrameType | None = sys._getframe()
        while frame is not None and frame.f_code.co_filename not in self._sources:
            frame = frame.f_back
        return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else ""


class _Run:
    """One run, with globals, modules and serial numbers of its own. It may be made long before its script is known."""

    def __init__(self) -> None:
        self.door = RunHost()
        self._calls = Calls(self.door)
        self._sys = Sys(self._calls, logged)
        self._bodies: Mapping[str, Body] = {}
        self._guards: dict[str, object] = {
            **GUARDS,
            names.METACLASS: metaclass(),
            "__builtins__": {
                **BUILTINS,
                "sys": self._sys.namespace(),
                "log": self._sys.log,
                "print": self._sys.log,
                "ScriptException": ScriptException,
            },
        }

    def value(self, body: Body, bodies: Mapping[str, Body], variables: Mapping[str, Json], seed: str) -> Json:
        """What the script returned, or its share of an executeInJob."""
        modules = Modules(Context(self.door, seed), bodies, self._execute)
        self._bodies = bodies
        self._guards[names.IMPORT] = modules.imported
        self._guards[names.IMPORT_FROM] = modules.imported_from
        returned: object = None
        try:
            returned = body.execute({**self._sys.variables(variables), **self._guards})
        except RunEnded:
            pass
        except Exception:
            if not self._calls.over:
                raise
        share = self._sys.share
        return _result(returned if share is None else share.value())

    def _execute(self, name: str) -> Mapping[str, object]:
        scope = dict(self._guards)
        self._bodies[name].execute(scope)
        return {key: value for key, value in scope.items() if not names.is_private(key)}


def _result(value: object) -> Json:
    try:
        plain = to_result(value, "result")
        check(plain, "result")
    except (NotJson, BadValue) as error:
        problem = str(error)
    else:
        return plain
    raise bad_request(problem)


_spare: list[_Run] = []
