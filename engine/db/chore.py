"""Work that a process does again and again beside its main one, with the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

from engine.errors import HeadraceError

log = logging.getLogger(__name__)


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
