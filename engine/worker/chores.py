"""Housekeeping for all workers, done by whichever comes first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from engine.data import files, indexes
from engine.data.volume import volume_of
from engine.db.pool import Connection
from engine.db.sql import load
from engine.executors.run import Services
from engine.flatfile import feed, followers
from engine.jobs import liveness, locks, ready, waits

log = logging.getLogger(__name__)

# So few claims leave so few dead entries that a walk over them costs nothing.
ROTATE_AFTER = 1000


PARTITIONS_S = 3600.0
SWEEP_S = 300.0
ROTATE_S = 1.0
LOCKS_S = 1.0
INDEXES_S = 5.0
FOLLOWERS_S = 1.0


@dataclass(frozen=True, slots=True)
class Chore:
    """Work that is done every so often: by each worker, or by all of them together (`shared`)."""

    every_s: float
    work: Callable[[], Coroutine[Any, Any, None]]
    shared: bool = False


class Chores:
    """What one worker does of it; `wake` is called when that has made jobs claimable."""

    def __init__(self, services: Services, wake: Callable[[], None]) -> None:
        self._pool = services.pool
        self._settings = services.settings
        self._metrics = services.metrics.jobs
        self._wake = wake
        # Whoever worked before it may have left lists that are long and empty.
        self._claimed = ROTATE_AFTER

    def regular(self) -> Sequence[Chore]:
        """All of them, in the order in which a worker that starts begins them: what others wait for comes first."""
        return (
            # By each of them: whoever is left of a fleet that died must not wait for its turn among many.
            Chore(self._settings.stale_ms / 3000, self.rescue),
            Chore(FOLLOWERS_S, self.followers, shared=True),
            Chore(LOCKS_S, self.sweep_locks, shared=True),
            Chore(INDEXES_S, self.indexes, shared=True),
            Chore(ROTATE_S, self.rotate),
            Chore(PARTITIONS_S, self.partitions),
            Chore(SWEEP_S, self.sweep_files),
            Chore(SWEEP_S, self.sweep_feed),
        )

    def claimed(self, count: int) -> None:
        """The worker has claimed so many jobs."""
        self._claimed += count

    async def rescue(self) -> None:
        """Buries dead workers, wakes jobs whose time has come, forgets what nobody waits for any more."""

        async def work(conn: Connection) -> liveness.Rescue:
            found = await liveness.rescue(conn, stale_ms=self._settings.stale_ms)
            await waits.wake_overdue(conn)
            await waits.sweep(conn)
            await conn.execute(load("root_ranks_sweep"))
            await conn.execute(load("ready_set_aside"))
            return found

        found = await self._pool.run(work)
        self._metrics.rescued(workers=len(found.dead), requeued=found.requeued, given_up=found.given_up)
        if found.dead:
            log.warning("workers %s are dead: %s jobs rescued", ", ".join(found.dead), found.requeued)
            self._wake()

    async def rotate(self) -> None:
        """Truncates lists of ready jobs that are empty, and the inbox: at its start, and once it has emptied some."""
        if self._claimed < ROTATE_AFTER:
            return
        self._claimed = 0
        async with self._pool.acquire() as conn:
            await ready.rotate(conn)
            await conn.execute(load("inbox_sweep"))

    async def partitions(self) -> None:
        """Makes the months ahead, and drops those that nobody wants to keep."""
        await self._pool.execute(load("partitions_ensure"))
        if self._settings.retention_days:
            dropped = await self._pool.fetch(load("partitions_drop"), self._settings.retention_days)
            if dropped[0][0]:
                log.info("%s months are older than %s days: dropped", dropped[0][0], self._settings.retention_days)

    async def sweep_locks(self) -> None:
        """Hands on locks that were left lying, and ends deadlocks."""
        ended = await self._pool.run(locks.sweep)
        if ended:
            log.warning("%s deadlocks of record locks: the last of each to wait was refused", ended)

    async def indexes(self) -> None:
        """Builds the indexes that apps want on fields of their records, and drops those that they do not want."""
        await indexes.settle(self._pool)

    async def followers(self) -> None:
        """Lets jobs of Flatfile's doors go on whose predecessors, or the parts before, ended in workers' hands. Ends
        what handlers far away hold for too long."""
        await feed.settle(self._pool)
        await followers.settle(self._pool)

    async def sweep_files(self) -> None:
        """Removes expired files and abandoned uploads, a few a transaction: their bytes go with them."""
        volume = volume_of(self._settings.files_dir)
        while await self._pool.run(lambda conn: files.sweep(conn, limit=10, volume=volume)):
            pass
        while await self._pool.run(lambda conn: files.unlink_remains(conn, limit=10)):
            pass
        if volume is not None:
            async with self._pool.acquire() as conn:
                await files.sweep_volume(conn, volume)

    async def sweep_feed(self) -> None:
        """Drops old events of Flatfile's feed."""
        while await self._pool.run(lambda conn: feed.sweep(conn, days=self._settings.retention_days)):
            pass
