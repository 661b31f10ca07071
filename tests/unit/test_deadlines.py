"""Time limits that share a timer."""

from __future__ import annotations

import asyncio
from functools import partial

from engine.executors import deadlines
from engine.executors.deadlines import Deadlines


async def test_a_limit_is_reached_once_and_never_early() -> None:
    """Limits of both kinds, those with a tick of their own and those that share one, act after their time."""
    loop = asyncio.get_running_loop()
    for short_s in (deadlines.SHORT_S, 0.0):
        watched = Deadlines(short_s=short_s)
        done = asyncio.Event()
        began = loop.time()
        peers = watched.after(0.02, done.set)
        await asyncio.wait_for(done.wait(), 60)
        assert loop.time() - began >= 0.02
        assert done.set not in peers


async def test_a_dropped_limit_does_nothing() -> None:
    """It does not act, while the others of its tick do; dropping it twice is harmless."""
    for short_s in (deadlines.SHORT_S, 0.0):
        watched = Deadlines(short_s=short_s)
        acted = asyncio.Event()
        done = asyncio.Event()
        peers = watched.after(0.02, acted.set)
        watched.after(0.02, done.set)
        peers.discard(acted.set)
        peers.discard(acted.set)
        await asyncio.wait_for(done.wait(), 60)
        assert not acted.is_set()


async def test_what_one_limit_does_may_drop_another() -> None:
    """The act of a limit may drop one that is due in the same tick: that one does not act any more."""
    watched = Deadlines(short_s=0.0)
    acted: list[int] = []

    def act(mine: int) -> None:
        acted.append(mine)
        peers[1 - mine].discard(acts[1 - mine])

    acts = [partial(act, mine) for mine in (0, 1)]
    peers = [watched.after(0.02, one) for one in acts]
    later = asyncio.Event()
    watched.after(0.3, later.set)
    await asyncio.wait_for(later.wait(), 60)
    assert len(acted) == 1
