"""Passes messages of the outbox on to the broker, in any number of workers at once.

A message is deleted in the transaction that has it locked, once the broker has confirmed it: if the worker dies in
between, the message is sent again, with the same id. So none is lost, and whoever receives one twice can tell.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from engine.db import chore
from engine.db.pool import Connection, Pool
from engine.db.sql import load
from engine.errors import HeadraceError
from engine.metrics.outbox import OutboxMetrics

log = logging.getLogger(__name__)

BATCH = 100
POLL_S, OUTAGE_S = 0.5, 5.0


class BrokerGone(HeadraceError):
    """There is no connection to the broker."""


class Broker(Protocol):
    """Where messages go."""

    async def send(self, message: Mapping[str, Any]) -> str | None:
        """None when the broker has confirmed the row of the outbox, else why it refuses it; BrokerGone in an outage."""


class Outbox:
    """One process's share of passing messages on. `run` lasts until it is cancelled."""

    def __init__(self, pool: Pool, broker: Broker, metrics: OutboxMetrics) -> None:
        self._pool = pool
        self._broker = broker
        self._metrics = metrics

    async def run(self) -> None:
        """Passes messages on as they come; an outage of the database or the broker is waited out."""
        await chore.repeat("outbox", self._next, outage_s=OUTAGE_S)

    async def _next(self) -> float:
        """One look; for how many seconds there is nothing to do."""
        passed = await self.pass_on()
        oldest = await self._pool.fetch(load("outbox_oldest"))
        self._metrics.looked(oldest_s=oldest[0][0])
        return 0.0 if passed == BATCH else POLL_S

    async def pass_on(self) -> int:
        """How many messages were there; the broker has confirmed or refused each of them."""
        async with self._pool.transaction() as conn:
            rows = await conn.fetch(load("outbox_take"), BATCH)
            try:
                answers = await asyncio.gather(*(self._broker.send(row) for row in rows))
            except BrokerGone as gone:
                log.warning("outbox: %s", gone)
                return 0
            await self._record(conn, {row["id"]: answer for row, answer in zip(rows, answers, strict=True)})
        return len(rows)

    async def _record(self, conn: Connection, answers: Mapping[UUID, str | None]) -> None:
        confirmed = [id for id, error in answers.items() if error is None]
        refused = [id for id, error in answers.items() if error is not None]
        if confirmed:
            await conn.execute(load("outbox_delete"), confirmed)
        if refused:
            reasons: Sequence[str | None] = [answers[id] for id in refused]
            log.warning("outbox: the broker refuses %s messages: %s", len(refused), reasons[0])
            await conn.execute(load("outbox_put_aside"), refused, reasons)
        self._metrics.passed_on(confirmed=len(confirmed), refused=len(refused))
