"""The outbox: messages leave it when the broker has confirmed them. RabbitMQ itself: `python3 dev.py broker`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from engine.db.pool import Pool
from engine.db.sql import load
from engine.ids import new_id
from engine.metrics import Metrics
from engine.worker.amqp import AmqpBroker
from engine.worker.outbox import BrokerGone, Outbox
from tests.patience import patience


@dataclass(slots=True)
class Fake:
    """A broker that refuses the topics in `refuses`, and is not there while `gone`."""

    refuses: set[str] = field(default_factory=set)
    gone: bool = False
    got: list[int] = field(default_factory=list)

    async def send(self, message: Mapping[str, Any]) -> str | None:
        """As a broker does."""
        if self.gone:
            raise BrokerGone("nobody is there")
        if message["topic"] in self.refuses:
            return "no such exchange"
        self.got.append(message["message"]["n"])
        return None


async def write(pool: Pool, count: int, topic: str = "orders", start: int = 0) -> None:
    """So many messages."""
    for n in range(start, start + count):
        await pool.execute(load("outbox_insert"), new_id(), "crm", topic, "", topic, {"n": n})


async def left(pool: Pool) -> list[tuple[str, int, str | None]]:
    rows = await pool.fetch("select topic, failures, error from headrace.outbox order by id")
    return [(row["topic"], row["failures"], row["error"]) for row in rows]


async def test_confirmed_messages_leave_and_refused_ones_wait(pool: Pool) -> None:
    """A refused message keeps its reason, is put aside, and holds up no other."""
    broker = Fake(refuses={"lost"})
    outbox = Outbox(pool, broker, Metrics().outbox)
    await write(pool, 1, "lost")
    await write(pool, 3)
    assert await outbox.pass_on() == 4
    assert (broker.got, await left(pool)) == ([0, 1, 2], [("lost", 1, "no such exchange")])
    assert await outbox.pass_on() == 0
    await pool.execute("update headrace.outbox set next_at = now()")
    broker.refuses.clear()
    assert await outbox.pass_on() == 1
    assert await left(pool) == []


async def test_an_outage_loses_nothing(pool: Pool) -> None:
    """While the broker is gone messages stay as they are, and go when it is back."""
    broker = Fake(gone=True)
    outbox = Outbox(pool, broker, Metrics().outbox)
    await write(pool, 2)
    assert await outbox.pass_on() == 0
    assert await left(pool) == [("orders", 0, None)] * 2
    broker.gone = False
    assert await outbox.pass_on() == 2
    assert broker.got == [0, 1]


async def test_workers_share_the_outbox(pool: Pool) -> None:
    """Four at once send 300 messages, each once."""
    broker = Fake()
    await write(pool, 300)

    async def work() -> None:
        while await pool.fetch("select 1 from headrace.outbox limit 1"):
            await Outbox(pool, broker, Metrics().outbox).pass_on()

    async with patience("an empty outbox"):
        await asyncio.gather(*(work() for _ in range(4)))
    assert sorted(broker.got) == list(range(300))


async def test_no_broker_is_an_outage() -> None:
    """An address where nobody is names itself, without its password."""
    with pytest.raises(BrokerGone, match=r"amqp://ann:\*\*\*@127\.0\.0\.1:9/"):
        await AmqpBroker("amqp://ann:secret@127.0.0.1:9/").send({"exchange": ""})
