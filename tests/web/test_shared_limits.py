"""The limit of Freshworks' jobs (seed 000: 50 requests a minute) holds for all API processes together."""

from __future__ import annotations

import asyncio
import time

import asyncpg
import pytest

from engine.db.pool import Pool
from engine.errors import TooManyRequests
from engine.web.shared_limits import SharedLimits

APP = "desk"


class Clock:
    """A monotonic clock that stands still until the test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


async def passed(limits: SharedLimits, app: str = APP) -> bool:
    """Whether a request got through."""
    try:
        await limits.take(app)
    except TooManyRequests:
        return False
    return True


async def bucket(pool: Pool) -> asyncpg.Record:
    """The one bucket that there is."""
    (row,) = await pool.fetch("select level, granted, at from headrace.request_buckets")
    return row


async def later(pool: Pool, seconds: float) -> None:
    """So much time goes by for the bucket."""
    await pool.execute("update headrace.request_buckets set at = at - make_interval(secs => $1)", seconds)


async def test_two_processes_share_fifty_requests(pool: Pool) -> None:
    """Each is asked sixty times at once, and fifty requests in all get through; another app has its own."""
    clock = Clock()
    both = SharedLimits(pool, 50, clock), SharedLimits(pool, 50, clock)
    started = time.monotonic()
    got = await asyncio.gather(*(passed(limits) for _ in range(60) for limits in both))
    # The bucket is filled meanwhile.
    assert 50 <= sum(got) <= 50 + (time.monotonic() - started) / 1.2
    assert await passed(both[1], "other")


async def test_a_refused_app_is_refused_without_asking(pool: Pool) -> None:
    """Until its bucket has one request again; that comes after 60/50 s, for whichever process asks first."""
    clock = Clock()
    one, other = SharedLimits(pool, 50, clock), SharedLimits(pool, 50, clock)
    for _ in range(50):
        await one.take(APP)
    await pool.execute("update headrace.request_buckets set level = 0, at = clock_timestamp() + interval '1 hour'")
    with pytest.raises(TooManyRequests, match="app desk may send 50 requests a minute; try again in 2 s"):
        await one.take(APP)
    written = (await bucket(pool))["at"]
    assert [await passed(one) for _ in range(5)] == [False] * 5
    assert (await bucket(pool))["at"] == written
    await later(pool, 1.3)
    assert await passed(other)
    clock.now += 1.25
    assert not await passed(one)
    clock.now += 1.25
    await later(pool, 1.3)
    assert await passed(one)


async def test_a_bucket_holds_no_more_than_a_minute(pool: Pool) -> None:
    """After a day there are fifty and not more."""
    limits = SharedLimits(pool, 50, clock := Clock())
    await limits.take(APP)
    await later(pool, 86_400)
    clock.now += 86_400
    await limits.take(APP)
    assert 49 <= (await bucket(pool))["level"] < 50


async def test_high_rates_are_taken_in_blocks(pool: Pool) -> None:
    """Of a second's worth: 6,000 a minute are 60 writes, and what a process did not need within a second is lost."""
    limits = SharedLimits(pool, 6000, clock := Clock())
    await limits.take(APP)
    first = await bucket(pool)
    for _ in range(99):
        await limits.take(APP)
    assert await bucket(pool) == first
    assert (first["level"], first["granted"]) == (5900, 100)
    await limits.take(APP)
    second = (await bucket(pool))["at"]
    assert second > first["at"]
    clock.now += 1
    await limits.take(APP)
    assert (await bucket(pool))["at"] > second
