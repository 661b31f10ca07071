"""Work that a process does again and again beside its main one, with the database."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator
from typing import NoReturn, TypeVar

from engine.errors import DatabaseUnavailable, HeadraceError, LostRace

T = TypeVar("T")

log = logging.getLogger(__name__)

# Nobody is quiet for longer than so many pauses, however many others there are.
MOST_PAUSES = 10.0
FIRST_OUTAGE_S, LONGEST_OUTAGE_S = 0.1, 2.0


def shared_pause_s(pause_s: float, processes: int) -> float:
    """The pause of one of so many processes that do the same for each other: all together they do it as often as two.

    From three processes on with a jitter of half of it, so that their turns spread.
    """
    pauses = min(MOST_PAUSES, processes / 2)
    return pause_s if pauses <= 1 else pause_s * pauses * random.uniform(0.5, 1.5)  # noqa: S311 - no secret


def growing(first_s: float, longest_s: float, *, growth: float = 2.0) -> Iterator[float]:
    """Pauses without end: the first one, then each longer than the one before by the factor, up to the longest."""
    pause_s = first_s
    while True:
        yield pause_s
        pause_s = min(pause_s * growth, longest_s)


async def outlast(what: str, work: Callable[[], Awaitable[T]]) -> T:
    """What the work returns, done again after each outage of the database and each lost race, however often.

    For what only this process knows and must not lose: `what` waits is in its log. A transaction that was cut in its
    commit may have happened, so the work must be fenced or idempotent. Any other error passes.
    """
    pauses = growing(FIRST_OUTAGE_S, LONGEST_OUTAGE_S)
    while True:
        try:
            return await work()
        except (DatabaseUnavailable, LostRace) as error:
            log.warning("%s: waiting for the database: %s", what, error)
            await asyncio.sleep(next(pauses))


async def repeat(what: str, work: Callable[[], Awaitable[float]], *, outage_s: float) -> NoReturn:
    """Does the work until it is cancelled, each time after as many seconds as it returned.

    An outage is waited out, and so is a defect: what one schedule or message meets must not end the work on all of
    them without anybody noticing. Both are logged under the name `what`.
    """
    while True:
        try:
            pause_s = await work()
        except HeadraceError as error:
            log.warning("%s: %s", what, error)
            pause_s = outage_s
        except Exception:
            log.exception("%s", what)
            pause_s = outage_s
        await asyncio.sleep(pause_s)
