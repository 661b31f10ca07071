"""Work that a process does again and again beside its main one, with the database."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import NoReturn

from engine.errors import HeadraceError

log = logging.getLogger(__name__)

# Nobody is quiet for longer than so many pauses, however many others there are.
MOST_PAUSES = 10.0


def shared_pause_s(pause_s: float, processes: int) -> float:
    """The pause of one of so many processes that do the same for each other: all together they do it as often as two.

    From three processes on with a jitter of half of it, so that their turns spread.
    """
    pauses = min(MOST_PAUSES, processes / 2)
    return pause_s if pauses <= 1 else pause_s * pauses * random.uniform(0.5, 1.5)  # noqa: S311 - no secret


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
