"""IMPORT_USERS with notifyUsers: mail to new users through a real SMTP server, whatever becomes of the worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from engine import app
from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.data import files, users
from engine.data.users import User
from engine.db.pool import Pool
from engine.jobs import logs, store
from engine.model import JobType, NewJob
from engine.settings import Settings
from tests.acceptance.conftest import CRM, POLL_S
from tests.mailbox import Mailbox, open_mailbox
from tests.patience import patience

PEOPLE = 12


@asynccontextmanager
async def working(settings: Settings, pool: Pool) -> AsyncIterator[None]:
    """A worker while the block lasts; at its end it gives back at once what it runs."""
    async with app.open_worker(settings, pool) as worker:
        running = asyncio.create_task(worker.run())
        yield
        worker.stop()
        await running


async def imported(pool: Pool) -> object:
    """The id of a job that imports users, two of whom are there already and one has no address."""
    text = "id,name,email\nold,Old,old@example.org\nmute,Mute,\n" + "".join(
        f"u{n:02},User {n},u{n:02}@example.org\n" for n in range(PEOPLE)
    )
    async with pool.transaction() as conn:
        await push(conn, load_folder(CRM))
        await users.save(conn, "crm", User("old", "Old", "old@example.org"))
        file = await files.store(conn, "crm", "users.csv", [text.encode()])
        spec = {"fileName": "users.csv", "fileId": str(file.id), "notifyUsers": True}
        new = NewJob("crm", JobType.IMPORT_USERS, "users.csv", "Import users", spec)
        return (await store.create(conn, [new]))[0]


async def test_each_new_user_is_told_although_workers_go(fresh_database: str) -> None:
    """Three workers, two of which end in the middle: nobody is forgotten, and nobody told twice."""
    async with open_mailbox() as box:
        settings = box.settings(database_url=fresh_database, slots=1, poll_ms=100, grace_ms=0)
        async with app.open_database(settings) as database:
            job_id = await imported(database.pool)
            for enough in (3, 7):
                async with working(settings, database.pool):
                    await came(box, enough)
            async with working(settings, database.pool), database.pool.acquire() as conn:
                async with patience("the end of the job"):
                    while not (job := await store.get(conn, "crm", job_id)).status.is_final:  # noqa: ASYNC110
                        await asyncio.sleep(POLL_S)
                lines = [line.message for line in await logs.newer(conn, job.id, 0)]
    assert not job.has_errors
    assert lines == [f"{PEOPLE + 2} rows imported, 0 with errors"]
    assert sorted(box.to()) == [f"u{n:02}@example.org" for n in range(PEOPLE)]


async def came(box: Mailbox, count: int) -> None:
    """Returns once so many mails are there."""
    async with patience(f"{count} mails"):
        while len(box.mails) < count:  # noqa: ASYNC110 - the server is asked
            await asyncio.sleep(POLL_S)
