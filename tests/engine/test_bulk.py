"""Jobs in any number: made ready chunk by chunk while the server makes those before, all of them or none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from engine.db.pool import Pool
from engine.errors import BadRequest
from engine.ids import id_time
from engine.jobs import bulk, requests, store
from engine.model import NewJob
from tests.engine.hands import ANN, APP, Hand, enqueue_one, new

MANY = 2 * bulk.CHUNK + 500


def calls(count: int = MANY, *, bad: int | None = None, **options: Any) -> Iterator[NewJob]:
    params = ({"n": float("nan") if n == bad else n} for n in range(count))
    return requests.call_handlers(ANN, "work", params, options)


async def jobs(pool: Pool) -> int:
    return len(await pool.fetch("select from headrace.jobs union all select from headrace.job_params"))


async def test_they_are_those_that_come_one_by_one(pool: Pool) -> None:
    """Over several chunks their ids rise and are those of their times, and each job is what `call_handler` makes."""
    async with pool.acquire() as conn:
        ids = await bulk.create_all(conn, calls(maxAttempts=3))
        assert len(ids) == MANY
        assert ids == sorted(set(ids))
        for n in (0, bulk.CHUNK - 1, bulk.CHUNK, MANY - 1):
            made = await store.get(conn, APP, ids[n])
            asked = requests.call_handler(ANN, "work", {"n": n}, {"maxAttempts": 3})
            for name in ("type", "name", "label", "queue", "spec", "run_by", "max_attempts"):
                assert getattr(made, name) == getattr(asked, name)
            assert made.created_at == id_time(ids[n])
    hand = await Hand.join(pool)
    assert [claim.id for claim in await hand.claim(10)] == ids[:10]


@pytest.mark.parametrize("bad", [0, bulk.CHUNK, MANY - 1])
async def test_one_that_is_refused_refuses_them_all(pool: Pool, bad: int) -> None:
    """The error says which it is; nothing is left of the chunks before, and the caller's transaction goes on."""
    async with pool.transaction() as conn:
        (kept,) = await store.create(conn, [new()])
        with pytest.raises(BadRequest) as refused:
            await bulk.create_all(conn, calls(bad=bad))
        assert refused.value.additional_info["field"] == f"params[{bad}]"
        assert await store.find_by_id(conn, APP, kept) is not None
    assert await jobs(pool) == 2


async def test_a_unique_key_makes_one_job_of_them(pool: Pool) -> None:
    """Each place has the id of the job that holds the key, over all chunks."""
    holder = await enqueue_one(pool, unique_key="k")
    async with pool.acquire() as conn:
        assert await bulk.create_all(conn, calls(bulk.CHUNK + 1, uniqueKey="k")) == [holder] * (bulk.CHUNK + 1)


async def test_no_jobs_are_no_work(pool: Pool) -> None:
    """An empty source makes nothing and answers nothing."""
    async with pool.acquire() as conn:
        assert await bulk.create_all(conn, calls(0)) == []


@pytest.mark.parametrize(
    ("name", "options", "field"),
    [
        ("a b", {}, "handlerName"),
        ("work", {"queue": "mail"}, "options.queue"),
        ("work", {"delay": -1}, "options.delay"),
    ],
)
def test_what_they_share_is_checked_before_any(name: str, options: dict[str, Any], field: str) -> None:
    """A wrong name or option is refused at once, though the params have not been looked at."""
    with pytest.raises(BadRequest) as refused:
        requests.call_handlers(ANN, name, iter(()), options)
    assert refused.value.additional_info["field"] == field


async def test_a_caller_that_gives_up_leaves_nothing(pool: Pool) -> None:
    """Canceled between two chunks: no job is left, and the connection serves the next one."""
    halfway = asyncio.Event()

    def source() -> Iterator[NewJob]:
        for n, job in enumerate(calls()):
            if n == bulk.CHUNK:
                halfway.set()
            yield job

    async with pool.acquire() as conn:
        going = asyncio.create_task(bulk.create_all(conn, source()))
        await asyncio.wait_for(halfway.wait(), 60)
        going.cancel()
        with pytest.raises(asyncio.CancelledError):
            await going
        assert len(await store.create(conn, [new()])) == 1
    assert await jobs(pool) == 2
