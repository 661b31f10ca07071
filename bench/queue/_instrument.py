"""What all racers of bench/queue are measured with, in Python: who makes jobs, and who says when they start."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

PRODUCERS = 8
PAUSE_S = 0.02


class Starts:
    """Says when jobs start: of a trickle each, which have numbers from 1 on, of the others the first."""

    def __init__(self) -> None:
        self._said = False

    def __call__(self, n: int = 0) -> None:
        if n or not self._said:
            self._said = True
            print(f"start {n} {time.time()}", flush=True)


async def each(count: int, one: Callable[[int], Awaitable[object]]) -> None:
    """By eight producers, each of which makes one job a transaction."""
    numbers = iter(range(count))

    async def produce() -> None:
        for _ in numbers:
            await one(0)

    await asyncio.gather(*(produce() for _ in range(PRODUCERS)))


async def trickle(count: int, one: Callable[[int], Awaitable[object]]) -> None:
    """One after the other, with pauses; says when each is committed."""
    for number in range(1, count + 1):
        await one(number)
        print(f"commit {number} {time.time()}", flush=True)
        await asyncio.sleep(PAUSE_S)
