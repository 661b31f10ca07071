"""An import of a million rows of which the worker is killed ten times, beside COPY of the same file.

    python3 dev.py bench import [--rows 1000000] [--format jsonl|csv | --csv FILE] [--kills 10] [--seed N]

Without --csv the rows are the example app's companies, again and again, each with an address block of its own, which
must be unique; one row in a thousand is not valid. With it they are those of a file of CSV, as it is: its header names
the fields of a new entity, and afterwards the records are compared with what COPY read, as multisets.

The worker is killed at random rows and another one started, which has to wait until the dead one's lease is over (1 s
here). At the end each row must be one record or one bad row. Exit code 1 if a row is missing or there twice, 2 if the
file cannot be used.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

import _stage as stage
from _import_files import Companies, CsvFile, ImportFile, Unusable

from engine.apps.push import push
from engine.data import files, indexes
from engine.db.migrate import migrate
from engine.db.pool import Pool
from engine.jobs import requests, store
from engine.jobs.requests import Requester
from engine.settings import Settings

LOOK_S = 0.05
PIECE = 1 << 18


async def copied(pool: Pool, file: ImportFile) -> float:
    """How long COPY of the file takes, in seconds."""
    async with pool.acquire() as conn:
        began = time.perf_counter()
        await file.copy(conn)
        return time.perf_counter() - began


async def begun(pool: Pool, file: ImportFile) -> UUID:
    """The id of the job that imports the file."""
    app = file.folder.manifest.name
    async with pool.acquire() as conn:
        await push(conn, file.folder)
    await indexes.settle(pool)
    async with pool.acquire() as conn:
        with file.path.open("rb") as opened:
            stored = await files.store(conn, app, file.path.name, iter(lambda: opened.read(PIECE), b""))
        job = requests.import_records(Requester(app, None), file.folder.manifest.entity(file.entity), stored, {})
        return (await stage.create(pool, [job]))[0]


def peak_mb(pid: int | None) -> float:
    """The most memory that the process has had, in MB."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return max((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), default=0.0)


async def done(pool: Pool, job_id: UUID) -> int | None:
    """How many rows are behind the job; None once it is over."""
    row = await pool.fetchrow(
        "select j.ended_at is not null as over, g.checkpoint from headrace.jobs j "
        "left join headrace.job_progress g on g.job_id = j.id where j.id = $1",
        job_id,
    )
    assert row is not None
    place = row["checkpoint"] or {"imported": 0, "bad": 0}
    return None if row["over"] else int(place["imported"] + place["bad"])


async def imported(pool: Pool, settings: Settings, job_id: UUID, kills: list[int]) -> tuple[float, float, int]:
    """Seconds until the job is over, the most memory of any of its workers in MB, and how many were killed."""
    began, most, killed = time.perf_counter(), 0.0, 0
    worker = stage.start_worker(settings)
    while (at := await done(pool, job_id)) is not None:
        most = max(most, peak_mb(worker.pid))
        if kills and at >= kills[0]:
            kills.pop(0)
            killed += 1
            worker.kill()
            worker = stage.start_worker(settings)
        await asyncio.sleep(LOOK_S)
    seconds = time.perf_counter() - began
    worker.terminate()
    await asyncio.to_thread(worker.join)
    return seconds, most, killed


async def main(options: argparse.Namespace) -> int:
    """The exit code."""
    try:
        return 0 if await judged(options) else 1
    except Unusable as error:
        print(error, file=sys.stderr)
        return 2


async def judged(options: argparse.Namespace) -> bool:
    """Whether each row is there once, on a server of its own; Unusable if the file cannot be imported."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        file = chosen(options, Path(folder))
        async with stage.disk_server(settings={"shared_buffers": "1GB"}) as found:
            pool = await Pool.connect(found.dsn, max_size=2)
            try:
                await migrate(pool)
                settings = Settings(database_url=found.dsn, slots=1, heartbeat_ms=200, stale_ms=1000)
                return await measured(pool, settings, file, options)
            finally:
                await pool.close()


def chosen(options: argparse.Namespace, folder: Path) -> ImportFile:
    """The file that is imported; Unusable if it is the user's and cannot be."""
    if options.csv:
        return CsvFile.given(options.csv, folder)
    return Companies.written(folder / f"companies.{options.format}", options.rows)


async def measured(pool: Pool, settings: Settings, file: ImportFile, options: argparse.Namespace) -> bool:
    """Prints the figures; whether each row is there once."""
    chance = random.Random(options.seed)  # noqa: S311 - where to kill
    print(f"{file.rows:,} rows, {file.path.stat().st_size / 1e6:.0f} MB of {file.path.name}", flush=True)
    copy_s = await copied(pool, file)
    print(f"COPY        {copy_s:7.1f} s  {file.rows / copy_s:9,.0f} rows/s", flush=True)
    job_id = await begun(pool, file)
    kills = sorted(chance.randrange(file.rows) for _ in range(options.kills))
    seconds, most, killed = await imported(pool, settings, job_id, kills)
    print(f"import      {seconds:7.1f} s  {file.rows / seconds:9,.0f} rows/s, ", end="")
    print(f"{killed} workers killed (seed {options.seed}), peak memory of one {most:.0f} MB", flush=True)
    async with pool.acquire() as conn:
        left = await store.results(conn, file.folder.manifest.name, job_id) or {}
        lines = await conn.fetchval("select count(*) from headrace.job_logs where job_id = $1", job_id)
    print(f"results     {left}; {lines:,} lines of log", flush=True)
    good = await file.judge(pool, left)
    print("every row once" if good else "WRONG")
    return good


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="a file of CSV with a header, instead of companies")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    sys.exit(asyncio.run(main(parser.parse_args())))
