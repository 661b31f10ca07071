"""A worker: claims jobs into its slots, keeps its lease alive, and gives everything back when it ends."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from contextvars import copy_context
from typing import Any
from uuid import uuid4

from engine import __version__
from engine.db import cancellation, chore
from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import HeadraceError
from engine.events.deliverer import Deliverer
from engine.executors.run import Services
from engine.jobs import liveness, queue, ready
from engine.jobs.names import CONTROL_CHANNEL, EVENTS_CHANNEL, JOBS_CHANNEL
from engine.jobs.queue import Claim
from engine.jobs.ready import Lane
from engine.model import CONTROL_QUEUE, FINAL, JobType, Status
from engine.worker import heap
from engine.worker.appetite import Appetite
from engine.worker.attempts import Attempts
from engine.worker.beside import beside
from engine.worker.chores import Chores
from engine.worker.finisher import Finisher
from engine.worker.lanes import Lanes
from engine.worker.orders import reason
from engine.worker.serves import Serves
from engine.worker.share import LowPriorityShare
from engine.worker.speaker import speaker
from engine.worker.wakeups import Wakeups
from engine.worker.warm import CONNECTIONS, warm

log = logging.getLogger(__name__)

CONTROL_S = 1.0
OUTAGE_PAUSE_S = 0.5
# How long a worker waits for a database that says nothing: to listen, for its last claim, and to take its leave.
SILENCE_S = 5.0
# How long a worker that has work does not look for other lanes, unless it is told of something new.
LOOK_S = 0.1
# Who starts mostly has jobs waiting. All chores at once would open a connection for each of them; within half a second,
# each planned for the first time, they took 1.5 % of what two workers did in their first two seconds.
TURN_S = 0.5
MOMENT_S = 0.001
GATHER_S = 0.005


class Worker:
    """One process's worker. `run` lasts until `stop`; a worker runs once."""

    def __init__(self, services: Services, *, name: str) -> None:
        self._services = services
        self._settings = services.settings
        self.name = name
        self.id = uuid4()
        self._leaked = False
        self._lease = asyncio.Lock()
        self._share = LowPriorityShare(self._settings.low_priority_percent)
        self._metrics = services.metrics.jobs
        self._metrics.works(self._settings.slots, lambda: self.busy)
        self._beaten_at = float("-inf")
        context = copy_context()
        context.run(speaker.set, (self.id, None))
        self._finisher = Finisher(services.pool, self._metrics, context=context)
        self._attempts = Attempts(services, self._finisher, left=self._left, leaked=self._leak, gone=self._gone)
        self._lanes = Lanes(time.monotonic, serves=Serves(services.settings.queues, services.handlers))
        self._deliverer = Deliverer(
            services.pool, services.apps, services.metrics.events, listens=self._settings.listen
        )
        self._news = True
        self._told = False
        self._look_at = self._control_at = 0.0
        self._workers = 1
        self._appetite = self._new_appetite()
        self._chores = Chores(services, lambda: self._wake.set())
        heard = {JOBS_CHANNEL: self._claimable, CONTROL_CHANNEL: self._controlled, EVENTS_CHANNEL: self._deliverer.wake}
        self._wakeups = Wakeups(
            services.pool, heard, warm=lambda conn: queue.warm(conn, self.id), lost=self._metrics.listen_lost
        )
        # With work at hand, a claim waits a moment for a share of the slots: it costs the same for one job as for many.
        self._worth = max(1, services.settings.slots // 4)
        self._backlog = False
        self._gathering = False
        self._wake = asyncio.Event()
        self._control = asyncio.Event()
        self._draining = asyncio.Event()
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Works until `stop` is called; then running jobs have the grace time, and what is left is handed back."""
        speaker.set((self.id, None))
        await self._register()
        loops: list[asyncio.Task[None]] = []
        try:
            await self._warm_up(loops)
            loops.extend(asyncio.create_task(loop) for loop in self._loops())
            self.ready.set()
            await self._claim_until_stopped()
            await self._drain()
        finally:
            await cancellation.end(*loops)
            await self._finisher.close()
            await self._leave()

    async def _warm_up(self, loops: list[asyncio.Task[None]]) -> None:
        """Behind it a job waits for no connection and no plan. An outage, or a silence, leaves that to the jobs."""
        listen = self._settings.listen
        if listen:
            loops.append(asyncio.create_task(self._wakeups.run()))
        await warm(self._services.pool, self.id, connections=CONNECTIONS - listen)
        if listen:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wakeups.tried.wait(), SILENCE_S)
        heap.settle()

    def stop(self) -> None:
        """Claims nothing more and ends; may be called from a signal handler, and more than once."""
        self._draining.set()
        self._wake.set()

    @property
    def _described(self) -> dict[str, Any]:
        settings = self._settings
        return {"name": self.name, "version": __version__, "slots": settings.slots, "hungry": settings.listen}

    def _new_appetite(self) -> Appetite:
        return Appetite(time.monotonic, listens=self._settings.listen)

    @property
    def busy(self) -> int:
        """Slots in use."""
        return len(self._attempts)

    @property
    def fit(self) -> bool:
        """Whether it takes jobs: it has renewed its lease in time, and is not ending."""
        fresh = time.monotonic() - self._beaten_at < self._settings.stale_ms / 1000
        return fresh and not self._draining.is_set()

    def _loops(self) -> list[Coroutine[Any, Any, None]]:
        settings = self._settings
        loops = [
            self._every(settings.heartbeat_ms / 1000, self._beat),
            self._every(CONTROL_S, self._obey, self._control),
            self._deliverer.run(),
        ]
        loops.extend(beside(self._services))
        for place, one in enumerate(self._chores.regular()):
            loops.append(self._every(one.every_s, one.work, shared=one.shared, after_s=place * TURN_S))
        return loops

    async def _every(
        self,
        seconds: float,
        work: Callable[[], Coroutine[Any, Any, None]],
        early: asyncio.Event | None = None,
        *,
        shared: bool = False,
        after_s: float = 0.0,
    ) -> None:
        """Repeats the work; an outage of the database is waited out. The more workers share it, the rarer is each."""
        event = early or asyncio.Event()
        await asyncio.sleep(after_s)
        while True:
            try:
                await work()
            except HeadraceError as error:
                log.warning("worker %s: %s", self.id, error)
            except Exception:
                # A defect in one chore must not end the heartbeat, say, without anybody noticing.
                log.exception("worker %s", self.id)
            with suppress(TimeoutError):
                pause_s = chore.shared_pause_s(seconds, self._workers) if shared else seconds
                await asyncio.wait_for(event.wait(), pause_s)
            event.clear()

    # Claiming

    @property
    def _free(self) -> int:
        return self._settings.slots - self.busy

    async def _claim_until_stopped(self) -> None:
        """A claim that is cut may have been committed: `_leave` gives back what it took, or others do."""
        claiming = asyncio.create_task(self._claim_until_draining())
        stopped = asyncio.create_task(self._draining.wait())
        try:
            await asyncio.wait({claiming, stopped}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({claiming}, timeout=SILENCE_S)
            if claiming.done():
                await claiming
        finally:
            await cancellation.end(*(task for task in (claiming, stopped) if not task.done()))

    async def _claim_until_draining(self) -> None:
        while not self._draining.is_set():
            self._wake.clear()
            try:
                pause_s = await self._fill()
            except HeadraceError as error:
                log.warning("worker %s cannot claim: %s", self.id, error)
                self._metrics.claim_failed()
                self._leaked = True
                await asyncio.sleep(OUTAGE_PAUSE_S)
                continue
            if pause_s:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), pause_s)

    async def _fill(self) -> float:
        """One step towards full slots; for how many seconds the next one is not worth taking, if nothing happens."""
        free = self._free
        if free <= 0:
            return await self._fill_control()
        if self._backlog and self.busy and free < self._worth and not self._gathering:
            self._gathering = True
            return GATHER_S
        self._gathering = False
        if self._leaked:
            await self._renew()
        due = time.monotonic() >= self._look_at
        if self._news or (due and not self._told):
            await self._look()
        elif due:
            # It waits for one claim, of what the worker was just told of: a look took 3 ms of that job's latency.
            self._news = True
        self._told = False
        low_first = self._share.due(free)
        lanes = self._lanes.choose(free, low_first=low_first)
        if not lanes:
            await self._found(enough=False)
            return max(MOMENT_S, self._look_at - time.monotonic())
        count = await self._claim(lanes, free, low_first=low_first)
        self._backlog = count == free
        await self._found(enough=self._backlog)
        return 0.0

    async def _fill_control(self) -> float:
        """One job more than there are slots, if it changes an app: an app that fills all of them can be stopped."""
        if self.busy <= self._settings.slots:
            if time.monotonic() >= self._control_at:
                self._control_at = time.monotonic() + self._poll_s
                await self._look()
            if lanes := self._lanes.choose(1, only=CONTROL_QUEUE):
                await self._claim(lanes, 1)
        return self._poll_s

    async def _claim(self, lanes: Sequence[Lane], limit: int, *, low_first: int = 0) -> int:
        """How many jobs of these lanes have begun."""
        async with self._wakeups.acquire() as conn:
            began = time.monotonic()
            batch = await queue.claim(conn, self.id, lanes, limit=limit)
            seconds = time.monotonic() - began
        kinds = self._metrics.claimed(batch.claims, [rank for _, _, rank in batch.ranks], seconds=seconds)
        self._share.claimed(len(batch.claims), low_first)
        self._lanes.claimed(lanes, batch, limit)
        self._chores.claimed(len(batch.claims))
        self._attempts.start(self.id, batch.claims, kinds)
        return len(batch.claims)

    async def _found(self, *, enough: bool) -> None:
        """Tells those who make jobs whether this worker must be woken; once it must be, it looks again by itself."""
        hungry = self._appetite.found(enough=enough)
        if hungry is None:
            return
        async with self._wakeups.acquire() as conn:
            await liveness.tell_hungry(conn, self.id, hungry)
        self._appetite.told(hungry)
        if hungry:
            self._lanes.reopen()
            self._news = True
            self._wake.set()

    async def _look(self) -> None:
        """Finds lanes: when something became claimable, and now and then, also while others keep the slots busy."""
        self._news = False
        async with self._wakeups.acquire() as conn:
            found = await ready.look(conn, after=self._lanes.position)
        self._workers = found.workers
        # One that listens polls for what the others may have missed as well.
        pause_s = chore.shared_pause_s(self._poll_s, found.workers) if self._settings.listen else self._poll_s
        if found.next_in_ms is not None:
            pause_s = min(pause_s, found.next_in_ms / 1000)
        if self._lanes.found(found.lanes) or self._appetite.restless:
            pause_s = min(pause_s, LOOK_S)
        self._look_at = time.monotonic() + max(MOMENT_S, pause_s)

    @property
    def _poll_s(self) -> float:
        return self._settings.poll_ms / 1000

    async def _renew(self) -> None:
        """A claim broke off, and may have been committed: what this worker holds without knowing it goes back."""

        async def work(conn: Connection) -> int:
            return await liveness.renew(conn, self.id, new, held=self._attempts.keys, **self._described)

        new = uuid4()
        async with self._lease:
            # Before, not after: an attempt that cannot be recorded meanwhile asks for another renewal.
            self._leaked = False
            self._appetite = self._new_appetite()
            freed = await self._services.pool.run(work)
            log.warning("worker %s goes on as %s: %s jobs given back", self.id, new, freed)
            self.id = new

    def _left(self, claim: Claim, status: Status | None) -> None:
        # A job that parked or is tried again has a time at which somebody must look; a permit that it left, too.
        if status not in FINAL or claim.limited:
            self._news = True

    def _leak(self) -> None:
        self._leaked = True

    def _gone(self, claim: Claim) -> None:
        if claim.type is JobType.EXECUTE_LISTENER:
            self._deliverer.wake()
        if not self._gathering or self._free >= self._worth:
            self._wake.set()

    # The lease

    async def _register(self) -> None:
        async with self._services.pool.acquire() as conn:
            await liveness.register(conn, self.id, **self._described)

    async def _beat(self) -> None:
        async with self._lease:
            async with self._services.pool.acquire() as conn:
                alive = await liveness.beat(conn, self.id, used=self.busy, draining=self._draining.is_set())
            if not alive:
                await self._start_over()
            self._beaten_at = time.monotonic()

    async def _start_over(self) -> None:
        """Others declared this worker dead and have its jobs: drop them, and come back as somebody new."""
        log.warning("worker %s was declared dead: it drops %s jobs", self.id, self.busy)
        self._attempts.end_all("lost")
        self.id = uuid4()
        self._appetite = self._new_appetite()
        await self._register()

    async def _obey(self) -> None:
        """Ends the attempts whose jobs were stopped, canceled, or taken over, or whose app was stopped."""
        held = self._attempts.keys
        if not held:
            return
        rows = await self._services.pool.fetch(
            load("job_commands"), [id for id, _ in held], [attempt for _, attempt in held]
        )
        for row in rows:
            self._attempts.end(
                (row["id"], row["attempt"]), reason(row["status"], lost=row["lost"], halted=row["halted"])
            )

    def _claimable(self, payload: str) -> None:
        app, known, name = payload.partition(" ")
        if known:
            self._lanes.told((app, name))
            self._told = True
        else:
            self._lanes.reopen()
            self._news = True
        self._wake.set()

    def _controlled(self, payload: str) -> None:
        if payload in ("", str(self.id)):
            self._control.set()

    # The end

    async def _drain(self) -> None:
        await self._attempts.over(self._settings.grace_ms / 1000)
        self._attempts.end_all("handover")
        # Without a database for so long, others rescue the jobs anyway.
        await self._attempts.over(self._settings.stale_ms / 1000)
        await self._attempts.give_up()

    async def _leave(self) -> None:
        async def work(conn: Connection) -> None:
            await liveness.leave(conn, self.id)

        # Not `wait_for`: it waits for what it has cancelled, and the driver for the answer to its own cancellation.
        leaving = asyncio.create_task(self._services.pool.run(work))
        await asyncio.wait({leaving}, timeout=SILENCE_S)
        await cancellation.end(leaving)
