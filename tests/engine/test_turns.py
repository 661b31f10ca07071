"""A worker that always has work still sees what is new, and gives every app its turn."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from engine.executors.endings import Ending, Finished
from engine.executors.run import Run
from tests.engine.hands import enqueue, enqueue_one, new
from tests.engine.shop import LONG_S, Shop


class Endless:
    """Work whose jobs make one more job of their app each, so a backlog never ends."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self.ran: Counter[str] = Counter()
        self.changed = asyncio.Event()

    async def work(self, run: Run) -> Ending:
        self.ran[run.claim.app] += 1
        self.changed.set()
        if run.claim.name == "endless":
            await enqueue_one(self._shop.pool, app=run.claim.app, name="endless")
        return Finished()

    async def until(self, app: str, times: int) -> None:
        """Returns when so many jobs of the app have run."""
        async with asyncio.timeout(LONG_S):
            while self.ran[app] < times:
                self.changed.clear()
                await self.changed.wait()


@pytest.mark.parametrize("listen", [True, False])
async def test_an_endless_backlog_hides_no_app_that_comes_later(shop: Shop, listen: bool) -> None:
    """While one app keeps the only slot busy for ever, a job of an app that nobody knew yet is run."""
    endless = Endless(shop)
    shop.does(endless.work)
    await enqueue(shop.pool, *[new("endless", app="busy") for _ in range(5)])
    async with shop.worker(slots=1, listen=listen):
        await endless.until("busy", 10)
        await enqueue_one(shop.pool, app="late")
        await endless.until("late", 1)
        await endless.until("busy", endless.ran["busy"] + 5)


async def test_every_endless_backlog_gets_its_turn(shop: Shop) -> None:
    """Three apps share two slots for ever: none of them is left out because a batch was full before its turn."""
    endless = Endless(shop)
    shop.does(endless.work)
    await enqueue(shop.pool, *[new("endless", app=app) for app in "abc" for _ in range(5)])
    async with shop.worker(slots=2):
        for app in "abc":
            await endless.until(app, 20)
