"""A worker in a process of its own whose clock is a file: `python -m tests.acceptance.worker_process DSN FILE`."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from engine import app
from engine.settings import Settings
from engine.worker.loop import Worker


async def main(dsn: str, clock: Path) -> None:
    """Works until it is killed; the clock is what the file says in milliseconds."""
    settings = Settings(database_url=dsn, slots=2, poll_ms=100, heartbeat_ms=200)
    async with app.open_database(settings) as database, app.open_services(settings, database.pool) as services:
        ticking = replace(services, clock_ms=lambda: int(clock.read_text()))
        await Worker(ticking, name="killed").run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
