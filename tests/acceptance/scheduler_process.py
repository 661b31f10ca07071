"""A scheduler in a process of its own, to be killed: `python -m tests.acceptance.scheduler_process DSN`."""

from __future__ import annotations

import asyncio
import sys

from engine.apps.store import AppCache
from engine.db.pool import Pool
from engine.metrics import Metrics
from engine.schedule.scheduler import Scheduler


async def main(dsn: str) -> None:
    """Makes runs until it is killed."""
    pool = await Pool.connect(dsn, max_size=2)
    print("ready", flush=True)
    await Scheduler(pool, AppCache(), Metrics().schedules, keep_days=30).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
