"""One child with one program: what passes between it and the caller, and how each run of it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import astuple

from scripting import protocol
from scripting.channel import Channel, ChannelClosed
from scripting.children import Child
from scripting.ends import end_of_process, too_long, too_many_calls, too_much_source
from scripting.images import Images, key
from scripting.model import (
    Calls,
    Failure,
    Interrupt,
    Interrupted,
    Json,
    Killed,
    Language,
    Limits,
    Outcome,
    Program,
    Reply,
    Returned,
    Threw,
)
from scripting.values import BadValue

# The frames around an app's sources and a batch of replies are the host's own: nothing but the protocol bounds them.
_LOAD_BYTES = 2**32 - 1
_SHOWN_CHARACTERS = 20_000
# The kernel counts CPU and memory by process, not by run: one that serves several gets this share more, and is
# not kept once it has used that up, so that each run has at least what its limits say.
_SPARE_SHARE = 10
# What a child may need between two runs, to get ready for the next.
_REST_CPU_MS = 50


class Session:
    """One child with one program. Runs follow one another; the first fatal end is the end of all."""

    def __init__(
        self, child: Child, program: Program, limits: Limits, app: str, images: Images, *, reusable: bool = False
    ) -> None:
        self._child = child
        self._program = program
        self._limits = limits
        self._app = app
        self._images = images
        self._key = key(app, program)
        self._reusable = reusable
        self._spare_cpu_ms = limits.cpu_ms // _SPARE_SHARE if reusable else 0
        self._returned = False
        self._opened = False
        self._channel = Channel(max_bytes=max(limits.frame_bytes, limits.result_bytes))
        self._scope = asyncio.timeout(None)
        self._busy = False
        self._compiled = False
        self._ending: Outcome | None = None

    @property
    def pid(self) -> int:
        """The child's process."""
        return self._child.pid

    @property
    def memory_bytes(self) -> int:
        """What the child has in use beyond an empty one; 0 once it is gone, or where it cannot be asked."""
        return self._child.grown_bytes()

    @property
    def language(self) -> Language:
        """The language of the program."""
        return self._program.language

    async def open(self) -> None:
        """Hands the program to the child, which compiles it while the caller prepares its run; at most once."""
        if self._opened:
            return
        self._opened = True
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

    async def run(
        self, variables: Mapping[str, Json], *, calls: Calls, seed: str, start_ms: int, traced: bool = False
    ) -> Outcome:
        """One run in fresh globals; `start_ms` is the script's clock. What `calls.call` raises comes through.

        `traced`: `calls.at` is told before each call where in the script it comes from.
        """
        outcome = await self._limited(self._run(protocol.Run(dict(variables), seed, start_ms, traced), calls))
        assert outcome is not None
        self._returned = isinstance(outcome, Returned)
        return outcome

    def kill(self, reason: str) -> None:
        """Ends the session at once: SIGKILL. A pending run is Interrupted(reason). Idempotent."""
        self._end(Interrupted(reason))
        if self._busy:
            self._scope.reschedule(asyncio.get_running_loop().time())

    def can_rest(self) -> bool:
        """Whether the child is as good for the same script's next run as a new one.

        It ended its last run by returning, said nothing since, and has not used up what it may use beyond one run.
        """
        return (
            self._compiled
            and self._returned
            and self._ending is None
            and self._channel.is_quiet
            and self._child.is_alive()
            and self._child.cpu_ms() < self._spare_cpu_ms
            and self._child.grown_bytes() < self._limits.memory_bytes // _SPARE_SHARE
        )

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
                self._end(Interrupted("the host gave up"))
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
            case protocol.Ready(image=image):
                self._compiled = True
                if image:
                    self._images.put(self._key, image)
                return None
            case protocol.Failed() as failed:
                return self._end(_threw(failed))
            case frame:
                raise protocol.ProtocolError(f"{type(frame).__name__} instead of Ready")

    async def _run(self, run: protocol.Run, calls: Calls) -> Outcome:
        if self._ending is not None:
            return self._ending
        cpu_before = self._child.cpu_ms()
        known = await self._send_ahead(1, calls)
        # The child goes on to the run when it has compiled: nobody is waited for in between.
        self._channel.send(run, max_bytes=self._limits.frame_bytes)
        ending = await self._compile()
        if ending is not None:
            return ending
        seq = 0
        while isinstance(frame := await self._receive(), protocol.Call | protocol.Traced):
            if not seq < frame.seq <= known + 1:
                raise protocol.ProtocolError(f"call {frame.seq} instead of {seq + 1} to {known + 1}")
            seq = frame.seq
            known = await self._serve(frame, calls)
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

    async def _send_ahead(self, seq: int, calls: Calls) -> int:
        """The number of the last call whose reply the child has, once `seq` is answered."""
        replies = await calls.ahead(seq)
        if replies:
            self._channel.send(protocol.Ahead([list(astuple(reply)) for reply in replies]), max_bytes=_LOAD_BYTES)
        return seq - 1 + len(replies)

    async def _serve(self, call: protocol.Call | protocol.Traced, calls: Calls) -> int:
        """Answers; the number of the last call whose reply the child has then."""
        seq = call.seq
        if seq > self._limits.calls:
            self._end(too_many_calls(self._limits))
            raise ChannelClosed
        if isinstance(call, protocol.Traced):
            calls.at(call.place)
        reply = await calls.call(seq, call.method, call.args)
        known = await self._send_ahead(seq + 1, calls)
        try:
            self._channel.send(_reply_frame(seq, reply), max_bytes=self._limits.frame_bytes)
        except protocol.FrameTooLarge as error:
            message = f"{call.method}: the answer is too large, ask for less of it: {error}"
            refusal = protocol.Refusal(seq, "badRequest", message, {}, reply.now_ms)
            self._channel.send(refusal, max_bytes=self._limits.frame_bytes)
        return known

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
            cpu_ms=limits.cpu_ms + self._spare_cpu_ms + (_REST_CPU_MS if self._reusable else 0),
            frame_bytes=limits.frame_bytes,
            result_bytes=limits.result_bytes,
            image=self._images.get(self._key),
            kept=self._reusable,
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
