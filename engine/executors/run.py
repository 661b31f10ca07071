"""One attempt while it runs: the claim, what it may use, and the wish to end it early."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from engine.apps.manifest import NO_LIMITS
from engine.apps.store import App, AppCache
from engine.apps.veil import NOTHING_HIDDEN, Veil
from engine.db.pool import Connection, Pool, until_it_wins
from engine.errors import DatabaseUnavailable
from engine.executors.deadlines import Deadlines
from engine.executors.endings import Ending
from engine.executors.limits import InForce, in_force
from engine.jobs import queue
from engine.jobs.journal import Entry, Journal, Line
from engine.jobs.queue import Claim
from engine.metrics import Metrics
from engine.model import LogLevel, Status
from engine.settings import Settings
from engine.tracing import OFF, Tracer
from scripting.host import ScriptHost
from scripting.model import Interrupt

T = TypeVar("T")
# Told once an attempt has ended: what the job is now (None if the claim was lost), and how the attempt ended.
Afterwards = Callable[[Status | None, Ending], Awaitable[None]]

# A script that makes no call cannot notice a stop by itself; then it is cut, and its journal makes that safe.
STOP_GRACE_S = 0.5


@dataclass(frozen=True, slots=True)
class Services:
    """What every executor may use. `clock_ms` is the wall clock, in ms since the epoch.

    `handlers` are the platform's own coroutine functions, by the names that jobs call them by.
    """

    pool: Pool
    apps: AppCache
    scripts: ScriptHost
    settings: Settings
    metrics: Metrics
    clock_ms: Callable[[], int]
    handlers: Mapping[str, Callable[[Any], Awaitable[Any]]] = field(default_factory=dict)
    deadlines: Deadlines = field(default_factory=Deadlines)
    tracer: Tracer = OFF


@dataclass(frozen=True, slots=True)
class Effect:
    """A transaction on behalf of an attempt, and the rows of the journal and lines of the log that belong to it.

    What is rolled back takes them along: whoever does it again says the same again.
    """

    conn: Connection
    entries: list[Entry] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


class Run:
    """The claim that is being worked on, in `task`; `veil` hides what its app was installed with."""

    def __init__(self, services: Services, claim: Claim, journal: Journal) -> None:
        self.services = services
        self.claim = claim
        self.journal = journal
        self.veil: Veil = NOTHING_HIDDEN
        self._wish: str | None = None
        self._kill: Callable[[str], None] | None = None
        self.afterwards: Afterwards | None = None
        self.task: asyncio.Task[Any] | None = None
        self.is_whole = False

    @cached_property
    def limits(self) -> InForce:
        """What holds for the job's scripts; whoever knows what its app declares sets it."""
        return in_force(self.services.settings, NO_LIMITS, timeout_ms=self.claim.timeout_ms)

    async def app(self) -> App:
        """The job's app, in the version on which the job runs."""
        async with self.services.pool.acquire() as conn:
            return await self.services.apps.get(conn, self.claim.app, self.claim.app_version)

    def line(
        self, message: str, level: LogLevel = LogLevel.INFO, *, additional_info: Mapping[str, Any] | None = None
    ) -> Line:
        """A line for the job's log, of now."""
        return Line(self.claim.id, self.services.clock_ms(), level, message, additional_info)

    def end(self, reason: str) -> None:
        """Ends the attempt: at once, or for a stop at its next safe point, within STOP_GRACE_S."""
        if self._wish is not None and reason == "stop":
            return
        self._wish = reason
        if reason == "stop":
            asyncio.get_running_loop().call_later(STOP_GRACE_S, self._cut)
        else:
            self._cut()

    def _cut(self) -> None:
        if self._kill is not None and self._wish is not None:
            self._kill(self._wish)

    def killable(self, kill: Callable[[str], None] | None) -> None:
        """Tells how to kill what runs now; None when nothing does."""
        self._kill = kill

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Inside, nobody cuts what the worker's own process does: for steps of which the second half must follow."""
        was, self.is_whole = self.is_whole, True
        try:
            yield
        finally:
            self.is_whole = was

    def check(self) -> None:
        """A safe point: raises Interrupt if the attempt should end here."""
        if self._wish is not None:
            raise Interrupt(self._wish)

    @asynccontextmanager
    async def effect(
        self, *, also_at_its_end: bool = False, long: bool = False, also: Sequence[UUID] = ()
    ) -> AsyncIterator[Effect]:
        """A transaction that commits only while this attempt holds the job and nobody asked it to end.

        Raises Interrupt otherwise. What the journal has collected is written with it. `also_at_its_end` is for what has
        happened outside already: it is written also by an attempt that is asked to end.

        A `long` one locks the job's row just before its commit, not at its begin, so that commands do not wait for it.
        Asked to end meanwhile it commits all the same, as the last one; what it locks itself comes before the row.

        The rows of the jobs `also` are locked with its own, in the order of ids: what is locked later is out of it.

        When the connection breaks, nobody knows whether the transaction has committed. So what it held is
        forgotten and the attempt ends: the next one reads in the journal what happened, and does the rest.
        """
        if not also_at_its_end:
            self.check()
        was_whole = self.is_whole
        try:
            async with self.services.pool.transaction() as conn:
                status = await (queue.look(conn, self.claim) if long else queue.fence(conn, self.claim, also=also))
                self._hold(status, also_at_its_end=also_at_its_end)
                scope = Effect(conn)
                yield scope
                if long:
                    self._hold(await queue.fence(conn, self.claim), also_at_its_end=True)
                await self.journal.write(conn, scope.entries, scope.lines)
                # Cut in its commit it may have happened or not, and nobody would know.
                self.is_whole = True
        except DatabaseUnavailable:
            self.journal.clear()
            self.end("handover")
            raise
        else:
            self.journal.clear()
        finally:
            self.is_whole = was_whole

    def _hold(self, status: Status | None, *, also_at_its_end: bool) -> None:
        match status:
            case Status.RUNNING:
                return
            case Status.STOPPING | Status.CANCELING if also_at_its_end:
                return
            case Status.STOPPING:
                raise Interrupt("stop")
            case Status.CANCELING:
                raise Interrupt("cancel")
            case _:
                raise Interrupt("lost")

    async def transact(
        self, work: Callable[[Effect], Awaitable[T]], *, long: bool = False, also: Sequence[UUID] = ()
    ) -> T:
        """The result of `work` in an `effect`; again if the transaction lost a race."""

        async def once() -> T:
            async with self.effect(long=long, also=also) as scope:
                return await work(scope)

        return await until_it_wins(once)
