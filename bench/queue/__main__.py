"""Headrace beside its peers: enqueue, drain and latency, in one run on one durable server.

    python3 dev.py bench queue [--jobs 100000] [--rounds 3] [--only headrace,loop] [--plot docs/queue.svg]

Each racer has a database of its own on the same server (fsync on, data on the disk, 1 GB of shared buffers). The racers
take turns, round by round; the figures are medians, with the spread behind them, and those of latency of all rounds'
jobs together. A drain lasts from the first job's start until nothing is left, with one and with two worker processes:
out of two backlogs that are alike, a part of each made in each of the ways to make jobs. Peers are installed into a
throw-away environment (--peers keeps it in a folder); one that cannot be installed is left out, and the output says so.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import plot
import report

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import _stage as stage  # noqa: E402 - the benches are found first

from engine.db.pool import Pool  # noqa: E402 - the checkout is found first

PIP = ("pgqueuer", "procrastinate", "asyncpg", "psycopg[binary,pool]", "uvloop")
# The Node that they want comes as a package: the machine's own may be an older one.
NPM = ("graphile-worker@0.18", "pg-boss@12", "pg@8", "node@22")
LOOPS = ("reference", "loop")
TRICKLE = 500
# With PostgreSQL's own 128 MB, a drain of whoever keeps its history waits for room in them. Each drain begins behind
# a vacuum and an analyze of its database. Autovacuum would come by during one in three: one worker leaves a quarter of
# two cores to that, and two leave none.
SERVER = {"shared_buffers": "1GB", "autovacuum": "off"}
LONG_S = 300


@dataclass
class Racer:
    """One contender: how it is called, how to ask whether it has work left, and what it has done so far.

    It is asked by the youngest job, which is the last to go: without an order PostgreSQL walked all rows that were done
    by then, 1.4 ms each time in the middle of a drain of Headrace, and more in that of a loop, which keeps them there.
    `share` is the part of the jobs that it is given, so that slow ones do not take the whole evening. `ways` are those
    in which many jobs are made: in bulk is by a call of its library, with jobs in the caller's hands.
    """

    name: str
    command: Sequence[str]
    left: str
    share: float = 1.0
    ways: Sequence[str] = ("bulk",)
    version: str = ""
    env: dict[str, str] = field(default_factory=dict)
    dsn: str = ""
    figures: dict[str, list[float]] = field(default_factory=dict)
    latencies: list[list[float]] = field(default_factory=list)

    def note(self, what: str, value: float) -> None:
        """One more figure."""
        self.figures.setdefault(what, []).append(value)


# --- the racers ------------------------------------------------------------------------------------------------


def ours() -> list[Racer]:
    """Headrace and the loops, out of this checkout: a bare one, and one with what jobs need in Python (`reference`)."""
    command = [sys.executable, str(HERE / "racers.py")]
    left = "select 1 from loop_jobs where status in ('PENDING', 'RUNNING') order by id desc limit 1"
    return [
        Racer(
            "headrace",
            [*command, "headrace"],
            "select 1 from headrace.jobs_live order by id desc limit 1",
            ways=("bulk", "sql", "copy"),
        ),
        *(Racer(name, [*command, name], left) for name in LOOPS),
    ]


def python_peers(folder: Path) -> list[Racer]:
    """pgqueuer and procrastinate in an environment of their own."""
    python = folder / "python" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "python"], check=True)
        _install([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PIP])
    found = subprocess.run([python, "-m", "pip", "list", "--format", "freeze"], capture_output=True, text=True).stdout
    versions = dict(line.split("==") for line in found.splitlines() if "==" in line)
    left = {
        "pgqueuer": "select 1 from pgqueuer order by id desc limit 1",
        "procrastinate": (
            "select 1 from procrastinate_jobs where status in ('todo', 'doing') order by id desc limit 1"
        ),
    }
    return [
        Racer(
            name,
            [str(python), str(HERE / "peers.py"), name],
            left[name],
            version=versions[name],
            share={"procrastinate": 0.1}.get(name, 1.0),
        )
        for name in left
    ]


def node_peers(folder: Path) -> list[Racer]:
    """graphile-worker and pg-boss in a folder of their own, with the Node that runs them."""
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("there is no npm on the PATH")
    modules = folder / "node" / "node_modules"
    node = modules / ".bin" / "node"
    if not node.exists():
        (folder / "node").mkdir(exist_ok=True)
        (folder / "node" / "package.json").write_text('{"private": true}')
        _install([npm, "install", "--silent", "--prefix", str(folder / "node"), *NPM])
    left = {
        "graphile-worker": "select 1 from graphile_worker._private_jobs order by id desc limit 1",
        "pg-boss": "select 1 from pgboss.job where name = 'noop' and state < 'completed' limit 1",
    }
    command = [str(node), str(HERE / "peers.cjs")]
    return [
        Racer(
            name,
            [*command, name],
            left[name],
            version=_npm_version(modules / name),
            env={"NODE_PATH": str(modules)},
            ways={"graphile-worker": ("bulk", "sql")}.get(name, ("bulk",)),
        )
        for name in left
    ]


def _npm_version(package: Path) -> str:
    lines = (package / "package.json").read_text().splitlines()
    return next(line.split('"')[3] for line in lines if '"version":' in line)


def _install(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG_S)
    if done.returncode:
        raise RuntimeError(f"cannot install: {(done.stderr or done.stdout).strip()[-300:]}")


def all_racers(folder: Path, only: Sequence[str]) -> Iterator[Racer]:
    """Those that are wanted and can be had."""
    for group, names in (
        (lambda: ours(), ("headrace", *LOOPS)),
        (lambda: python_peers(folder), ("pgqueuer", "procrastinate")),
        (lambda: node_peers(folder), ("graphile-worker", "pg-boss")),
    ):
        if only and not set(only) & set(names):
            continue
        try:
            yield from (racer for racer in group() if not only or racer.name in only)
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            print(f"left out: {', '.join(names)}: {error}", flush=True)


# --- the race --------------------------------------------------------------------------------------------------


async def call(racer: Racer, action: str, count: int = 0) -> list[str]:
    """Runs an action to its end; the lines that it printed."""
    process = await _start(racer, action, count)
    out, err = await asyncio.wait_for(process.communicate(), LONG_S)
    if process.returncode:
        raise RuntimeError(f"{racer.name} {action}: {err.decode().strip()[-500:]}")
    return out.decode().splitlines()


async def _start(racer: Racer, action: str, count: int = 0) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *racer.command,
        action,
        racer.dsn,
        str(count),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **racer.env},
    )


@contextlib.asynccontextmanager
async def workers(racer: Racer, count: int) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    """So many worker processes; gone after the block."""
    started = [await _start(racer, "work") for _ in range(count)]
    try:
        yield started
    finally:
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in started:
            try:
                await asyncio.wait_for(process.wait(), 3)
            except TimeoutError:
                process.kill()
                await process.wait()


async def enqueue(racer: Racer, how: str, count: int) -> None:
    """The rate includes neither the process's start nor its pool: the racer says how long it took."""
    lines = await call(racer, how, count)
    racer.note(f"enqueue {how}", count / float(lines[-1].split()[1]))


