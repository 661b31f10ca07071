"""An import of a million rows of which the worker is killed ten times, beside COPY of the same file.

    python3 dev.py bench import [--rows 1000000] [--kills 10] [--format jsonl|csv] [--seed N]

The rows are the example app's companies, again and again, each with an address block of its own, which must be unique;
one row in a thousand is not valid. The worker is killed at random rows and another one started, which has to wait until
the dead one's lease is over (1 s here). At the end each row must be one record or one bad row. COPY writes the
same file, a line a row, into a table without indexes: what the disk and the protocol allow. Exit code 1 if a row is
missing or there twice.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import _stage as stage

from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.data import files, indexes
from engine.db.migrate import migrate
from engine.db.pool import Pool
from engine.jobs import requests, store
from engine.jobs.requests import Requester
from engine.settings import Settings

CRM = stage.ROOT / "examples" / "crm"
BAD_EVERY = 1000
LOOK_S = 0.05
PIECE = 1 << 18
COUNT = """
select count(*) as records, count(distinct data ->> 'oui') as blocks, count(distinct data ->> 'name') as names
from headrace.records where app = 'crm' and entity = 'companies'
"""


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Companies, each with a block of its own; a bad one has a country that is too long."""
    with (CRM / "data" / "companies.csv").open(encoding="utf-8", newline="") as file:
        companies = list(csv.DictReader(file))
    for n in range(count):
        row = companies[n % len(companies)]
        country = "nowhere" if n % BAD_EVERY == BAD_EVERY - 1 else row["country"]
        yield {**row, "oui": f"{n:09X}", "country": country, "blocks": int(row["blocks"])}


def written(path: Path, count: int, kind: str) -> None:
    """The file that is imported."""
    with path.open("w", encoding="utf-8", newline="") as file:
        if kind == "jsonl":
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows(count))
            return
        first = next(rows(1))
        writer = csv.DictWriter(file, list(first))
        writer.writeheader()
        writer.writerows(rows(count))


async def copied(pool: Pool, path: Path) -> float:
    """How long COPY of the file's lines takes, in seconds."""
    await pool.execute("create table public.lines (line text)")
    async with pool.acquire() as conn:
        began = time.perf_counter()
        # Neither byte is in the file: a line is one value.
        await conn.copy_to_table(
            "lines", source=path, schema_name="public", format="csv", delimiter="\x02", quote="\x01"
        )
        return time.perf_counter() - began


async def begun(pool: Pool, path: Path) -> UUID:
    """The id of the job that imports the file."""
    folder = load_folder(CRM)
    async with pool.acquire() as conn:
        await push(conn, folder)
    await indexes.settle(pool)
    async with pool.acquire() as conn:
        with path.open("rb") as file:
            stored = await files.store(conn, "crm", path.name, iter(lambda: file.read(PIECE), b""))
        job = requests.import_records(Requester("crm", None), folder.manifest.entity("companies"), stored, {})
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
    chance = random.Random(options.seed)  # noqa: S311 - where to kill
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        path = Path(folder) / f"companies.{options.format}"
        written(path, options.rows, options.format)
        async with stage.disk_server(settings={"shared_buffers": "1GB"}) as found:
            pool = await Pool.connect(found.dsn, max_size=2)
            await migrate(pool)
            print(f"{options.rows:,} rows, {path.stat().st_size / 1e6:.0f} MB of {options.format}", flush=True)
            copy_s = await copied(pool, path)
            print(f"COPY        {copy_s:7.1f} s  {options.rows / copy_s:9,.0f} rows/s", flush=True)
            job_id = await begun(pool, path)
            settings = Settings(database_url=found.dsn, slots=1, heartbeat_ms=200, stale_ms=1000)
            kills = sorted(chance.randrange(options.rows) for _ in range(options.kills))
            seconds, most, killed = await imported(pool, settings, job_id, kills)
            print(f"import      {seconds:7.1f} s  {options.rows / seconds:9,.0f} rows/s, ", end="")
            print(f"{killed} workers killed (seed {options.seed}), peak memory of one {most:.0f} MB", flush=True)
            good = await judged(pool, job_id, options.rows)
            await pool.close()
    return 0 if good else 1


async def judged(pool: Pool, job_id: UUID, count: int) -> bool:
    """Prints what there is, and whether that is right."""
    async with pool.acquire() as conn:
        left = await store.results(conn, "crm", job_id) or {}
        lines = await conn.fetchval("select count(*) from headrace.job_logs where job_id = $1", job_id)
        found = await conn.fetchrow(COUNT)
    assert found is not None
    bad = count // BAD_EVERY
    good = dict(left) == {"rowsImported": count - bad, "rowsWithErrors": bad}
    good &= found["records"] == found["blocks"] == count - bad
    print(
        f"results     {left}; records {found['records']:,}, blocks among them {found['blocks']:,}; log lines {lines:,}"
    )
    print("every row once" if good else "WRONG")
    return good


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    sys.exit(asyncio.run(main(parser.parse_args())))
