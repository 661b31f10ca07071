"""Scripts in JavaScript: QuickJS, with `sys` from stubs/*.js and the one way out, the host's `call`.

Each run has a context of its own: heap, globals, prototypes. Nothing that a script does to them
outlives it. The engine sees three functions of Python (call, clock, source of shared code) and a fourth
that ends the run; none ever raises into it, because QuickJS would hand the script the exception.

The engine names every source `<input>`, so line numbers tell sources apart: the stubs have the first
lines, the script the next, each `require`d file the following ones.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

# Not the package `quickjs` around it: that one starts a thread when it is imported, and a process that forks must
# have one only. A child of a fork in the wrong moment waited for that thread for ever (docs/decisions.md).
import _quickjs as quickjs

from scripting.digests import sha256
from scripting.imports import as_requires
from scripting.javascript_readings import Compiled, Reading, readings
from scripting.model import Json, Threw
from scripting.quickjs_library import collect_late, compiled
from scripting.runtime import Host, HostError, ScriptFailed
from scripting.stubs import api
from scripting.values import BadValue, check

STUBS = (
    "prelude",
    "clock",
    "exceptions",
    "secrets",
    "border",
    "resultset",
    "objects",
    "sys",
    "require",
    "boot",
)
# Room for 2,400 nested calls; the main thread of a process usually has 8 MiB.
STACK_BYTES = 4 * 1024 * 1024
# json.dumps with options makes an encoder for each call, which takes twice as long.
_dumps = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_STOCK = 2
_ERROR_CODE = "javascriptException"
_FRAME = re.compile(r"^ *at .*?\((.*):(\d+):(\d+)\)$", re.MULTILINE)
_THROW_NULL = re.compile(r"\b(throw|reject)\s*\(?\s*null\b")
_OUT_OF_MEMORY = "InternalError: out of memory"
_MEMORY = "the script's memory is used up"


def compile(path: str, source: str, sources: Mapping[str, str], image: str = "") -> JavaScript:
    """The script, ready to run; ScriptFailed with path, line and column if its syntax is wrong."""
    return JavaScript(path=path, source=source, sources=sources)


def stock() -> None:
    """Makes the engines of the rehearsal and of the first run of each child.

    An engine takes 0.57 ms, nearly all of it for the stubs. After the fork no two children share them: the kernel
    copies what a child touches. Each one makes every fork 0.02 ms dearer, so there are few (docs/decisions.md).
    """
    _spare.extend(_Engine() for _ in range(_STOCK))


class JavaScript:
    """A compiled script. The context that proved its syntax serves its first run."""

    def __init__(self, *, path: str, source: str, sources: Mapping[str, str]) -> None:
        self._path = path
        self._source = "//" + source[2:] if source.startswith("#!") else source
        self._sources = dict(sources)
        self._compiled: Compiled | None = None
        self._used: _Engine | None = None
        self._next: _Engine | None = self._first()

    def image(self) -> str:
        """None: QuickJS parses faster than anything could be sent."""
        return ""

    def rest(self) -> None:
        """Frees the heap of the last run and makes the next one's.

        Freeing a heap touches all of it. Most children end after one run and are spared that.
        """
        if self._used is not None:
            self._used.close()
            self._used = None
        self._next = self._next or self._another()

    def run(self, variables: Mapping[str, Json], host: Host, seed: str) -> Json:
        """The script's value, JSON, null for none. ScriptFailed if it threw, MemoryError past the heap's limit."""
        self.rest()
        assert self._next is not None
        engine, self._next = self._next, None
        self._used = engine
        outcome = engine.run(variables, host, seed)
        if "threw" in outcome:
            raise ScriptFailed(self._threw(outcome["threw"]))
        if "null" in outcome and self._throws_null():
            raise ScriptFailed(Threw(_ERROR_CODE, "null", path=self._path))
        if "value" not in outcome:
            raise MemoryError(_MEMORY)
        return cast(Json, outcome["value"])

    def _first(self) -> _Engine:
        engine = _spare.pop() if _spare else _Engine()
        try:
            self._reading = engine.compile(self._path, self._source, self._sources)
        except quickjs.JSException as error:
            _raise_memory(error)
            message, _, stack = str(error).partition("\n")
            raise ScriptFailed(self._threw({"code": _ERROR_CODE, "message": message, "stack": stack})) from None
        return engine

    def _another(self) -> _Engine:
        """For a child that is kept: it parses the script once more, and never again."""
        if self._compiled is None:
            self._compiled = Compiled(compiled(self._reading.text), self._reading.names)
        engine = _spare.pop() if _spare else _Engine()
        engine.load(self._path, self._source, self._sources, self._compiled)
        return engine

    def _throws_null(self) -> bool:
        """QuickJS throws null when its heap is too full for an error; a script that does so too is rare."""
        return any(_THROW_NULL.search(source) for source in (self._source, *self._sources.values()))

    def _threw(self, error: Mapping[str, Any]) -> Threw:
        """The child's own description of its error, believed in nothing but its shape."""
        stack = _clean(str(error.get("stack") or ""))
        path, line, column = self._path, None, None
        frame = _FRAME.search(stack)
        # A script can write its errors' stacks; only its own files are taken from them.
        if frame and (frame[1] == self._path or frame[1] in self._sources):
            path, line, column = self._within(frame[1], int(frame[2]), int(frame[3]))
        return Threw(
            code=_clean(str(error["code"])),
            message=_clean(str(error["message"])),
            additional_info=_info(error.get("info")),
            path=path,
            line=line,
            column=column,
            quoted=self._quoted(path, line),
            stack=stack.rstrip("\n") or None,
        )

    def _within(self, path: str, line: int, column: int) -> tuple[str, int, int]:
        """The place, or the end of the file if it lies behind it."""
        lines = self._lines(path)
        return (path, line, column) if line <= len(lines) or not lines else (path, len(lines), len(lines[-1]) + 1)

    def _quoted(self, path: str, line: int | None) -> str | None:
        lines = self._lines(path)
        return lines[line - 1].rstrip("\r") if line is not None and 0 < line <= len(lines) else None

    def _lines(self, path: str) -> list[str]:
        source = self._source if path == self._path else self._sources.get(path)
        return source.split("\n") if source is not None else []


