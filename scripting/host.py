"""Runs scripts of strangers: one child a session, several runs in it, everything else is killed.

    async with host.session(program, limits=Limits(), app="crm") as session:
        outcome = await session.run({"params": {}}, calls=calls, seed=job_id, start_ms=now)

How a run ends is a value (`Outcome`); exceptions are the caller's own: what `calls.call` raised, and
cancellation. In every case but a normal end the child is dead before the caller hears of it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from scripting.children import Child, Zygote, ZygoteLost
from scripting.images import Images, key
from scripting.model import Interrupted, Killed, Language, LayerReport, Limits, Program, Threw
from scripting.resting import Resting
from scripting.selftest import probe
from scripting.session import Session
from scripting.warm import Warm, discard

__all__ = ["SandboxUnavailable", "ScriptHost", "Session"]

# What a child has used is asked of Linux.
_CAN_REST = sys.platform == "linux"
_CHECK_LIMITS = Limits(wall_ms=20_000, cpu_ms=10_000)


class SandboxUnavailable(Exception):
    """Untrusted scripts cannot run here: the sandbox does not start or does not hold."""


class ScriptHost:
    """Owns the zygote and the warm children. `layers` says what holds around each child."""

    def __init__(self, *, unsafe: bool = False, warm: int = 1, keep: int = 8, entry: str = "scripting.zygote") -> None:
        """`warm` children wait for any script, up to `keep` for another run of theirs.

        `unsafe` allows a machine without seccomp; `entry` is the module whose `main` is the zygote."""
        self.layers = LayerReport()
        self._unsafe = unsafe
        self._entry = entry
        self._warm = Warm(warm)
        self._zygote: Zygote | None = None
        self._starting = asyncio.Lock()
        self._open = False
        self._sessions: set[Session] = set()
        self._images = Images()
        self._resting = Resting(keep)

    @property
    def zygote_pid(self) -> int | None:
        """The process that forks the children; None before the start and after the end."""
        return None if self._zygote is None else self._zygote.pid

    async def start(self) -> None:
        """Starts the zygote and tests the layers. SandboxUnavailable if seccomp does not hold, unless unsafe."""
        self._open = True
        try:
            self.layers = await probe(await (await self._running_zygote()).fork())
            self._refuse_unsafe()
            await self.settle()
        except ZygoteLost as error:
            await self.close()
            raise SandboxUnavailable(str(error)) from error
        except BaseException:
            await self.close()
            raise

    async def settle(self) -> None:
        """Returns when the warm children wait for work."""
        await self._warm.settle()

    async def close(self) -> None:
        """Kills what still runs and ends the zygote. Runs that are pending are Interrupted."""
        self._open = False
        for session in list(self._sessions):
            session.kill("the script host is closing")
        await self._resting.close()
        zygote, self._zygote = self._zygote, None
        if zygote is not None:
            self._warm.end()
            await zygote.close()

    @asynccontextmanager
    async def session(
        self, program: Program, *, limits: Limits, app: str, owner: str | None = None
    ) -> AsyncIterator[Session]:
        """A child with the program in it; after the context it is dead and reaped.

        `owner` is the user for whom the script acts. With one, a child that has returned waits a while for the
        next session of the same owner, app, program and limits (resting.py); without, every session has its own.
        """
        rest_key = None if owner is None or not _CAN_REST else (owner, key(app, program), limits)
        session = self._resting.take(rest_key) if rest_key is not None and self._open else None
        if session is None:
            child = await self._take(program.language)
            session = Session(child, program, limits, app, self._images, reusable=rest_key is not None)
        self._sessions.add(session)
        try:
            await session.open()
            yield session
        finally:
            self._sessions.discard(session)
            if rest_key is None or not self._open or not self._resting.add(rest_key, session):
                await session.close()
            if not self._sessions:
                self._warm.rest()

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

    def _refuse_unsafe(self) -> None:
        if not self.layers.seccomp and not self._unsafe:
            raise SandboxUnavailable(
                "seccomp does not hold here, so a script could reach this machine; "
                "allow unsafe scripts only where every script is your own"
            )

    async def _take(self, language: Language) -> Child:
        if not self._open:
            raise SandboxUnavailable("the script host is not running")
        try:
            while not (child := await self._next_child(language)).is_alive():
                child.release()
        except ZygoteLost as error:
            raise SandboxUnavailable(str(error)) from error
        return child

    async def _next_child(self, language: Language) -> Child:
        future = self._warm.take(await self._running_zygote(), language)
        try:
            return await future
        except asyncio.CancelledError:
            if not future.cancel():
                discard(future)
            raise

    async def _running_zygote(self) -> Zygote:
        async with self._starting:
            if self._zygote is None or self._zygote.lost.done():
                self._warm.end()
                if self._zygote is not None:
                    await self._zygote.close()
                self._zygote = await Zygote.start(entry=self._entry, unsafe=self._unsafe)
                self._warm.begin(self._zygote)
            return self._zygote