async def drain(racer: Racer, pool: Pool, processes: int, count: int) -> None:
    """A backlog of `count` jobs, from the first start until nothing is left."""
    await pool.execute("vacuum analyze")
    await pool.execute("checkpoint")
    before = await _totals(pool)
    async with workers(racer, processes) as started:
        first = await asyncio.wait_for(_first_start(started), LONG_S)
        async with asyncio.timeout(LONG_S):
            last = await _nothing_left(racer, pool)
    racer.note(f"drain {processes}", count / (last - first))
    after = await _totals(pool)
    if processes == 1:
        racer.note("wal", (after[0] - before[0]) / count)
        racer.note("commits", (after[1] - before[1]) / count)


async def _nothing_left(racer: Racer, pool: Pool) -> float:
    """When it was asked whether it has work left, and had none.

    Not when it had answered: of a loop that is the one question that walks over all rows, 70 ms for 270,000 of them.
    """
    while True:
        asked = time.time()
        if not await pool.fetch(racer.left):
            return asked
        await asyncio.sleep(0.02)


async def _first_start(started: Sequence[asyncio.subprocess.Process]) -> float:
    lines = [asyncio.create_task(process.stdout.readline()) for process in started]  # type: ignore[union-attr]
    done, _ = await asyncio.wait(lines, return_when=asyncio.FIRST_COMPLETED)
    for process, line in zip(started, lines, strict=True):
        if line in done and not line.result():
            raise RuntimeError(f"a worker ended: {(await process.stderr.read()).decode().strip()[-500:]}")  # type: ignore[union-attr]
    return min(float(line.result().split()[2]) for line in done)


