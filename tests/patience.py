"""How tests wait: for a condition, never for a fixed time, and never for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LONGEST_S = 120


@asynccontextmanager
async def patience(what: str, *, seconds: float = LONGEST_S) -> AsyncIterator[None]:
    """Gives the block so many seconds; then the test fails with `what` it was that did not come."""
    try:
        async with asyncio.timeout(seconds) as limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise AssertionError(f"waited {seconds:g} s in vain for {what}") from error
