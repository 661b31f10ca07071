"""Our side of the race of bench/queue: Headrace itself, and the loops that it is measured by.

    python bench/queue/racers.py headrace|loop|reference setup|bulk|sql|copy|each|trickle|work DSN [N]

Workers print a line "start N TIME" for each job of a trickle, and for the first of the others.
"""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import uvloop
from _instrument import PRODUCERS, Starts, each, trickle

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine import app
from engine.db.migrate import migrate
from engine.db.pool import Pool
from engine.jobs import bulk, requests, store
from engine.jobs.requests import Requester
from engine.model import NewJob
from engine.settings import Settings

SLOTS = 1500
BATCH = 500
ANN = Requester("crm", "ann")


_MADE_IN_SQL = "insert into headrace.job_inbox (app, name) select 'crm', 'noop' from generate_series(1, $1::int)"


class Headrace:
    """A worker with handlers, and its whole history."""

    async def setup(self, dsn: str) -> None:
        """The schema."""
        pool = await Pool.connect(dsn)
        await migrate(pool)
        await pool.close()

    def _job(self, **params: object) -> NewJob:
        return requests.call_handler(ANN, "noop", params, {})

    async def enqueue(self, dsn: str, how: str, count: int) -> None:
        """Jobs one by one, in bulk, in SQL or by COPY."""
        pool = await Pool.connect(dsn, max_size=PRODUCERS)

        async def one(n: int) -> None:
            async with pool.acquire() as conn:
                await store.create(conn, [self._job(**{"n": n} if how == "trickle" else {})])

        await one(0)
        gc.freeze()  # as docs/enqueue.md advises
        began = time.perf_counter()
        if how == "bulk":
            for begin in range(0, count, 5000):
                async with pool.acquire() as conn:
                    params = ({} for _ in range(min(5000, count - begin)))
                    await bulk.create_all(conn, requests.call_handlers(ANN, "noop", params, {}))
        elif how == "sql":
            for begin in range(0, count, 5000):
                await pool.execute(_MADE_IN_SQL, min(5000, count - begin))
        elif how == "copy":
            async with pool.acquire() as conn:
                await conn.copy_to_table(
                    "job_inbox",
                    schema_name="headrace",
                    columns=["app", "name"],
                    source=io.BytesIO(b"crm\tnoop\n" * count),
                )
        else:
            await (each if how == "each" else trickle)(count, one)
        print(f"took {time.perf_counter() - began}", flush=True)
        await pool.close()

    async def work(self, dsn: str) -> None:
        """Until SIGTERM."""
        starts = Starts()

        async def noop(job: Any) -> None:
            starts(job.params.get("n") or 0)

        settings = Settings(database_url=dsn, slots=SLOTS, unsafe_scripts=True)
        async with (
            app.open_database(settings) as database,
            app.open_worker(settings, database.pool, handlers={"noop": noop}) as worker,
        ):
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
            await worker.run()


_SCHEMA = """
create table loop_jobs (
    id bigserial primary key, app text not null default 'crm', queue text not null default 'default',
    name text not null default 'noop', status text not null default 'PENDING', attempt integer not null default 0,
    low_priority boolean not null default false, worker_id uuid, parent_id bigint, root_id bigint, unique_key text,
    spec jsonb not null default '{}', results jsonb, created_at timestamptz not null default clock_timestamp(),
    ready_at timestamptz default clock_timestamp(), started_at timestamptz, ended_at timestamptz);
create index on loop_jobs (ready_at) where ready_at is not null;
create index on loop_jobs (app, id);
create index on loop_jobs (app, status, id);
create index on loop_jobs (root_id) where root_id is not null;
create index on loop_jobs (app, id) where status = 'RUNNING';
create index on loop_jobs (ended_at) where ended_at is not null;
create unique index on loop_jobs (app, unique_key) where unique_key is not null;
create table loop_journal (
    job_id bigint not null, attempt integer not null, status text not null, at timestamptz not null);
"""
_CLAIM = """
update loop_jobs set status = 'RUNNING', attempt = attempt + 1, started_at = clock_timestamp(), ready_at = null
where id = any (array(
    select id from loop_jobs where ready_at <= now() order by ready_at limit $1 for update skip locked))
returning id, attempt, name, spec
"""
_FINISH = """
update loop_jobs j set status = 'FINISHED', ended_at = clock_timestamp(), results = i.results
from unnest($1::bigint[], $2::integer[], $3::jsonb[]) i (id, attempt, results)
where j.id = i.id and j.attempt = i.attempt and j.status || '' = 'RUNNING'
"""
# What the server must not weigh: a drain begins with statistics that know of no running row. For one row a hash join
# and a nested loop cost the same but for one percent, and by the latter the finish compared each of its 500 ids with
# each of up to 2,000 rows of the index of running ones: 30 to 170 ms a batch instead of 6. `status || ''` keeps that
# index and its dead entries out, the settings leave look-ups by id.
_SETTINGS = {
    "plan_cache_mode": "force_generic_plan",
    **dict.fromkeys(
        ("enable_hashjoin", "enable_mergejoin", "enable_seqscan", "enable_bitmapscan", "enable_sort", "jit"), "off"
    ),
}
# A row of a journal for each of these transitions.
_JOURNALLED = """
with changed as ({statement} returning {columns}), noted as (
    insert into loop_journal select id, attempt, '{status}', clock_timestamp() from changed)
select {answer} from changed
"""