async def _totals(pool: Pool) -> tuple[float, float]:
    """Bytes of WAL, and this database's commits."""
    row = await pool.fetchrow(
        "select pg_current_wal_lsn() - '0/0'::pg_lsn as wal, xact_commit as commits"
        " from pg_stat_database where datname = current_database()"
    )
    assert row is not None
    return float(row["wal"]), float(row["commits"])


async def latency(racer: Racer) -> None:
    """From the commit to the handler's start, of a worker that is idle; in ms."""
    async with workers(racer, 1) as (worker,):
        await call(racer, "bulk", 1)
        await asyncio.wait_for(worker.stdout.readline(), LONG_S)
        lines = await call(racer, "trickle", TRICKLE)
        commits = {int(n): float(at) for _, n, at in map(str.split, lines[:-1])}
        times = []
        async with asyncio.timeout(LONG_S):
            while len(times) < TRICKLE:
                _, n, at = (await worker.stdout.readline()).split()
                if int(n):
                    times.append((float(at) - commits[int(n)]) * 1000)
    racer.latencies.append(times)


async def race(racer: Racer, jobs: int) -> None:
    """One round of one racer."""
    count = int(jobs * racer.share)
    alone, each_way = count // 8, count // len(racer.ways)
    pool = await Pool.connect(racer.dsn, max_size=2)
    try:
        for processes in (1, 2):
            await enqueue(racer, "each", alone)
            for how in racer.ways:
                await enqueue(racer, how, each_way)
            await drain(racer, pool, processes, alone + each_way * len(racer.ways))
        if racer.name not in LOOPS:
            await latency(racer)
    finally:
        await pool.close()


async def prepare(racer: Racer, server_dsn: str) -> None:
    """A database with the racer's schema."""
    name = f"race_{racer.name.replace('-', '_')}"
    pool = await Pool.connect(server_dsn)
    await pool.execute(f'create database "{name}"')
    await pool.close()
    racer.dsn = urlsplit(server_dsn)._replace(path=f"/{name}").geturl()
    await call(racer, "setup")


async def main(options: argparse.Namespace) -> int:
    """The exit code."""
    only = [name for name in options.only.split(",") if name]
    with contextlib.ExitStack() as stack:
        folder = options.peers or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="headrace-peers-")))
        folder.mkdir(exist_ok=True)
        racers = list(all_racers(folder, only))
        async with stage.disk_server(settings=SERVER) as found:
            await _run(racers, found.dsn, options)
    ended = [racer for racer in racers if racer.figures]
    print("\n" + report.table(ended))
    print(f"\nmedians of {options.rounds} interleaved rounds (least to most), {options.jobs:,} jobs")
    if options.plot:
        bars = plot.bars("Drain of a backlog, 1 process, jobs/s", report.drains(ended))
        options.plot.write_text(bars, encoding="utf-8")
    return 0


async def _run(racers: list[Racer], dsn: str, options: argparse.Namespace) -> None:
    for racer in racers:
        await prepare(racer, dsn)
    for number in range(options.rounds):
        for racer in racers:
            began = time.perf_counter()
            try:
                await race(racer, options.jobs)
            except (RuntimeError, TimeoutError) as error:
                print(f"round {number + 1}: {racer.name} failed: {error!r}", flush=True)
            drained = racer.figures.get("drain 1", [0])[-1]
            taken = time.perf_counter() - began
            print(f"round {number + 1}: {racer.name}: {drained:,.0f} jobs/s, round took {taken:.0f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="names with commas")
    parser.add_argument("--peers", type=Path, help="where the peers' environment is kept for the next run")
    parser.add_argument("--plot", type=Path, help="an SVG file to write")
    sys.exit(asyncio.run(main(parser.parse_args())))
