"""Jobs that work in batches, and records at which a test holds a batch up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.data import files
from engine.db.pool import Pool
from engine.jobs import requests, store
from engine.jobs.requests import Requester
from engine.model import NewJob
from tests.engine.shop import LONG_S

CRM = load_folder(Path(__file__).resolve().parent.parent.parent / "examples" / "crm")
COMPANIES = CRM.manifest.entity("companies")
BY = Requester("crm", None)
ROWS = 2500
FILL = """
insert into headrace.records (app, entity, id, data)
select 'crm', 'companies', gen_random_uuid(), jsonb_build_object('name', 'N' || n) from generate_series(1, 450) n
"""
WAITING = """
select from pg_locks where locktype = 'advisory' and not granted
    and database = (select oid from pg_database where datname = current_database())
"""


@asynccontextmanager
async def held(pool: Pool, change: str, number: int) -> AsyncIterator[None]:
    """Inside, a transaction has begun the change of the record of this name, in its job's second batch, and waits."""
    async with pool.acquire() as conn:
        await conn.execute(
            f"""
            create function public.wait() returns trigger language plpgsql as $$
            begin
                if coalesce(new.data, old.data) ->> 'name' = 'N{number}' then perform pg_advisory_xact_lock(7); end if;
                return coalesce(new, old);
            end $$;
            create trigger gate before {change} on headrace.records for each row execute function public.wait();
            """
        )
        await conn.execute("select pg_advisory_lock(7)")
        try:
            yield
        finally:
            await conn.execute("select pg_advisory_unlock(7)")
            await conn.execute("drop trigger if exists gate on headrace.records; drop function public.wait")


async def waiting(pool: Pool) -> None:
    """Returns once the job's transaction waits."""
    async with asyncio.timeout(LONG_S):
        while not await pool.fetch(WAITING):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def made(pool: Pool, job: NewJob) -> UUID:
    """The job's id."""
    async with pool.transaction() as conn:
        return (await store.create(conn, [job]))[0]


async def an_import(pool: Pool, **options: Any) -> NewJob:
    """A job that imports 2,500 rows, of which two are not valid: one in the first batch, one in the second."""
    rows = "".join(f"N{n},{'z' if n in (700, 1700) else 'a'}\n" for n in range(1, ROWS + 1))
    async with pool.transaction() as conn:
        await push(conn, CRM)
        file = await files.store(conn, "crm", "rows.csv", [b"name,type\n", rows.encode()])
    return requests.import_records(BY, COMPANIES, file, options)


async def a_removal(pool: Pool, **options: Any) -> tuple[NewJob, int]:
    """A job that removes 450 records, and the number of one in its second batch."""
    async with pool.transaction() as conn:
        await push(conn, CRM)
        await conn.execute(FILL)
        (last,) = await conn.fetch(
            "select data ->> 'name' as name from headrace.records order by id offset 300 limit 1"
        )
    return requests.delete_records(BY, COMPANIES, {"_sortField": "id"}, options), int(last["name"][1:])