class Loop:
    """The reference: claim a batch, finish it, on two connections that overlap, on a wide row with seven indexes
    beside its key. It has no handlers, no time limits, no leases and no retries."""

    async def setup(self, dsn: str) -> None:
        """The table."""
        conn = await asyncpg.connect(dsn)
        await conn.execute(_SCHEMA)
        await conn.close()

    async def enqueue(self, dsn: str, how: str, count: int) -> None:
        """Jobs one by one, or in bulk."""
        pool = await asyncpg.create_pool(dsn, min_size=PRODUCERS, max_size=PRODUCERS)

        async def one(n: int) -> None:
            await pool.execute("insert into loop_jobs (spec) values ('{}')")

        await one(0)
        began = time.perf_counter()
        if how == "bulk":
            for begin in range(0, count, 5000):
                specs = ["{}"] * min(5000, count - begin)
                await pool.execute("insert into loop_jobs (spec) select * from unnest($1::jsonb[])", specs)
        else:
            await each(count, one)
        print(f"took {time.perf_counter() - began}", flush=True)
        await pool.close()

    claim, finish = _CLAIM, _FINISH

    async def work(self, dsn: str) -> None:
        """Until it is killed."""
        starts = Starts()
        claimer, finisher = [await asyncpg.connect(dsn, server_settings=_SETTINGS) for _ in range(2)]
        finishing: asyncio.Task[str] | None = None
        while True:
            rows = await claimer.fetch(self.claim, BATCH)
            if finishing is not None:
                await finishing
            finishing = None
            if not rows:
                await asyncio.sleep(0.01)
                continue
            starts()
            ends = [row["id"] for row in rows], [row["attempt"] for row in rows], await self.results(rows)
            finishing = asyncio.create_task(finisher.execute(self.finish, *ends))

    async def results(self, rows: Sequence[asyncpg.Record]) -> list[str]:
        """What the jobs return."""
        return ["{}"] * len(rows)


class Reference(Loop):
    """The loop with what a queue in Python cannot do without: a task, a time limit and JSON for each job, and a row of
    a journal for each of its transitions."""

    claim = _JOURNALLED.format(
        statement=_CLAIM.partition("returning")[0],
        columns="id, attempt, name, spec",
        status="RUNNING",
        answer="id, attempt, name, spec",
    )
    finish = _JOURNALLED.format(statement=_FINISH, columns="j.id, j.attempt", status="FINISHED", answer="count(*)")

    async def results(self, rows: Sequence[asyncpg.Record]) -> list[str]:
        """A handler each."""
        tasks = [asyncio.create_task(self._handle(row["spec"])) for row in rows]
        return [await task for task in tasks]

    async def _handle(self, spec: str) -> str:
        async with asyncio.timeout(60):
            return json.dumps({"response": await self._noop(json.loads(spec))})

    async def _noop(self, params: object) -> None:
        return None


async def main(racer: Headrace | Loop, action: str, dsn: str, count: int) -> None:
    """One action."""
    match action:
        case "setup":
            await racer.setup(dsn)
        case "work":
            await racer.work(dsn)
        case _:
            await racer.enqueue(dsn, action, count)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    name, what, where, *number = sys.argv[1:]
    chosen = {"headrace": Headrace, "loop": Loop, "reference": Reference}[name]()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(chosen, what, where, int(number[0]) if number else 0))
