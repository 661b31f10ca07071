"""Workers by hand: they claim and end jobs one call at a time, so that a test decides what happens when."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from engine.db.pool import Connection, Pool
from engine.jobs import commands, liveness, queue, ready, requests, store, waits
from engine.jobs.queue import Claim, Finish
from engine.jobs.requests import Requester
from engine.model import Job, JobType, NewJob, Status
from engine.worker.lanes import Lanes

APP = "crm"
ANN = Requester(APP, "ann")
LATER = timedelta(hours=1)


def new(name: str = "work", **options: Any) -> NewJob:
    """A job for a handler, which nobody but a test runs."""
    return NewJob(**{"app": APP, "type": JobType.HANDLER, "name": name, "label": name, **options})


async def enqueue(pool: Pool, *jobs: NewJob) -> list[UUID]:
    """The ids of these jobs, one plain job if none are given, created in a transaction of their own."""
    async with pool.transaction() as conn:
        return await store.create(conn, jobs or [new()])


async def enqueue_one(pool: Pool, **options: Any) -> UUID:
    """The id of one new job."""
    return (await enqueue(pool, new(**options)))[0]


async def call(pool: Pool, name: str = "work", params: Any = None, **options: Any) -> UUID:
    """The id of a job for a handler of this name, which Ann ran."""
    async with pool.transaction() as conn:
        return (await store.create(conn, [requests.call_handler(ANN, name, params or {}, options)]))[0]


async def get(pool: Pool, job_id: UUID, app: str = APP) -> Job:
    """The job as it is now."""
    async with pool.acquire() as conn:
        return await store.get(conn, app, job_id)


async def status(pool: Pool, job_id: UUID) -> Status:
    """The status of the job now."""
    return (await get(pool, job_id)).status


async def ask(pool: Pool, command: str, job_id: object, app: str = APP) -> None:
    """stop, force, resume or cancel, in a transaction."""
    async with pool.transaction() as conn:
        match command:
            case "force":
                await commands.stop(conn, app, job_id, force=True)
            case _:
                await commands.COMMANDS[commands.Command(command)](conn, app, job_id)


async def events(pool: Pool, job_id: UUID) -> list[str]:
    """The job's changes that are kept, oldest first."""
    rows = await pool.fetch("select event from headrace.job_changes where job_id = $1 order by at", job_id)
    return [row["event"] for row in rows]


async def rows(pool: Pool, job_id: UUID) -> Mapping[str, Any]:
    """The job's whole row, live or ended."""
    row = await pool.fetchrow("select * from headrace.jobs where id = $1", job_id)
    assert row is not None
    return dict(row)


async def make_due(pool: Pool, job_id: UUID) -> None:
    """The time for which the job waits has come."""
    await pool.execute("update headrace.jobs_live set ready_at = now() where id = $1 and ready_at is not null", job_id)


async def blocked(pool: Pool) -> None:
    """Some backend of this database waits for a lock."""
    async with asyncio.timeout(60):
        while not await pool.fetchrow(  # noqa: ASYNC110 - the database is asked
            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        ):
            await asyncio.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Hand:
    """A registered worker that does nothing by itself."""

    pool: Pool
    id: UUID = field(default_factory=uuid4)

    @classmethod
    async def join(cls, pool: Pool) -> Hand:
        """A worker that may claim."""
        hand = cls(pool)
        async with pool.acquire() as conn:
            await liveness.register(conn, hand.id, name="hand", version="0", slots=8)
        return hand

    async def claim(self, limit: int = 1, *, after: str = "", low_first: int = 0) -> list[Claim]:
        """Up to so many jobs, the apps behind `after` first: one look, then claims until nothing is left."""
        lanes = Lanes(time.monotonic)
        lanes.position = (after, "")
        claims: list[Claim] = []
        async with self.pool.acquire() as conn:
            lanes.found((await ready.look(conn, after=lanes.position)).lanes)
            while len(claims) < limit and (chosen := lanes.choose(limit - len(claims), low_first=low_first)):
                left, low_first = limit - len(claims), 0
                batch = await queue.claim(conn, self.id, chosen, limit=left)
                lanes.claimed(chosen, batch, left)
                claims += sorted(batch.claims, key=lambda claim: (claim.app <= after, claim.app))
        return claims

    async def claim_one(self) -> Claim:
        """The next job, which there must be."""
        (claim,) = await self.claim()
        return claim

    async def finish(self, *claims: Claim, **ending: Any) -> list[Status]:
        """Ends the claims; what each ended as, but for those that were lost."""

        async def work(conn: Connection) -> list[Status | None]:
            await waits.lock(conn, [claim.id for claim in claims])
            return await queue.finish(conn, [Finish(claim.id, claim.attempt, **ending) for claim in claims])

        return [status for status in await self.pool.run(work) if status is not None]

    async def retry(self, claim: Claim, delay_ms: int = 0) -> bool:
        """The attempt threw, and is tried again."""
        async with self.pool.transaction() as conn:
            return await queue.retry(conn, claim, delay_ms=delay_ms, detail="it threw")

    async def hand_back(self, claim: Claim) -> bool:
        """This worker ends."""
        async with self.pool.transaction() as conn:
            return await queue.hand_back(conn, claim)

    async def stopped(self, claim: Claim) -> bool:
        """The script of a stopping job is gone."""
        async with self.pool.transaction() as conn:
            return await queue.stopped(conn, claim)

    async def park(
        self, claim: Claim, ids: Sequence[UUID] = (), wanted: Sequence[Status] = (Status.FINISHED,)
    ) -> list[UUID]:
        """The claimed job waits for these, if there is anything to wait for; the ids that are left."""
        async with self.pool.transaction() as conn:
            assert await queue.fence(conn, claim) is not None
            left = await waits.pending(conn, claim.app, claim.id, ids, wanted) if ids else []
            if left or not ids:
                assert await waits.park(conn, claim.id, claim.attempt, datetime.now(UTC) + LATER)
            return left

    async def beat(self) -> bool:
        """Whether this worker is alive."""
        async with self.pool.acquire() as conn:
            return await liveness.beat(conn, self.id, used=0, draining=False)

    async def die(self, stale_ms: int = 1000) -> liveness.Rescue:
        """The worker falls silent, and another one notices."""
        await self.pool.execute(
            "update headrace.workers set heartbeat_at = now() - interval '1 hour' where id = $1", self.id
        )
        async with self.pool.transaction() as conn:
            return await liveness.rescue(conn, stale_ms=stale_ms)
