"""What a find among a million records costs, by a field that is declared as indexed and by one that is not.

    python3 dev.py bench records [--records 1000000] [--runs 200]

A server on the disk, the example app with so many companies. `blocks` is indexed and `employees` is not; both have the
same kind of values. Each find reads its first page of 20 with values of its own; "tenth page" follows the cursor of the
ninth. Exit code 1 if a p99 with the index is 50 ms or more.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from typing import Any

import _stage as stage

from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.data import indexes, records
from engine.db.migrate import migrate
from engine.db.pool import Pool

FILL = (Path(__file__).parent / "records_fill.sql").read_text(encoding="utf-8")
CHUNK = 100_000
PAGE = 20
MOST_P99_MS = 50.0
Ask = Callable[[random.Random, str], dict[str, Any]]

FINDS: dict[str, Ask] = {
    "equality": lambda dice, field: {field: dice.randrange(50_000)},
    "one of three": lambda dice, field: {field: [dice.randrange(50_000) for _ in range(3)]},
    "range, narrow": lambda dice, field: {field: f"between({(low := dice.randrange(50_000))},{low + 5})"},
    "range, last 0.1 %": lambda dice, field: {field: f"greater({49_970 + dice.randrange(20)})"},
    "range, half": lambda dice, field: {field: f"less({25_000 + dice.randrange(100)})"},
    "order": lambda _, field: {"_sortField": field},
    "order, down": lambda _, field: {"_sortField": field, "_sortType": "desc"},
    "range and order": lambda dice, field: {field: f"greater({dice.randrange(50_000)})", "_sortField": field},
}


async def made(pool: Pool, count: int) -> Any:
    """The entity, once it has so many records and its indexes."""
    await migrate(pool)
    folder = load_folder(stage.ROOT / "examples" / "crm")
    async with pool.acquire() as conn:
        await push(conn, folder)
    began = time.perf_counter()
    for first in range(0, count, CHUNK):
        await pool.execute(FILL, min(CHUNK, count - first), first)
    filled = time.perf_counter()
    built = await indexes.settle(pool)
    print(f"{count:,} records in {filled - began:.0f} s, ", end="")
    print(f"{len(built)} indexes beside them in {time.perf_counter() - filled:.0f} s", flush=True)
    await pool.execute("vacuum analyze headrace.records")
    return folder.manifest.entity("companies")


async def timed(pool: Pool, entity: Any, query: dict[str, Any], *, pages: int = 1) -> float:
    """How long the last of so many pages takes, in ms."""
    cursor = None
    async with pool.acquire() as conn:
        for _ in range(pages):
            began = time.perf_counter()
            page = await records.find_page(conn, "crm", entity, query, cursor=cursor, limit=PAGE)
            ms = (time.perf_counter() - began) * 1000
            cursor = page.next
    return ms


async def figures(pool: Pool, entity: Any, ask: Ask, field: str, runs: int, *, pages: int = 1) -> tuple[float, float]:
    """Median and 99th percentile."""
    dice = random.Random(field)  # noqa: S311 - values to ask for
    times = [await timed(pool, entity, ask(dice, field), pages=pages) for _ in range(runs)]
    cuts = quantiles(times, n=100, method="inclusive")
    return cuts[49], cuts[98]


async def main(options: argparse.Namespace) -> int:
    """The exit code."""
    async with stage.disk_server(settings={"shared_buffers": "1GB"}) as found:
        pool = await Pool.connect(found.dsn, max_size=2)
        entity = await made(pool, options.records)
        good = True
        print(f"\n{'first page of 20 by':22} {'indexed p50':>12} {'p99 ms':>8} {'not p50':>10} {'p99 ms':>8}")
        asks = [(name, ask, 1) for name, ask in FINDS.items()] + [("order, tenth page", FINDS["order"], 10)]
        for name, ask, pages in asks:
            p50, p99 = await figures(pool, entity, ask, "blocks", options.runs, pages=pages)
            slow50, slow99 = await figures(pool, entity, ask, "employees", max(4, options.runs // 40), pages=pages)
            fine = p99 < MOST_P99_MS
            good &= fine
            print(f"{name:22} {p50:12.2f} {p99:8.2f} {slow50:10.2f} {slow99:8.2f}{'' if fine else '  <--'}", flush=True)
        await pool.close()
    return 0 if good else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=200)
    sys.exit(asyncio.run(main(parser.parse_args())))
