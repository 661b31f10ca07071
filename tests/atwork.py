"""A worker at work on a database, in the test's own process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from engine import app
from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.db.pool import Pool
from engine.settings import Settings


@asynccontextmanager
async def worker_on(settings: Settings, *folders: Path, **options: Any) -> AsyncIterator[Pool]:
    """The pool of a database with these apps pushed and a worker that runs; `options` are those of open_worker()."""
    async with (
        app.open_database(settings) as database,
        app.open_worker(settings, database.pool, **options) as worker,
    ):
        async with database.pool.acquire() as conn:
            for folder in folders:
                await push(conn, load_folder(folder))
        running = asyncio.create_task(worker.run())
        yield database.pool
        worker.stop()
        await running
