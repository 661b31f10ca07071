"""`find` against a plain look at each job: any filters together, page by page, and their count."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.db.pool import Pool
from engine.ids import floor_id
from engine.jobs.search import JobQuery, count, find_page
from engine.model import Status

APP, OTHER, JOBS = "crm", "shop", 900
NOW = datetime.now(UTC).replace(microsecond=0)
EPOCH, MS = datetime.fromtimestamp(0, UTC), timedelta(milliseconds=1)
TYPES = ("HANDLER", "EXECUTE_ACTION", "IMPORT_USERS")
TOOK = ("1 second", "2 minutes", "5 hours", "3 days", "40 days", "-10 seconds", "-2 days")
INSERT = """
insert into headrace.jobs (
    id, archived, app, type, name, status, has_errors, root_id, created_at, started_at, ended_at)
select id, archived, app, type, 'job', status, has_errors, id, created_at, started_at, ended_at
from unnest($1::uuid[], $2::boolean[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::timestamptz[],
    $8::timestamptz[], $9::timestamptz[])
    as job (id, archived, app, type, status, has_errors, created_at, started_at, ended_at)
"""
SECONDS = {"second": 1, "minutes": 60, "seconds": 1, "hours": 3600, "days": 86_400}


def job(random: Random) -> dict[str, Any]:
    """One of 80 days: over or not, of whatever kind, as long as whatever, some by clocks that disagree."""
    created = NOW - timedelta(days=random.random() * 80)
    created -= timedelta(microseconds=created.microsecond % 1000)
    number, unit = random.choice(TOOK).split()
    ended = created + timedelta(seconds=int(number) * SECONDS[unit])
    started = random.choice((created + (ended - created) * random.random(), None, ended))
    status = random.choice(["FINISHED", "FINISHED", "CANCELED", *Status])
    rest = 0x7 << 76 | 0b10 << 62 | random.getrandbits(62)
    return {
        "id": UUID(int=floor_id((created - EPOCH) // MS).int | rest),
        "archived": Status(status).is_final,
        "app": OTHER if random.random() < 0.2 else APP,
        "type": random.choice(TYPES),
        "status": str(status),
        "has_errors": random.random() < 0.3,
        "created_at": created,
        "started_at": started,
        "ended_at": ended if Status(status).is_final else None,
    }


@pytest.fixture
async def jobs(pool: Pool) -> list[dict[str, Any]]:
    """The same jobs in PostgreSQL and here, the newest first."""
    random = Random(5)
    made = [job(random) for _ in range(JOBS)]
    await pool.execute("select headrace.ensure_partitions(now() - interval '3 months', 5)")
    await pool.execute(INSERT, *([one[key] for one in made] for key in made[0]))
    await pool.execute("analyze headrace.jobs_history")
    return sorted(made, key=itemgetter("id"), reverse=True)


days_ago = st.one_of(st.integers(-1, 81), st.floats(0, 80, width=32))
moments = days_ago.map(lambda days: round((NOW - timedelta(days=days)).timestamp() * 1000))
queries = st.fixed_dictionaries(
    {},
    optional={
        "type": st.lists(st.sampled_from([*TYPES, "EXPORT_USERS"]), min_size=1, max_size=3).map(",".join),
        "status": st.lists(st.sampled_from([str(status) for status in Status]), min_size=1, max_size=3).map(",".join),
        "hasErrors": st.booleans(),
        **{f"{what}{end}": moments for what in ("create", "start", "end") for end in ("From", "To")},
    },
)


def matches(one: Mapping[str, Any], app: str | None, query: Mapping[str, Any]) -> bool:
    """Whether the job meets every condition."""
    kinds = {"type": one["type"], "status": one["status"]}
    return (
        app in (None, one["app"])
        and all(value in query[key].split(",") for key, value in kinds.items() if key in query)
        and query.get("hasErrors") in (None, one["has_errors"])
        and all(
            within(one[f"{what}ed_at" if what != "create" else "created_at"], query, what)
            for what in ("create", "start", "end")
        )
    )


def within(moment: datetime | None, query: Mapping[str, Any], what: str) -> bool:
    """Whether the time is in the asked range, to the millisecond; none is in no range."""
    low, high = query.get(f"{what}From"), query.get(f"{what}To")
    if low is None and high is None:
        return True
    ms = -1 if moment is None else (moment - EPOCH) // MS
    return ms >= max(low or 0, 0) and (high is None or ms <= high)


async def found(pool: Pool, app: str | None, query: JobQuery, limit: int) -> list[UUID]:
    """The ids of all pages."""
    ids: list[UUID] = []
    async with pool.acquire() as conn:
        page = await find_page(conn, app, query, limit=limit)
        while True:
            ids += [one.id for one in page.jobs]
            if page.after is None:
                return ids
            page = await find_page(conn, app, query, limit=limit, after=page.after)


@pytest.mark.usefixtures("pool")
async def test_any_filters_together(pool: Pool, jobs: list[dict[str, Any]]) -> None:
    """What is found is what a plain look at each job finds, in its order, on pages of any size, from any offset."""
    loop = asyncio.get_running_loop()

    async def compare(query: dict[str, Any], app: str | None, limit: int, offset: int) -> None:
        expected = [one["id"] for one in jobs if matches(one, app, query)]
        asked = JobQuery.parse({**query, "_offset": offset})
        assert await found(pool, app, asked, limit) == expected[offset:]
        async with pool.acquire() as conn:
            assert await count(conn, app, asked) == len(expected)

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        queries, st.sampled_from([APP, APP, OTHER, None]), st.sampled_from([5, 20, 150]), st.sampled_from([0, 0, 30])
    )
    def check(query: dict[str, Any], app: str | None, limit: int, offset: int) -> None:
        asyncio.run_coroutine_threadsafe(compare(query, app, max(limit, len(jobs) // 5), offset), loop).result(400)

    await asyncio.to_thread(check)
