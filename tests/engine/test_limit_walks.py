"""Random walks through all that can become of limited jobs: limits hold at each step, and all jobs come to an end."""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import Any
from uuid import UUID

import pytest

from engine.db.pool import Pool
from engine.errors import BadRequest
from engine.jobs.commands import set_low_priority
from engine.jobs.queue import Claim
from engine.model import Status
from tests.engine.hands import APP, Hand, ask, enqueue, new
from tests.engine.test_limits import limit

STEPS = 250
KEYS = {"a": 1, "b": 2, None: 1}
STATE = """
select
    (select count(*) from headrace.jobs_live where worker_id is not null) as held,
    (select count(*) from headrace.job_permits) as permits,
    (select count(*) from headrace.jobs_live where worker_id is not null and queue = 'small') as small,
    (select count(*) from headrace.key_permits k
        left join headrace.jobs_live j on j.id = k.job_id and j.concurrency_key = k.key and j.limited
        where j.id is null) as lost,
    (select count(*) from headrace.jobs_live j
        where j.worker_id is not null and j.concurrency_key is not null
            and not exists (select from headrace.key_permits k where k.job_id = j.id)) as without
"""
BY_KEY = """
select concurrency_key as key, count(*) as jobs from headrace.jobs_live
where worker_id is not null and concurrency_key is not null group by 1
"""


class Walk:
    """Jobs of two queues and two keys, limits of 4 for the app and of 2 for one queue, and what happens to them."""

    def __init__(self, pool: Pool, random: Random) -> None:
        self.pool = pool
        self.random = random
        self.ids: list[UUID] = []
        self.claims: dict[UUID, tuple[Hand, Claim]] = {}

    async def step(self) -> None:
        """One thing that may happen; what is not allowed right now is refused and changes nothing."""
        actions = [self.create, self.claim, self.claim, self.end, self.end, self.command, self.due, self.flag, self.die]
        with suppress(BadRequest):
            await self.random.choices(actions, [2, 3, 3, 3, 3, 3, 2, 1, 0.3])[0]()

    async def create(self) -> None:
        key = self.random.choice(list(KEYS))
        options: dict[str, Any] = {"concurrency_key": key, "concurrency_limit": KEYS[key]}
        jobs = [
            new(
                queue=self.random.choice(["small", "large"]),
                delay_ms=self.random.choice([0, 0, 3_600_000]),
                parent_id=self.random.choice([None, *self.claims]),
                **options,
            )
            for _ in range(self.random.randint(1, 4))
        ]
        self.ids += await enqueue(self.pool, *jobs)

    async def claim(self) -> None:
        hand = await Hand.join(self.pool)
        for claim in await hand.claim(self.random.randint(1, 6), low_first=self.random.choice([0, 0, 0, 1, 3])):
            self.claims[claim.id] = (hand, claim)

    async def end(self) -> None:
        if not self.claims:
            return
        id = self.random.choice(list(self.claims))
        hand, claim = self.claims.pop(id)
        match self.random.choice(["finish", "retry", "later", "hand back", "park", "stopped"]):
            case "retry":
                await hand.retry(claim)
            case "later":
                await hand.retry(claim, delay_ms=3_600_000)
            case "hand back":
                await hand.hand_back(claim)
            case "park" if await self.status(id) == "RUNNING":
                await hand.park(claim, [other for other in self.ids[-3:] if other != id])
            case "stopped":
                await hand.stopped(claim)
        # What the ending above did not take is over now: a lost claim changes nothing.
        if await self.holder(id) == hand.id:
            await hand.finish(claim)

    async def command(self) -> None:
        if self.ids:
            await ask(
                self.pool,
                self.random.choice(["stop", "resume", "resume", "cancel", "force"]),
                self.random.choice(self.ids),
            )

    async def due(self) -> None:
        await self.pool.execute("update headrace.job_later set ready_at = now()")
        await self.pool.execute("update headrace.jobs_live set ready_at = now() where ready_at > now()")

    async def flag(self) -> None:
        if self.ids:
            async with self.pool.transaction() as conn:
                await set_low_priority(conn, APP, self.random.choice(self.ids), self.random.random() < 0.5)

    async def die(self) -> None:
        if self.claims:
            hand, _ = self.random.choice(list(self.claims.values()))
            self.claims = {id: pair for id, pair in self.claims.items() if pair[0] is not hand}
            await hand.die(stale_ms=1_000_000)

    async def status(self, id: UUID) -> str | None:
        rows = await self.pool.fetch("select status from headrace.jobs_live where id = $1", id)
        return rows[0]["status"] if rows else None

    async def holder(self, id: UUID) -> UUID | None:
        rows = await self.pool.fetch("select worker_id from headrace.jobs_live where id = $1", id)
        return rows[0]["worker_id"] if rows else None

    async def check(self) -> None:
        """What must hold at every moment."""
        (state,) = await self.pool.fetch(STATE)
        assert state["held"] == state["permits"] <= 4
        assert state["small"] <= 2
        assert (state["lost"], state["without"]) == (0, 0)
        assert all(row["jobs"] <= KEYS[row["key"]] for row in await self.pool.fetch(BY_KEY))

    async def drain(self) -> None:
        """Everything that is not stopped can be done."""
        for hand, claim in self.claims.values():
            if await self.holder(claim.id) == hand.id:
                await hand.finish(claim)
        await self.pool.execute("delete from headrace.job_waits")
        hand = await Hand.join(self.pool)
        for _ in range(3 * len(self.ids)):
            await self.due()
            claims = await hand.claim(10)
            await self.check()
            if not claims:
                return
            await hand.finish(*claims)
        raise AssertionError("the queue does not become empty")


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_random_walk_leaks_nothing_and_exceeds_nothing(pool: Pool, seed: int) -> None:
    """Limits hold after each of 250 steps; in the end only stopped jobs are left, and no permit."""
    await limit(pool, concurrency=4)
    await limit(pool, queue="small", concurrency=2)
    walk = Walk(pool, Random(seed))
    for _ in range(STEPS):
        await walk.step()
        await walk.check()
    await walk.drain()
    left = await pool.fetch("select id, status from headrace.jobs_live where status <> $1", Status.STOPPED.value)
    assert [tuple(row) for row in left] == []
    for table in ("job_permits", "key_permits"):
        assert await pool.fetch(f"select from headrace.{table}") == [], table
