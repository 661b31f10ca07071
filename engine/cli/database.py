"""Opening the database for a command, and finding the job that a command is about."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from engine import app
from engine.db.embedded_home import Home
from engine.db.pool import Pool, hide_password
from engine.jobs import store
from engine.model import Job, check_job_id, check_name
from engine.settings import Loaded, Settings


@asynccontextmanager
async def existing(loaded: Loaded) -> AsyncIterator[Pool]:
    """The database, for commands that make no sense on an empty one."""
    async with app.open_database(loaded.settings, create=False) as database:
        yield database.pool


def check_id(job_id: str, app_name: str | None) -> None:
    """Pass if the words can be a job's id and an app's name: no database is needed to say that they cannot."""
    check_job_id(job_id, "ID")
    if app_name is not None:
        check_name("--app", app_name)


async def find_job(pool: Pool, job_id: str, app_name: str | None) -> Job:
    """The job, of the named app or of any; NotFound if there is none."""
    async with pool.acquire() as conn:
        name = await store.app_of(conn, job_id) if app_name is None else app_name
        return await store.get(conn, name, job_id)


def place(settings: Settings) -> str:
    """Which database the settings mean, for people."""
    if settings.database_url is None:
        return f"embedded PostgreSQL in {Home(settings.data_dir).root}"
    return hide_password(settings.database_url)


def psql(dsn: str) -> str:
    """What to type to look into the database."""
    return f"psql '{hide_password(dsn) if urlsplit(dsn).password else dsn}'"
