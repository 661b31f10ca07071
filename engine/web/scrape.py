"""/metrics and the probes of a process, on a port of its own that only operators reach.

Not a route of the API: what it shows is every app's, and a scraper has no token of an app.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from engine.db.pool import Pool
from engine.errors import HeadraceError
from engine.jobs.depth import Rounds
from engine.metrics import Metrics

log = logging.getLogger(__name__)

# The queue is looked at no more often than this, by however many scrapers.
FRESH_S = 1.0
# A scrape does not wait for a database that hangs; it says that it is away.
LOOK_S = 3.0
LAG_S = 0.25
# The lag that is shown is the most of this many looks.
LAGS = 60


class Scrape:
    """What answers. `fit` is whether the process does its work."""

    def __init__(self, pool: Pool, metrics: Metrics, *, stale_ms: int, fit: Callable[[], bool]) -> None:
        self._pool = pool
        self._metrics = metrics
        self._stale_ms = stale_ms
        self._fit = fit
        self._lock = asyncio.Lock()
        self._looked_at = float("-inf")
        self._rounds = Rounds()
        metrics.watch_queue()
        metrics.service.pool(pool.most, lambda: pool.opened, lambda: pool.idle)
        self.app = Starlette(
            routes=[
                Route("/metrics", self._metrics_page),
                Route("/health/live", self._live),
                Route("/health/ready", self._ready),
            ]
        )

    async def _metrics_page(self, request: Request) -> Response:
        async with self._lock:
            if time.monotonic() - self._looked_at >= FRESH_S:
                await self._look()
        return Response(generate_latest(self._metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def _look(self) -> None:
        try:
            async with asyncio.timeout(LOOK_S), self._pool.acquire() as conn:
                self._metrics.depth = await self._rounds.look(conn, stale_ms=self._stale_ms)
        except (TimeoutError, HeadraceError) as error:
            log.warning("the queue cannot be looked at: %s", error or "no answer")
            self._metrics.depth = None
        self._looked_at = time.monotonic()

    async def _live(self, request: Request) -> Response:
        """The event loop answers. It says nothing of the database: a restart would not repair that."""
        return PlainTextResponse("ok\n")

    async def _ready(self, request: Request) -> Response:
        fit = self._fit()
        return PlainTextResponse("ok\n" if fit else "not ready\n", status_code=200 if fit else 503)

    async def watch_lag(self) -> None:
        """Measures until it is cancelled how late the event loop wakes."""
        lags = [0.0] * LAGS
        n = 0
        while True:
            asked = time.monotonic() + LAG_S
            await asyncio.sleep(LAG_S)
            lags[n % LAGS] = max(0.0, time.monotonic() - asked)
            n += 1
            self._metrics.service.lagged(max(lags))