class _Engine:
    """One context with `sys` in it, for one script and one run."""

    def __init__(self) -> None:
        self._host: Host | None = None
        self._seed = ""
        self._sources: Mapping[str, str] = {}
        self._ended: str | None = None
        self._fatal: BaseException | None = None
        self._context = quickjs.Context()
        collect_late(self._context)
        self._context.set_max_stack_size(STACK_BYTES)
        self._boot = self._load_stubs()

    def compile(self, path: str, source: str, sources: Mapping[str, str]) -> Reading:
        """Parses the script; quickjs.JSException tells where its syntax is wrong."""
        self._place(path, source, sources)
        failures: list[quickjs.JSException] = []
        for reading in readings(as_requires(source), line=_BASE):
            try:
                self._script, self._names = self._context.eval(reading.text), reading.names
            except quickjs.JSException as error:
                failures.append(error)
            else:
                return reading
        # Each reading fails at its own place; the one that got furthest met the author's mistake.
        raise max(failures, key=_position)

    def load(self, path: str, source: str, sources: Mapping[str, str], compiled: Compiled) -> None:
        """Takes over what another engine of this process has parsed."""
        self._place(path, source, sources)
        self._script, self._names = compiled.load(self._context), compiled.names

    def _place(self, path: str, source: str, sources: Mapping[str, str]) -> None:
        self._sources = sources
        # One line more, for mistakes that show behind the end.
        self._boot("program", path, _BASE + 1, source.count("\n") + 2)

    def run(self, variables: Mapping[str, Json], host: Host, seed: str) -> dict[str, Any]:
        """{"value": ...}, {"threw": ...}, {"memory": true} or {"null": true}; raises what the host's side raised."""
        self._host, self._seed = host, seed
        self._context.set_memory_limit(host.memory_bytes)
        try:
            text = self._evaluate(_dumps(dict(variables)), traced=host.traced)
        except quickjs.JSException as error:
            text = self._after_exception(error)
        if self._fatal is not None:
            raise self._fatal
        outcome: dict[str, Any] = json.loads(text if self._ended is None else self._ended)
        return outcome

    def _evaluate(self, variables: str, *, traced: bool) -> str:
        self._boot("start", self._script, variables, _dumps(self._names) if self._names else "", traced)
        while not self._over and self._context.execute_pending_job():
            pass
        return "" if self._over else str(self._boot("finish"))

    def _after_exception(self, error: quickjs.JSException) -> str:
        if self._over:
            return ""
        _raise_memory(error)
        message, _, stack = str(error).partition("\n")
        return _dumps({"threw": {"code": _ERROR_CODE, "message": message, "stack": stack}})

    def close(self) -> None:
        """Lets go of the heap at once: the context holds our functions, and they hold us."""
        del self._context, self._boot, self._script

    def _load_stubs(self) -> Callable[..., Any]:
        functions = {"call": self._call, "now": self._now, "seed": self._words, "end": self._end}
        functions |= {"source": self._read, "builtin": MODULES.get}
        for name, function in functions.items():
            self._context.add_callable(f"__{name}", function)
        return cast(Callable[..., Any], _load(self._context)())

    @property
    def _over(self) -> bool:
        return self._ended is not None or self._fatal is not None

    def _call(self, method: str, args: str, place: str = "") -> str:
        if self._over or self._host is None:
            return _refusal("systemException", "There is no run to call from", {})
        if place:
            self._host.where = lambda: place
        try:
            text = _dumps(self._host.call(method, json.loads(args)))
        except HostError as error:
            return _refusal(error.code, error.message, error.additional_info)
        except BaseException as error:  # whatever it is, it may not reach the script
            return self._die(error)
        return ("d" if '"$' in text else "v") + text

    def _now(self) -> float:
        if self._over or self._host is None:
            return 0.0
        try:
            return float(self._host.now_ms())
        except BaseException as error:  # as above
            self._die(error)
            return 0.0

    def _words(self) -> str:
        try:
            return _dumps(_seed_words(self._seed))
        except BaseException as error:  # as above
            return self._die(error)

    def _read(self, path: str) -> str | None:
        source = self._sources.get(path)
        return None if source is None else as_requires(source)

    def _end(self, outcome: str) -> None:
        self._ended = outcome
        self._starve()

    def _die(self, error: BaseException) -> str:
        self._fatal = error
        self._starve()
        return ""

    def _starve(self) -> None:
        # QuickJS lets nobody throw past a script's `catch` and `finally`; without stack and memory they
        # can run no function and make no object, so the run ends. A bare endless loop is left to the CPU limit.
        self._context.set_max_stack_size(1)
        self._context.set_memory_limit(1)


