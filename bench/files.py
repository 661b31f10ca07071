"""How fast files go in and out of PostgreSQL, and how large they are there.

    python3 dev.py bench files [--mb 200] [--records 400000] [--random]

A server on the disk. A file of so many MB is uploaded as the HTTP API does it and read as it is downloaded, three times
each; then an EXPORT_RECORDS writes so many companies. The text is that of the example app's companies; `--random` bytes
cannot be compressed.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator

import _stage as stage

from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.data import files
from engine.data.upload import upload
from engine.db.migrate import migrate
from engine.db.pool import Pool
from engine.jobs import requests
from engine.jobs.requests import Requester
from engine.settings import Settings

CRM = stage.ROOT / "examples" / "crm"
# A line of the file is half a kilobyte.
FILL = """
insert into headrace.records (app, entity, id, data)
select 'crm', 'companies', headrace.uuid_v7(), jsonb_build_object('name', 'Company ' || n, 'country', 'DE',
    'address', repeat(md5(n::text), 12), 'blocks', n % 5003, 'active', n % 3 > 0, 'score', 0)
from generate_series(1, $1::integer) n
"""
# As a server gives the body of a request.
ARRIVES = 1 << 16


async def body(mb: int, chance: random.Random | None) -> AsyncIterator[bytes]:
    """So many MB of companies, or of random bytes."""
    text = (CRM / "data" / "companies.csv").read_bytes()
    text = text * (2 + ARRIVES // len(text))
    for n in range(mb << 20 >> 16):
        if chance is not None:
            yield chance.randbytes(ARRIVES)
        else:
            start = n * 7919 % (len(text) - ARRIVES)
            yield text[start : start + ARRIVES]


async def in_and_out(pool: Pool, mb: int, chance: random.Random | None) -> None:
    """Prints what an upload and a download take, and the room that the file needs."""
    before = await room(pool)
    began = time.perf_counter()
    file = await upload(pool, "crm", "bench.csv", body(mb, chance), content_type="text/csv")
    written = time.perf_counter() - began
    after = await room(pool)
    began, size = time.perf_counter(), 0
    async with pool.acquire() as conn:
        async for piece in files.read(conn, "crm", file.id):
            size += len(piece)
    read = time.perf_counter() - began
    assert size == file.size == mb << 20
    print(f"upload {mb / written:6.0f} MB/s, download {mb / read:6.0f} MB/s, ", end="")
    print(f"{(after - before) / (mb << 20):4.2f} bytes on the disk a byte", flush=True)


async def room(pool: Pool) -> int:
    """The database's size in bytes."""
    row = await pool.fetchrow("select pg_database_size(current_database()) as size")
    assert row is not None
    return int(row["size"])


async def exported(pool: Pool, dsn: str, count: int) -> None:
    """Prints what an export of so many companies takes."""
    await pool.execute(FILL, count)
    await pool.execute("vacuum analyze headrace.records")
    entity = load_folder(CRM).manifest.entity("companies")
    job_id = (await stage.create(pool, [requests.export_records(Requester("crm", None), entity, {}, {})]))[0]
    worker = stage.start_worker(Settings(database_url=dsn, slots=1, poll_ms=50))
    over = "select ended_at - started_at as took from headrace.jobs where id = $1 and ended_at is not null"
    while (row := await pool.fetchrow(over, job_id)) is None:  # noqa: ASYNC110 - the database is asked
        await asyncio.sleep(0.05)
    worker.terminate()
    await asyncio.to_thread(worker.join)
    took = row["took"].total_seconds()
    made = await pool.fetchrow("select size from headrace.files where name like 'companies-%' order by id desc limit 1")
    assert made is not None
    print(
        f"export {count:,} companies, {made['size'] / 1e6:.0f} MB: {took:.1f} s, {count / took:,.0f} rows/s", flush=True
    )


async def main(options: argparse.Namespace) -> int:
    """The exit code."""
    chance = random.Random(1) if options.random else None  # noqa: S311 - bytes that cannot be compressed
    async with stage.disk_server(settings={"shared_buffers": "1GB"}) as found:
        pool = await Pool.connect(found.dsn, max_size=4)
        await migrate(pool)
        async with pool.acquire() as conn:
            await push(conn, load_folder(CRM))
        for _ in range(3):
            await in_and_out(pool, options.mb, chance)
        if options.records:
            await exported(pool, found.dsn, options.records)
        await pool.close()
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mb", type=int, default=200)
    parser.add_argument("--records", type=int, default=400_000)
    parser.add_argument("--random", action="store_true")
    sys.exit(asyncio.run(main(parser.parse_args())))
