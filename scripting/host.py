"""Runs scripts of strangers: one child a session, several runs in it, everything else is killed.

    async with host.session(program, limits=Limits(), app="crm") as session:
        outcome = await session.run({"params": {}}, calls=calls, seed=job_id, start_ms=now)

How a run ends is a value (`Outcome`); exceptions are the caller's own: what `calls.call` raised, and
cancellation. In every case but a normal end the child is dead before the caller hears of it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager

from scripting import protocol
from scripting.channel import Channel, ChannelClosed
from scripting.children import Child, Zygote, ZygoteLost
from scripting.ends import end_of_process, too_long, too_much_source
from scripting.model import (
    Calls,
    Failure,
    Interrupt,
    Interrupted,
    Json,
    Killed,
    LayerReport,
    Limits,
    Outcome,
    Program,
    Reply,
    Returned,
    Threw,
)
from scripting.selftest import probe
from scripting.values import BadValue

_CHECK_LIMITS = Limits(wall_ms=20_000, cpu_ms=10_000)
# The frame around an app's sources is the host's own, so nothing but the protocol bounds it.
_LOAD_BYTES = 2**32 - 1
_SHOWN_CHARACTERS = 20_000


class SandboxUnavailable(Exception):
    """Untrusted scripts cannot run here: the sandbox does not start or does not hold."""


class ScriptHost:
    """Owns the zygote and the warm children. `layers` says what holds around each child."""

    def __init__(self, *, unsafe: bool = False, warm: int = 1, entry: str = "scripting.zygote") -> None:
        """`unsafe` allows a machine without seccomp; `entry` is the module whose `main` is the zygote."""
        self.layers = LayerReport()
        self._unsafe = unsafe
        self._warm_size = warm
        self._entry = entry
        self._warm: deque[asyncio.Future[Child]] = deque()
        self._zygote: Zygote | None = None
        self._starting = asyncio.Lock()
        self._sessions: set[Session] = set()

    @property
    def zygote_pid(self) -> int | None:
        """The process that forks the children; None before the start and after the end."""
        return None if self._zygote is None else self._zygote.pid

    async def start(self) -> None:
        """Starts the zygote and tests the layers. SandboxUnavailable if seccomp does not hold, unless unsafe."""
        try:
            zygote = await self._running_zygote()
            self.layers = await probe(await zygote.fork())
        except ZygoteLost as error:
            raise SandboxUnavailable(str(error)) from error
        if not self.layers.seccomp and not self._unsafe:
            await self.close()
            raise SandboxUnavailable(
                "seccomp does not hold here, so a script could reach this machine; "
                "allow unsafe scripts only where every script is your own"
            )
        await self.settle()

    async def settle(self) -> None:
        """Returns when the warm children wait for work."""
        for future in list(self._warm):
            await asyncio.shield(future)

    async def close(self) -> None:
        """Kills what still runs and ends the zygote. Runs that are pending are Interrupted."""
        for session in list(self._sessions):
            session.kill("the script host is closing")
        zygote, self._zygote = self._zygote, None
        if zygote is not None:
            await self._drop_warm()
            await zygote.close()

    @asynccontextmanager
    async def session(self, program: Program, *, limits: Limits, app: str) -> AsyncIterator[Session]:
        """A child with the program in it; after the context it is dead and reaped."""
        session = Session(await self._take(), program, limits, app)
        self._sessions.add(session)
        try:
            await session.open()
            yield session
        finally:
            self._sessions.discard(session)
            await session.close()

    async def check(self, program: Program, *, limits: Limits = _CHECK_LIMITS) -> Threw | None:
        """None if the program compiles, else the error with path, line and column."""
        async with self.session(program, limits=limits, app="check") as session:
            match await session.compile():
                case Threw() as threw:
                    return threw
                case Killed(message=message):
                    return Threw("badRequest", message, path=program.path)
                case Interrupted(reason=reason):
                    raise SandboxUnavailable(reason)
                case _:
                    return None

    async def _take(self) -> Child:
        zygote = await self._running_zygote()
        while True:
            future = self._warm.popleft() if self._warm else zygote.fork()
            self._fill(zygote)
            try:
                child = await future
            except asyncio.CancelledError:
                if not future.cancelled() and future.done():
                    _discard(future)
                raise
            if child.is_alive():
                return child
            child.release()

    def _fill(self, zygote: Zygote) -> None:
        while len(self._warm) < self._warm_size:
            self._warm.append(zygote.fork())

    async def _running_zygote(self) -> Zygote:
        async with self._starting:
            if self._zygote is None or self._zygote.lost.done():
                await self._drop_warm()
                if self._zygote is not None:
                    await self._zygote.close()
                self._zygote = await Zygote.start(entry=self._entry, unsafe=self._unsafe)
                self._fill(self._zygote)
            return self._zygote

    async def _drop_warm(self) -> None:
        dropped, self._warm = self._warm, deque()
        for future in dropped:
            if not future.cancel():
                _discard(future)


def _discard(future: asyncio.Future[Child]) -> None:
    if future.exception() is None:
        future.result().kill()
        future.result().release()


class Session:
    """One child with one program. Runs follow one another; the first fatal end is the end of all."""

    def __init__(self, child: Child, program: Program, limits: Limits, app: str) -> None:
        self._child = child
        self._program = program
        self._limits = limits
        self._app = app
        self._channel = Channel(max_bytes=max(limits.frame_bytes, limits.result_bytes))
        self._scope = asyncio.timeout(None)
        self._busy = False
        self._compiled = False
        self._ending: Outcome | None = None

    @property
    def pid(self) -> int:
        """The child's process."""
        return self._child.pid

    async def open(self) -> None:
        """Hands the program to the child, which compiles it while the caller prepares its run."""
        await asyncio.get_running_loop().create_unix_connection(lambda: self._channel, sock=self._child.socket)
        self._ending = too_much_source(self._program, self._limits)
        if self._ending is not None:
            return
        try:
            self._channel.send(self._load_frame(), max_bytes=_LOAD_BYTES)
        except BadValue as error:
            self._end(Threw("badRequest", str(error), path=self._program.path))

    async def compile(self) -> Outcome | None:
        """None once the program has compiled, else how that ended."""
        return await self._limited(self._compile())

    async def run(self, variables: Mapping[str, Json], *, calls: Calls, seed: str, start_ms: int) -> Outcome:
        """One run in fresh globals; `start_ms` is the script's clock. What `calls.call` raises comes through."""
        outcome = await self._limited(self._run(protocol.Run(dict(variables), seed, start_ms), calls))
        assert outcome is not None
        return outcome

    def kill(self, reason: str) -> None:
        """Ends the session at once: SIGKILL. A pending run is Interrupted(reason). Idempotent."""
        self._end(Interrupted(reason))
        if self._busy:
            self._scope.reschedule(asyncio.get_running_loop().time())

    async def close(self) -> None:
        """Kills the child if it still lives; returns when it is reaped."""
        self._end(Interrupted("the session is closed"))
        self._channel.abort()
        try:
            await asyncio.shield(self._child.exited)
        finally:
            self._child.release()

    async def _limited(self, conversation: Coroutine[None, None, Outcome | None]) -> Outcome | None:
        if self._busy:
            conversation.close()
            raise RuntimeError("a session serves one run at a time")
        self._busy = True
        self._scope = asyncio.timeout(self._limits.wall_ms / 1000)
        try:
            async with self._scope:
                return await conversation
        except BaseException as error:
            return await self._ended_by(error)
        finally:
            self._busy = False

    async def _ended_by(self, error: BaseException) -> Outcome:
        match error:
            case TimeoutError() if self._scope.expired():
                return self._end(too_long(self._limits))
            case Interrupt(reason=reason):
                return self._end(Interrupted(reason))
            case protocol.FrameTooLarge():
                return self._end(Killed("frame", str(error)))
            case protocol.ProtocolError():
                return self._end(Killed("protocol", f"the script's process broke the protocol: {error}"))
            case ChannelClosed():
                self._child.kill()
                return self._end(end_of_process(await asyncio.shield(self._child.exited), self._limits))
            case _:
                self._end(Interrupted("the host failed"))
                raise error

    def _end(self, outcome: Outcome) -> Outcome:
        # The first verdict stands: whatever comes later is a consequence of the kill.
        if self._ending is None:
            self._ending = outcome
        self._child.kill()
        return self._ending

    async def _compile(self) -> Outcome | None:
        if self._ending is not None or self._compiled:
            return self._ending
        match await self._receive():
            case protocol.Ready():
                self._compiled = True
                return None
            case protocol.Failed() as failed:
                return self._end(_threw(failed))
            case frame:
                raise protocol.ProtocolError(f"{type(frame).__name__} instead of Ready")

    async def _run(self, run: protocol.Run, calls: Calls) -> Outcome:
        ending = await self._compile()
        if ending is not None:
            return ending
        cpu_before = self._child.cpu_ms()
        self._channel.send(run, max_bytes=self._limits.frame_bytes)
        seq = 0
        while isinstance(frame := await self._receive(), protocol.Call):
            seq += 1
            await self._serve(frame, seq, calls)
        return self._conclude(frame, self._child.cpu_ms() - cpu_before)

    def _conclude(self, frame: protocol.Frame, cpu_ms: int) -> Outcome:
        match frame:
            case protocol.Done(value=value):
                return Returned(value, max(0, cpu_ms))
            case protocol.Failed():
                return _threw(frame)
            case protocol.Exceeded(limit="result", message=message):
                return self._end(Killed("result", message[:_SHOWN_CHARACTERS]))
            case _:
                raise protocol.ProtocolError(f"{type(frame).__name__} is not the end of a run")

    async def _serve(self, call: protocol.Call, seq: int, calls: Calls) -> None:
        if call.seq != seq:
            raise protocol.ProtocolError(f"call {call.seq} instead of {seq}")
        if seq > self._limits.calls:
            self._end(Killed("calls", f"the script made more than its {self._limits.calls} calls"))
            raise ChannelClosed
        reply = await calls.call(seq, call.method, call.args)
        try:
            self._channel.send(_reply_frame(seq, reply), max_bytes=self._limits.frame_bytes)
        except protocol.FrameTooLarge as error:
            message = f"{call.method}: the answer is too large, ask for less of it: {error}"
            refusal = protocol.Refusal(seq, "badRequest", message, {}, reply.now_ms)
            self._channel.send(refusal, max_bytes=self._limits.frame_bytes)

    async def _receive(self) -> protocol.Frame:
        body = await self._channel.receive()
        frame = protocol.decode(body, protocol.UP)
        limit = self._limits.result_bytes if isinstance(frame, protocol.Done) else self._limits.frame_bytes
        if len(body) > limit:
            raise protocol.FrameTooLarge(f"{type(frame).__name__} of {len(body)} bytes, more than {limit}")
        return frame

    def _load_frame(self) -> protocol.Load:
        program, limits = self._program, self._limits
        return protocol.Load(
            language=program.language,
            path=program.path,
            source=program.source,
            sources=dict(program.sources),
            app=self._app,
            memory_bytes=limits.memory_bytes,
            cpu_ms=limits.cpu_ms,
            frame_bytes=limits.frame_bytes,
            result_bytes=limits.result_bytes,
        )


def _reply_frame(seq: int, reply: Reply) -> protocol.Frame:
    match reply:
        case Failure():
            return protocol.Refusal(seq, reply.code, reply.message, dict(reply.additional_info), reply.now_ms)
        case _:
            return protocol.Answer(seq, reply.value, reply.now_ms)


def _threw(failed: protocol.Failed) -> Threw:
    """The child is not believed to have kept its texts short."""
    return Threw(
        code=failed.code[:100],
        message=failed.message[:_SHOWN_CHARACTERS],
        additional_info=failed.additional_info,
        path=failed.path and failed.path[:1000],
        line=failed.line,
        column=failed.column,
        quoted=failed.quoted and failed.quoted[:1000],
        stack=failed.stack and failed.stack[:_SHOWN_CHARACTERS],
    )
