"""What runs inside a child: locks itself up, compiles its program once, and runs it as often as it is told.

The child lives until its host closes the socket or kills it; it never ends in any other way than by
`os._exit`, so no finalizer of a script and no exit hook runs.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, cast

from scripting import protocol, replay
from scripting.limits import SOCKET_FD, Lock, held, limited
from scripting.model import ENDED, Json, Language, Recorded, Threw
from scripting.replay import Ahead
from scripting.runtime import CLOCK_READS_PER_TICK, Compile, HostError, Runtime, ScriptFailed
from scripting.values import BadValue

RUNTIMES: Mapping[Language, str] = {
    Language.JAVASCRIPT: "scripting.javascript",
    Language.PYTHON: "scripting.python",
}

# How a child ends when it can no longer speak; host.py turns them into outcomes.
EXIT_DONE, EXIT_MEMORY, EXIT_PROTOCOL = 0, 70, 71
_SHOWN_CHARACTERS = 20_000
_READ_BYTES = 1024 * 1024
# The host's own frames are bounded by the host.
_TRUSTED_BYTES = 2**32 - 1

# CPython itself imports them when a script's text has \\N{...}, or its date a format.
_IMPORTED_BY_C = ("unicodedata", "_strptime")

# By the text of the language: a member of an enumeration is equal to it, and dear to make.
Compilers = Mapping[str, Compile]


def load_compilers(runtimes: Mapping[Language, str]) -> Compilers:
    """Imports each runtime, once and in the zygote: a locked child can import nothing."""
    for name in _IMPORTED_BY_C:
        importlib.import_module(name)
    return {str(language): importlib.import_module(module).compile for language, module in runtimes.items()}


def stock(runtimes: Mapping[Language, str]) -> None:
    """Lets each runtime that has a `stock` make what its first runs need, so that children find it made."""
    for module in dict.fromkeys(runtimes.values()):
        if make := getattr(importlib.import_module(module), "stock", None):
            make()


def main(channel: int, *, parent: int, lock: Lock, compilers: Compilers, rehearsal: bytes) -> NoReturn:
    """The whole life of a child, whose socket is `channel`.

    `rehearsal` is what to do while it waits, or nothing (rehearsal.conversation).
    """
    code = EXIT_PROTOCOL
    try:
        lock.ahead(channel, parent=parent)
        if rehearsal:
            rehearse(rehearsal, compilers)
        _live(Wire(_read_socket, _write_socket), lock, compilers, parent)
        code = EXIT_DONE
    except MemoryError:
        code = EXIT_MEMORY
    except BaseException:  # nobody is left to tell: every descriptor but the socket is closed
        code = EXIT_PROTOCOL
    os._exit(code)


def rehearse(conversation: bytes, compilers: Compilers) -> list[protocol.Frame]:
    """Runs a script of our own as if a host said `conversation`; what the host would have heard."""
    theirs, ours = io.BytesIO(conversation), io.BytesIO()
    wire = Wire(theirs.read, ours.write)
    first = wire.receive()
    assert isinstance(first, protocol.Load)
    with contextlib.suppress(Disconnected):
        _perform(wire, first, compilers)
    ours.seek(0)
    return list(_heard(Wire(ours.read, ours.write)))


def _heard(wire: Wire) -> Iterator[protocol.Frame]:
    with contextlib.suppress(Disconnected):
        while True:
            yield wire.receive(protocol.UP)


def _live(wire: Wire, lock: Lock, compilers: Compilers, parent: int) -> None:
    first = wire.receive()
    if isinstance(first, protocol.Probe):
        _report_layers(wire, lock, parent)
    elif isinstance(first, protocol.Load):
        _serve(wire, first, lock, compilers)


def _report_layers(wire: Wire, lock: Lock, parent: int) -> None:
    layers: dict[str, Json] = dict(held(parent))
    lock.limit(name="probe", memory_bytes=1 << 28, cpu_ms=10_000)
    layers["rlimits"] = limited()
    lock.seal()
    wire.send(protocol.Layers(layers))
    # Not on the filter's list: where seccomp holds, this line is the last.
    os.getppid()


def _serve(wire: Wire, load: protocol.Load, lock: Lock, compilers: Compilers) -> None:
    gc.enable()
    lock.limit(name=load.app, memory_bytes=load.memory_bytes, cpu_ms=load.cpu_ms)
    lock.seal()
    _perform(wire, load, compilers)


def _perform(wire: Wire, load: protocol.Load, compilers: Compilers) -> None:
    wire.max_bytes = load.frame_bytes
    try:
        runtime = compilers[load.language](load.path, load.source, load.sources, load.image)
    except Exception as error:
        wire.send(_failed(error))
        _listen(wire)
    wire.send(protocol.Ready("" if load.image else runtime.image()))
    ahead = Ahead()
    while isinstance(frame := wire.receive(), protocol.Run | protocol.Ahead):
        if isinstance(frame, protocol.Ahead):
            ahead.extend(frame.replies)
        else:
            _run(runtime, frame, ahead, wire, load)
            if load.kept:
                runtime.rest()


def _listen(wire: Wire) -> NoReturn:
    """Hears whatever comes, and does nothing. The host sends a Run behind the Load: if its socket broke at that, it
    would not read what the child had said before."""
    while True:
        wire.receive()


def _run(runtime: Runtime, run: protocol.Run, ahead: Ahead, wire: Wire, load: protocol.Load) -> None:
    host = SocketHost(wire, run, ahead, load.memory_bytes)
    try:
        value = runtime.run(run.variables, host, run.seed)
        host.end()
    except (MemoryError, Disconnected):
        raise
    except BaseException as error:
        host.end()
        wire.send(_failed(error))
    else:
        _return(value, wire, load.result_bytes)


def _return(value: Json, wire: Wire, max_bytes: int) -> None:
    try:
        wire.send(protocol.Done(value), max_bytes=max_bytes)
    except protocol.FrameTooLarge as error:
        wire.send(protocol.Exceeded("result", f"the result is too large: {error}"))
    except BadValue as error:
        wire.send(_failed(ScriptFailed(Threw("badRequest", f"the result is not JSON: {error}"))))


def _failed(error: BaseException) -> protocol.Failed:
    if isinstance(error, MemoryError):
        raise error
    threw = error.threw if isinstance(error, ScriptFailed) else _unexpected(error)
    return protocol.Failed(
        code=_clean(threw.code),
        message=_clean(threw.message),
        additional_info=_clean_info(threw.additional_info),
        path=threw.path and _clean(threw.path),
        line=threw.line,
        column=threw.column,
        quoted=threw.quoted and _clean(threw.quoted),
        stack=threw.stack and _clean(threw.stack),
    )


def _unexpected(error: BaseException) -> Threw:
    if isinstance(error, HostError):
        return Threw(error.code, str(error), error.additional_info)
    return Threw("systemException", f"the script's runtime failed: {type(error).__name__}")


def _clean(text: str) -> str:
    """What a script throws may hold anything; what it reports has to cross."""
    return text[:_SHOWN_CHARACTERS].replace("\0", "\ufffd").encode(errors="replace").decode()


def _clean_info(info: Mapping[str, Json]) -> dict[str, Json]:
    clean = dict(info)
    try:
        protocol.encode(protocol.Done(clean), max_bytes=_SHOWN_CHARACTERS)
    except (BadValue, protocol.FrameTooLarge) as error:
        return {"dropped": _clean(str(error))}
    return clean


class Disconnected(BaseException):
    """The host is gone. No script may catch it, so it is not an Exception."""


class Wire:
    """Whole frames in both directions, blocking. `read` and `write` are as those of os, but for the descriptor."""

    def __init__(self, read: Callable[[int], bytes], write: Callable[[bytes], int]) -> None:
        self.max_bytes = _READ_BYTES
        self._read_some = read
        self._write_some = write

    def send(self, frame: protocol.Frame, *, max_bytes: int | None = None) -> None:
        """BadValue or FrameTooLarge, before a byte of the frame is written."""
        data = protocol.encode(frame, max_bytes=max_bytes or self.max_bytes)
        written = self._write_some(data)
        while written < len(data):
            written += self._write_some(data[written : written + _READ_BYTES])

    def receive(self, table: protocol.Table = protocol.DOWN) -> protocol.Frame:
        """The host's next frame; Disconnected at the end."""
        size = protocol.body_size(self._read(protocol.HEADER.size), max_bytes=_TRUSTED_BYTES)
        return protocol.decode(self._read(size), table)

    def _read(self, size: int) -> bytes:
        chunk = self._read_some(size if size < _READ_BYTES else _READ_BYTES)
        if len(chunk) == size:
            return chunk
        chunks: list[bytes] = []
        while size:
            if not chunk:
                raise Disconnected
            chunks.append(chunk)
            size -= len(chunk)
            chunk = self._read_some(min(size, _READ_BYTES)) if size else b""
        return b"".join(chunks)


