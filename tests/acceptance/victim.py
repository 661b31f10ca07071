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
        return cls(dsn, clock, cls._process(dsn, clock))

    @staticmethod
    def _process(dsn: str, clock: Path) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "tests.acceptance.worker_process", dsn, str(clock)]
        return subprocess.Popen(words, cwd=CRM.parent.parent)

    def kill(self) -> None:
        """It is gone, wherever it was."""
        self.process.kill()
        self.process.wait()

    async def again(self, pool: Pool) -> None:
        """The dead one's lease is over, and another one is in its place."""
        await pool.execute("update headrace.workers set heartbeat_at = now() - interval '1 hour'")
        self.process = self._process(self.dsn, self.clock)


@asynccontextmanager
async def victim(dsn: str, folder: Path, *, now_ms: int = 1_790_000_000_000) -> AsyncIterator[Victim]:
    """A worker to be killed, whose clock stands still."""
    worker = Victim.start(dsn, folder / "clock", now_ms)
    try:
        async with asyncio.timeout(240):
            yield worker
    finally:
        worker.kill()
