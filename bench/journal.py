"""What the journal costs: milliseconds a script and calls a second with it and without, and what a replay takes.

    python3 dev.py bench journal [--scripts 60] [--replay 10000]

"Without" makes the same calls on the same server, each in a transaction of its own, with neither fence nor
journal: what a platform would do whose scripts do not survive. One script at a time, on a server in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from contextvars import copy_context
from typing import Any
from uuid import UUID, uuid4

import _stage as stage

from engine import app
from engine.db.pool import Pool
from engine.executors import program, script
from engine.executors.run import Services
from engine.hostapi.args import Args
from engine.hostapi.caller import Caller, Origin
from engine.hostapi.table import CALLS, Effect, Read
from engine.jobs import liveness, queue
from engine.jobs.queue import Claim
from engine.jobs.ready import Lane
from engine.settings import Settings
from engine.worker.attempt import Attempt
from engine.worker.finisher import Finisher
from scripting.model import Json, Recorded, Reply, Returned, Value

LOOPS = {
    "effects": {
        "bench.js": "for (var i = 0; i < params.n; i++) sys.jobs.setProgress(i % 100);",
        "bench.py": "for i in range(params['n']):\n    sys.jobs.setProgress(i % 100)",
    },
    "reads": {
        "bench.js": "for (var i = 0; i < params.n; i++) sys.jobs.getCurrentJob();",
        "bench.py": "for i in range(params['n']):\n    sys.jobs.getCurrentJob()",
    },
    "logs": {
        "bench.js": "for (var i = 0; i < params.n; i++) log('line ' + i);",
        "bench.py": "for i in range(params['n']):\n    log('line ' + str(i))",
    },
}
PAUSE = {"bench.js": "\nsys.utils.script.wait(1);", "bench.py": "\nsys.utils.script.wait(1)"}


class Direct:
    """Serves calls as a platform without a journal would."""

    def __init__(self, services: Services, claim: Claim, origin: Origin) -> None:
        self._services = services
        self._claim = claim
        self._origin = origin

    async def call(self, seq: int, method: str, args: list[Json]) -> Reply:
        """The reply, from a transaction of its own."""
        now_ms = self._services.clock_ms()
        caller = Caller(self._claim, self._origin, self._services.apps, now_ms, seq)
        call = CALLS[method]
        assert isinstance(call, Read | Effect)
        async with self._services.pool.transaction() as conn:
            return Value(await call.serve(caller, conn, Args(method, args, at_most=call.args)), now_ms)

    async def ahead(self, seq: int) -> Sequence[Recorded]:
        """Nothing was recorded."""
        return ()

    def at(self, place: str) -> None:
        """Nobody traces."""


class Bench:
    """A worker that takes one job at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._worker = uuid4()
        self._finisher = Finisher(services.pool, services.metrics.jobs, context=copy_context())

    async def register(self) -> None:
        """Before anything is claimed."""
        async with self._services.pool.acquire() as conn:
            await liveness.register(conn, self._worker, name="bench", version="0", slots=1)

    async def claim(self) -> Claim:
        """The next job."""
        async with self._services.pool.acquire() as conn:
            while True:
                found = await queue.claim(conn, self._worker, [Lane(stage.APP, "default")], limit=1)
                if found.claims:
                    return found.claims[0]
                await asyncio.sleep(0.001)

    async def journalled(self) -> float:
        """Milliseconds of an attempt at the next job."""
        claim = await self.claim()
        began = time.perf_counter()
        await Attempt(self._services, claim, self._finisher).work()
        return (time.perf_counter() - began) * 1000

    async def direct(self) -> float:
        """Milliseconds of the next job's script without a journal."""
        claim = await self.claim()
        began = time.perf_counter()
        attempt = Attempt(self._services, claim, self._finisher)
        spec = claim.spec
        origin = script.start(attempt._run, spec, {"params": spec["params"]})
        chosen = await program.load(attempt._run, origin.program)
        async with program.session(attempt._run, chosen) as child:
            calls = Direct(self._services, claim, origin)
            outcome = await child.run(origin.variables, calls=calls, seed=origin.seed, start_ms=origin.start_ms)
            assert isinstance(outcome, Returned), outcome
        async with self._services.pool.transaction() as conn:
            await queue.finish(conn, [queue.Finish(claim.id, claim.attempt)])
        return (time.perf_counter() - began) * 1000


async def measure(bench: Bench, pool: Pool, options: argparse.Namespace) -> None:
    """Prints the table of scripts with 0, 10 and 100 calls."""
    print(f"{'':22}{'without':>16}{'with':>16}{'':>8}")
    for kind, sources in LOOPS.items():
        for n in (0, 10, 100):
            if n == 0 and kind != "effects":
                continue
            without, kept = [], []
            for index in range(options.scripts):
                name = ("bench.js", "bench.py")[index % 2]
                for work, figures in ((bench.direct, without), (bench.journalled, kept)):
                    await stage.create(pool, [stage.script(name, sources[name], {"n": n})])
                    figures.append(await work())
            show(kind, n, median(without), median(kept))


def show(kind: str, n: int, without: float, kept: float) -> None:
    """One line of the table; the calls a second come from what 100 calls take."""
    rates = f"   {n * 1000 / without:7.0f} and {n * 1000 / kept:7.0f} calls/s" if n == 100 else ""
    print(
        f"{n:5} {kind if n else 'calls':16}{without:13.1f} ms{kept:13.1f} ms{kept / without:7.2f}x{rates}", flush=True
    )


def median(figures: list[float]) -> float:
    """The middle one: the machine is noisy."""
    return sorted(figures)[len(figures) // 2]


async def replay(bench: Bench, pool: Pool, options: argparse.Namespace) -> None:
    """Prints what it takes to do again what the journal has."""
    for name in ("bench.js", "bench.py"):
        for kind, sources in LOOPS.items():
            await stage.create(pool, [stage.script(name, sources[name] + PAUSE[name], {"n": options.replay})])
            first = await bench.journalled()
            again = await bench.journalled()
            print(f"{options.replay} {kind} in {name}: {first:.0f} ms, replayed in {again:.0f} ms", flush=True)
    await leftovers(pool)


async def leftovers(pool: Pool) -> None:
    """Nothing may have failed meanwhile."""
    rows: list[Any] = await pool.fetch("select id from headrace.jobs where has_errors or status <> 'FINISHED'")
    ids: list[UUID] = [row["id"] for row in rows]
    if ids:
        raise SystemExit(f"{len(ids)} jobs failed, such as {ids[0]}")


async def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="dev.py bench journal", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scripts", type=int, default=60, help="of each kind")
    parser.add_argument("--replay", type=int, default=10_000, help="calls that are replayed")
    options = parser.parse_args()
    async with stage.server() as found:
        settings = Settings(database_url=found.dsn, slots=1)
        pool = await Pool.connect(found.dsn)
        async with app.open_services(settings, pool) as services:
            bench = Bench(services)
            await bench.register()
            await measure(bench, pool, options)
            await replay(bench, pool, options)
        await pool.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