def _read_socket(size: int) -> bytes:
    return os.read(SOCKET_FD, size)


def _write_socket(data: bytes) -> int:
    try:
        return os.write(SOCKET_FD, data)
    except OSError as error:
        raise Disconnected from error


class SocketHost:
    """The host as the runtimes see it (runtime.Host)."""

    def __init__(self, wire: Wire, run: protocol.Run, ahead: Ahead, memory_bytes: int) -> None:
        self.memory_bytes = memory_bytes
        self.traced = run.traced
        self.where: Callable[[], str] = str
        self._wire = wire
        self._ahead = ahead
        self._now_ms = run.start_ms
        self._seq = 0
        self._clock_reads = 0

    def call(self, method: str, args: list[Json]) -> Json:
        """The host's answer; HostError if it refused, or if the arguments may not cross."""
        if self._ahead and (recorded := self._ahead.take(method, args)):
            return self._replay(recorded)
        try:
            self._wire.send(self._frame(method, args))
        except (BadValue, protocol.FrameTooLarge) as error:
            raise HostError("badRequest", f"{method}: {error}", {}) from None
        self._seq += 1
        self._clock_reads = 0
        return self._reply()

    def end(self) -> None:
        """The script is over; Disconnected, by the host, if it did more when it ran before."""
        if self._ahead:
            self.call(ENDED, [])

    def now_ms(self) -> int:
        """The script's clock; see runtime.Host."""
        if self._clock_reads >= CLOCK_READS_PER_TICK:
            self.call("script.tick", [])
        self._clock_reads += 1
        return self._now_ms

    def _frame(self, method: str, args: list[Json]) -> protocol.Frame:
        if self.traced:
            return protocol.Traced(self._seq + 1, method, args, self.where())
        return protocol.Call(self._seq + 1, method, args)

    def _replay(self, recorded: Recorded) -> Json:
        self._seq += 1
        self._clock_reads = 0
        self._now_ms = recorded.now_ms
        value: Any = replay.reply(recorded)
        if recorded.failed:
            raise HostError(value["code"], value["message"], value["additionalInfo"])
        return cast(Json, value)

    def _reply(self) -> Json:
        while isinstance(reply := self._wire.receive(), protocol.Ahead):
            self._ahead.extend(reply.replies)
        match reply:
            case protocol.Answer(seq=self._seq):
                self._now_ms = reply.now_ms
                return reply.value
            case protocol.Refusal(seq=self._seq):
                self._now_ms = reply.now_ms
                raise HostError(reply.code, reply.message, reply.additional_info)
            case _:
                raise Disconnected