def _raise_memory(error: quickjs.JSException) -> None:
    if str(error).startswith(_OUT_OF_MEMORY) or str(error).strip() in ("null", ""):
        raise MemoryError(_MEMORY) from None


def _position(error: quickjs.JSException) -> tuple[int, int]:
    frame = _FRAME.search(str(error))
    return (int(frame[2]), int(frame[3])) if frame else (0, 0)


def _refusal(code: str, message: str, info: Mapping[str, Json]) -> str:
    return "e" + _dumps({"code": code, "message": message, "additionalInfo": dict(info)})


def _info(text: Any) -> dict[str, Json]:
    try:
        info = json.loads(text) if isinstance(text, str) else {}
        check(info, "additionalInfo")
    except (BadValue, ValueError, RecursionError):
        return {}
    return info if isinstance(info, dict) else {}


def _clean(text: str) -> str:
    """Text that the border lets through: no NUL, no half of a surrogate pair."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


def _seed_words(seed: str) -> list[int]:
    digest = sha256(seed.encode()).digest()
    return [int.from_bytes(digest[at : at + 4], "big") for at in (0, 4, 8, 12)]


def _read_stubs() -> str:
    folder = Path(__file__).parent / "stubs"
    body = "".join((folder / f"{name}.js").read_text(encoding="utf-8") for name in STUBS)
    return f"(function () {{ 'use strict'; {_TAKE_HOST} const table = {_table()};\n{body}}})"


def _read_modules() -> dict[str, str]:
    folder = Path(__file__).parent / "stubs" / "modules"
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.js"))}


# The host's functions leave the globals before any script is there.
_TAKE_HOST = (
    "const host = {}; "
    "for (const name of ['call', 'now', 'seed', 'end', 'source', 'builtin']) "
    "{ host[name] = globalThis['__' + name]; delete globalThis['__' + name]; }"
)


def _table() -> str:
    """The API as JSON; each method is a text that is JSON again."""
    namespaces = {path: _methods(methods) for path, methods in api.NAMESPACES.items()}
    objects = {name: _methods(methods) for name, methods in api.OBJECTS.items()}
    return _dumps({"namespaces": namespaces, "objects": objects, "arrayLimit": api.ARRAY_LIMIT})


def _methods(methods: Mapping[str, api.Method] | Mapping[str, api.Method | api.Field]) -> dict[str, str]:
    return {name: _dumps(_method(spec)) for name, spec in methods.items()}


def _method(spec: api.Method | api.Field) -> dict[str, Json]:
    # What the stubs ask for is there, whatever a script makes objects inherit.
    if isinstance(spec, api.Field):
        return {"call": None, **asdict(spec)}
    args = [{"kind": type(part).__name__.lower(), **asdict(part)} for part in spec.args]
    expected = sum(isinstance(part, api.Arg) for part in spec.args)
    return {**asdict(spec), "args": args, "expected": expected, "own": any(isinstance(p, api.Own) for p in spec.args)}


def _use_utc() -> None:
    """The engine asks libc for local time; the process of a script lives in UTC, wherever its worker is.

    Here, at import in the zygote: libc opens its zone files at the first question, and a locked child may not.
    """
    os.environ["TZ"] = "UTC0"
    time.tzset()
    time.localtime()


# What `require` finds besides the app's own scripts, by name. Their lines lie among those of the stubs.
MODULES = _read_modules()
_STUBS = _read_stubs()
_BASE = _STUBS.count("\n") + 2
_load = compiled(_STUBS)
_use_utc()
_spare: list[_Engine] = []
