"""A worker that tests kill with SIGKILL, and start again."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.db.pool import Pool
from tests.acceptance.conftest import CRM
from tests.sessions import gone, named

_NAME = "victim"


def spawn(dsn: str, clock: Path) -> subprocess.Popen[bytes]:
    """A worker on its way up, whose scripts see the time in the file."""
    words = [sys.executable, "-m", "tests.acceptance.worker_process", named(dsn, _NAME), str(clock)]
    return subprocess.Popen(words, cwd=CRM.parent.parent)


async def bury(pool: Pool) -> None:
    """The leases of killed workers are over, once the server has dealt with all that these had sent to it."""
    await gone(pool, _NAME)
    await pool.execute("update headrace.workers set heartbeat_at = now() - interval '1 hour'")


@dataclass(slots=True)
class Victim:
    """A worker in a process of its own, started again after each kill."""

    dsn: str
    clock: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, dsn: str, clock: Path, now_ms: int) -> Victim:
        """A running worker, whose scripts see the time in the file."""
        clock.write_text(str(now_ms))
        return cls(dsn, clock, spawn(dsn, clock))

    def kill(self) -> None:
        """It is gone, wherever it was."""
        self.process.kill()
        self.process.wait()

    async def again(self, pool: Pool) -> None:
        """The dead one's lease is over, and another one is in its place."""
        await bury(pool)
        self.process = spawn(self.dsn, self.clock)


@asynccontextmanager
async def victim(dsn: str, folder: Path, *, now_ms: int = 1_790_000_000_000) -> AsyncIterator[Victim]:
    """A worker to be killed, whose clock stands still."""
    worker = Victim.start(dsn, folder / "clock", now_ms)
    try:
        async with asyncio.timeout(240):
            yield worker
    finally:
        worker.kill()
