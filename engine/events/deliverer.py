"""Makes jobs of events: each in the transaction that takes the event away, so that it is neither lost nor doubled.

Any number of processes do this at once, without a leader: an event belongs to whoever locks its row first, the others
pass it by. Whoever dies in the middle has done nothing, and the next to look does it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress

from engine.apps.store import App, AppCache
from engine.db import chore
from engine.db.pool import Connection, Pool
from engine.db.sql import load
from engine.errors import DatabaseUnavailable, HeadraceError
from engine.events.model import Event
from engine.jobs import store
from engine.metrics.events import EventMetrics
from engine.model import NewJob

log = logging.getLogger(__name__)

LANES = 200
POLL_S, OUTAGE_S = 1.0, 1.0
_START = ("", "")


class Deliverer:
    """One process's share of delivering. `run` lasts until it is cancelled."""

    def __init__(self, pool: Pool, apps: AppCache, metrics: EventMetrics, *, listens: bool = True) -> None:
        self._pool = pool
        self._apps = apps
        self._metrics = metrics
        self._listens = listens
        self._workers = 1
        self._news = asyncio.Event()
        self._position = self._behind = _START
        self._most = LANES

    def wake(self, payload: str = "") -> None:
        """Something was written, or a listener's job has ended: look now."""
        self._news.set()

    async def run(self) -> None:
        """Delivers what is there, round after round; an outage of the database is waited out."""
        while True:
            began = time.monotonic()
            try:
                await self._round()
            except HeadraceError as error:
                log.warning("events wait: %s", error)
                await asyncio.sleep(OUTAGE_S)
            except Exception:
                # A defect at one event must not end the delivery of all without anybody noticing.
                log.exception("events wait")
                await asyncio.sleep(OUTAGE_S)
            # Lanes whose jobs are alive are looked at in vain: never for more than half of the time.
            await asyncio.sleep(time.monotonic() - began)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), self._pause_s)

    @property
    def _pause_s(self) -> float:
        """One that is told of events polls only for what all may have missed."""
        return chore.shared_pause_s(POLL_S, self._workers) if self._listens else POLL_S

    async def _round(self) -> None:
        """Looks at every lane once."""
        self._news.clear()
        self._position, self._most = _START, LANES
        while not await self.deliver():
            pass

    async def deliver(self) -> bool:
        """Delivers the first events of the next lanes; whether these were the last lanes of a round."""
        self._behind = _START
        try:
            await self._pool.run(self._deliver)
        except DatabaseUnavailable:
            raise
        except Exception:
            # One that is refused must not hold up the others: taken one by one it is alone, and is passed by.
            log.exception("events of lanes behind %s, of which %s were taken", self._position, self._most)
            if self._most > 1:
                self._most = 1
                return False
        self._position = self._behind
        return self._position == _START

    async def _deliver(self, conn: Connection) -> None:
        rows = await conn.fetch(load("events_take"), *self._position, self._most)
        last = rows[0]
        self._workers = last["workers"]
        self._metrics.looked(oldest_s=last["oldest_s"])
        self._behind = (last["last_app"], last["last_lane"]) if last["looked"] == self._most else _START
        events = [Event.from_row(row) for row in rows if row["id"] is not None]
        if events:
            await self._make(conn, events)

    async def _make(self, conn: Connection, events: Sequence[Event]) -> None:
        """The events' jobs. One that no listener hears any more goes; one whose lane was taken meanwhile stays."""
        apps = {name: await self._apps.get(conn, name) for name in {event.app for event in events}}
        wanted = [(event, _job(apps[event.app], event)) for event in events]
        made = await store.create_free(conn, [job for _, job in wanted if job is not None])
        ids = iter(made)
        done = [event.id for event, job in wanted if job is None or next(ids) is not None]
        await conn.execute(load("events_consume"), done)
        dropped = sum(job is None for _, job in wanted)
        self._metrics.left(delivered=len(done) - dropped, dropped=dropped)


def _job(app: App, event: Event) -> NewJob | None:
    job = event.job(app)
    if job is None:
        log.warning("app %s, version %s, has no listener %s any more", app.name, app.version, event.listener)
    return job
