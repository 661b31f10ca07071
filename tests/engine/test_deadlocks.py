"""Everything at once on the same few trees: there is no deadlock, and what is left makes sense."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest

from engine.db.pool import Pool
from engine.errors import BadRequest, LostRace, NotFound
from engine.jobs import commands, queue, store, waits
from engine.jobs.queue import Claim, Finish
from engine.model import Command, Status
from tests.engine.hands import APP, LATER, Hand, enqueue, make_due, new

ROOTS = 6
STEPS = 60


class Stress:
    """Tasks that command, claim, wait and finish, each transaction as the engine makes it, with its retries."""

    def __init__(self, pool: Pool, seed: int) -> None:
        self.pool = pool
        self.chance = random.Random(seed)
        self.ids: list[UUID] = []

    async def grow(self) -> None:
        """Six trees of a root, two children and two grandchildren each."""
        self.ids = await enqueue(self.pool, *[new(max_attempts=5) for _ in range(ROOTS)])
        for _ in range(2):
            parents = self.ids[-2 * ROOTS :]
            self.ids += await enqueue(self.pool, *[new(parent_id=parent, max_attempts=5) for parent in parents])

    async def command(self) -> None:
        """Stops, resumes and now and then cancels whole trees and branches."""
        for _ in range(STEPS):
            kinds = [Command.STOP, Command.RESUME, Command.RESUME, Command.STOP, Command.CANCEL]
            kind, target = self.chance.choice(kinds), self.chance.choice(self.ids)
            with suppress(BadRequest, NotFound):
                await self.pool.run(lambda conn, kind=kind, target=target: commands.COMMANDS[kind](conn, APP, target))

    async def work(self, hand: Hand) -> None:
        """Claims and ends jobs, or lets them wait for others of any age."""
        for _ in range(STEPS):
            for claim in await hand.claim(2):
                # Known once they are committed: what a deadlock undid is made again under other ids.
                self.ids += await self.pool.run(lambda conn, claim=claim: self._end(conn, claim))

    async def _end(self, conn: Any, claim: Claim) -> list[UUID]:
        """The jobs that this one has started."""
        started: list[UUID] = []
        choice = self.chance.random()
        awaited = [id for id in self.chance.sample(self.ids, 3) if id != claim.id] if choice < 0.4 else []
        status = await queue.fence(conn, claim, moving=True, also=awaited)
        if status is None:
            return started
        if status is Status.STOPPING:
            await queue.stopped(conn, claim)
            return started
        if status is Status.RUNNING and choice < 0.4:
            if await waits.pending(conn, APP, claim.id, awaited, [Status.FINISHED, Status.CANCELED]):
                assert await waits.park(conn, claim.id, claim.attempt, claim.started_at + LATER)
            else:
                await queue.hand_back(conn, claim)
        elif status is Status.RUNNING and choice < 0.6:
            await queue.hand_back(conn, claim)
        elif status is Status.RUNNING and choice < 0.7:
            started = await store.create(conn, [new(parent_id=claim.id)])
            await queue.hand_back(conn, claim)
        else:
            await queue.finish(conn, [Finish(claim.id, claim.attempt)])
        return started

    async def settle(self, hand: Hand) -> None:
        """Nobody disturbs any more: everything that can go on is finished."""
        for id in self.ids:
            with suppress(BadRequest):
                await self.pool.run(lambda conn, id=id: commands.resume(conn, APP, id))
        # Jobs that wait for each other in a circle only end at their deadlines.
        for row in await self.pool.fetch(
            "select id from headrace.jobs_live where status = 'RUNNING' and worker_id is null"
        ):
            await make_due(self.pool, row["id"])
        while claims := await hand.claim(50):
            for claim in claims:
                await self.pool.run(lambda conn, claim=claim: queue.finish(conn, [Finish(claim.id, claim.attempt)]))


class Races(list[str]):
    """Every race that is lost from now on, by its message."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        was = LostRace.__init__

        def begin(error: LostRace, message: str, **rest: Any) -> None:
            self.append(message)
            was(error, message, **rest)

        monkeypatch.setattr(LostRace, "__init__", begin)


async def test_commands_claims_waits_and_ends_at_once(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight tasks on six trees: no deadlock, no error, each job ends once, and no wait of a live job is left over."""
    races = Races(monkeypatch)
    stress = Stress(pool, seed=1)
    await stress.grow()
    hands = [await Hand.join(pool) for _ in range(4)]
    async with asyncio.timeout(300), asyncio.TaskGroup() as tasks:
        for hand in hands:
            tasks.create_task(stress.work(hand))
            tasks.create_task(stress.command())
    assert not [message for message in races if "deadlock" in message]
    await stress.settle(hands[0])
    left = await pool.fetch("select status, worker_id, ready_at from headrace.jobs_live")
    assert left == []
    ended = await pool.fetch("select id, status from headrace.jobs_history")
    assert {row["id"] for row in ended} == set(stress.ids)
    assert len(ended) == len(stress.ids)
    assert {row["status"] for row in ended} <= {"FINISHED", "CANCELED"}
    async with pool.transaction() as conn:
        await waits.sweep(conn)
    assert not await pool.fetch("select 1 from headrace.job_waits")
