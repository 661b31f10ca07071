"""Publishes through a real RabbitMQ that is ended and started in the middle, while workers are killed.

    python3 dev.py broker [--messages 300] [--seed N]

Each message is an ordinary job, PUBLISH_MESSAGE. At the end a consumer must have every message, each with the id of its
job; one that came twice has the same id twice. Then a message for an exchange that is not there must stay in the outbox
with its reason while another passes it by. Needs Debian's package rabbitmq-server. Exit code 1 if something is missing.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import logging
import os
import random
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import _stage as stage
import aio_pika

from engine.apps.folder import load_folder
from engine.apps.outgoing import Topic
from engine.apps.push import push
from engine.db.pool import Pool
from engine.jobs import requests
from engine.jobs.requests import Requester
from engine.settings import Settings

# The driver tells of each try at length.
for chatty in ("aio_pika", "aiormq", "aiormq.connection"):
    logging.getLogger(chatty).disabled = True

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
QUEUE = "orders"
WITHIN_S = 240.0
TOPICS = {QUEUE: Topic(QUEUE, QUEUE, "", QUEUE), "lost": Topic("lost", "lost", "nowhere", "lost")}


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Rabbit:
    """A broker of this run's own, on the loopback address, that can be ended and started again with what it holds."""

    def __init__(self, folder: Path) -> None:
        self.port, distribution, epmd = free_port(), free_port(), free_port()
        config = folder / "rabbitmq.conf"
        config.write_text(f"listeners.tcp.1 = 127.0.0.1:{self.port}\n", encoding="utf-8")
        self._env = {
            **os.environ,
            "HOME": str(folder),
            "RABBITMQ_CONFIG_FILE": str(config),
            "RABBITMQ_NODENAME": f"headrace{self.port}@localhost",
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": str(epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        (folder / "plugins").write_text("[].\n", encoding="utf-8")
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    async def start(self) -> None:
        """Returns when it takes connections."""
        quiet = asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(SERVER, env=self._env, stdout=quiet, stderr=quiet)
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            try:
                await (await aio_pika.connect(self.url, timeout=5)).close()
            except (*aio_pika.exceptions.CONNECTION_EXCEPTIONS, TimeoutError):
                if self._process.returncode is not None:
                    break
                await asyncio.sleep(0.2)
            else:
                return
        raise SystemExit("RabbitMQ does not start")

    async def end(self) -> None:
        """In order."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        await self._process.wait()

    async def close(self) -> None:
        """It and its port mapper."""
        await self.end()
        epmd = shutil.which("epmd")
        if epmd is not None:
            ending = await asyncio.create_subprocess_exec(
                epmd, "-kill", env=self._env, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
            )
            await ending.wait()


@asynccontextmanager
async def rabbit() -> AsyncIterator[Rabbit]:
    """A running broker, gone after the block."""
    folder = Path(tempfile.mkdtemp(prefix="headrace-broker-"))
    found = Rabbit(folder)
    try:
        await found.start()
        yield found
    finally:
        await found.close()
        shutil.rmtree(folder, ignore_errors=True)


async def main(options: argparse.Namespace) -> int:
    """The exit code."""
    async with stage.server(durable=True) as found, rabbit() as broker:
        pool = await Pool.connect(found.dsn)
        try:
            return await measure(pool, found.dsn, broker, options)
        finally:
            await pool.close()


async def measure(pool: Pool, dsn: str, broker: Rabbit, options: argparse.Namespace) -> int:
    """Runs it, prints the figures, and tells whether they are right."""
    crm = load_folder(stage.ROOT / "examples" / "crm")
    manifest = dataclasses.replace(crm.manifest, topics=TOPICS)
    async with pool.acquire() as conn:
        await push(conn, dataclasses.replace(crm, manifest=manifest, files=(), sha256="broker"))
    await declare(broker)
    by = Requester(stage.APP, None)
    jobs = [requests.publish_message(by, TOPICS[QUEUE], {"n": n}, None) for n in range(options.messages)]
    ids = await stage.create(pool, jobs)
    chance = random.Random(options.seed)  # noqa: S311 - meant to be repeatable
    settings = Settings(database_url=dsn, slots=2, poll_ms=100, heartbeat_ms=150, stale_ms=900, amqp_url=broker.url)
    workers = [stage.start_worker(settings) for _ in range(2)]
    began, kills = time.monotonic(), 0
    outage = asyncio.create_task(restart(broker))
    while (await left(pool) or not outage.done()) and time.monotonic() - began < WITHIN_S:
        await asyncio.sleep(chance.uniform(0.5, 1.5))
        if not outage.done() or kills < 5:
            workers.pop(0).kill()
            kills += 1
            workers.append(await asyncio.to_thread(stage.start_worker, settings))
    seconds = time.monotonic() - began
    got = await consume(broker)
    missing = set(ids) - set(got)
    print(
        f"{options.messages} messages, {kills} SIGKILLs of workers, one restart of RabbitMQ, {seconds:.0f} s: "
        f"{len(set(got))} arrived, {len(missing)} missing, {len(got) - len(set(got))} twice, with the same id"
    )
    passed = await refused(pool, broker, by)
    for worker in workers:
        worker.kill()
    return 0 if passed and not missing and set(got) == set(ids) else 1


async def restart(broker: Rabbit) -> None:
    """Ends it while messages are on their way, and starts it again."""
    await asyncio.sleep(2)
    await broker.end()
    await broker.start()


async def declare(broker: Rabbit) -> None:
    """The queue, which survives the broker's end."""
    async with await aio_pika.connect(broker.url) as connection:
        await (await connection.channel()).declare_queue(QUEUE, durable=True)


async def consume(broker: Rabbit) -> list[UUID]:
    """The ids of all that is in the queue."""
    async with await aio_pika.connect(broker.url) as connection:
        queue = await (await connection.channel()).declare_queue(QUEUE, durable=True)
        found = []
        while (message := await queue.get(fail=False)) is not None:
            await message.ack()
            found.append(UUID(message.message_id))
        return found


async def left(pool: Pool) -> int:
    """Jobs and messages that are not through."""
    (row,) = await pool.fetch(
        "select (select count(*) from headrace.jobs_live) + (select count(*) from headrace.outbox) as n"
    )
    return int(row["n"])


async def refused(pool: Pool, broker: Rabbit, by: Requester) -> bool:
    """Whether a message without an exchange waits with its reason, and holds up no other."""
    await stage.create(pool, [requests.publish_message(by, TOPICS[name], {}, None) for name in ("lost", QUEUE)])
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        rows = await pool.fetch("select topic, error from headrace.outbox where error is not null")
        if [row["topic"] for row in rows] == ["lost"] and len(await consume(broker)) == 1:
            print(f"a message for an exchange that is not there waits: {rows[0]['error']}")
            return True
        await asyncio.sleep(0.2)
    print("the message for an exchange that is not there did not wait, or the other did not pass")
    return False


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    if not SERVER.exists():
        sys.exit("there is no rabbitmq-server here: install Debian's package")
    sys.exit(asyncio.run(main(parser.parse_args())))
