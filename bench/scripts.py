"""What a script costs: scripts a second and milliseconds from submit to result, by language and by kind of child.

    python3 dev.py bench scripts [--scripts 400] [--pairs 3]

cold: a child is forked when the script comes; warm: it waits already; reused: it has run the same script before.
"without layers" leaves out uid, Landlock, limits and seccomp, for comparison only. CPU is that of the host, of the
zygote and of the children, in ms a script, so it holds on a machine that does other things as well; "a core" is how
many scripts a second that makes. "floor" is what the kernel takes for the same fork, pages, exit and reap in a process
like the zygote, measured right after the row (_script_floor.py), and "ours/floor" what zygote and child take of it.
Each row ends after 8 s, however few scripts that were.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._script_floor_client import FloorClient, floor
from scripting.children import resident_bytes
from scripting.host import ScriptHost
from scripting.model import Json, Language, Limits, Program, Recorded, Reply, Returned, Value

SOURCES = {
    Language.PYTHON: "id = sys.jobs.getCurrentJobId()\nreturn params['a'] + 1\n",
    Language.JAVASCRIPT: "var id = sys.jobs.getCurrentJobId();\nreturn params.a + 1;\n",
}
CALLS = {
    Language.PYTHON: "for i in range(params['a']):\n    sys.jobs.getCurrentJobId()\n",
    Language.JAVASCRIPT: "for (var i = 0; i < params.a; i++) sys.jobs.getCurrentJobId();\n",
}
COLUMNS = (
    *("language", "child", "layers", "at once", "scripts/s", "p50 ms", "p99 ms"),
    *("CPU ms: host", "zygote", "child", "sum", "a core", "pages", "floor ms", "ours/floor"),
)
KINDS = ("cold", "warm", "reused")
ALL, NONE = "scripting.zygote", "bench._script_unlocked"
ROW_S = 8.0
# Language, kind of child, scripts at once, entry of the zygote.
Row = tuple[Language, str, int, str]
_TICKS = os.sysconf("SC_CLK_TCK")


class Answers:
    """A host API that knows everything at once."""

    async def call(self, seq: int, method: str, args: list[Json]) -> Reply:
        """See scripting.model.Calls."""
        return Value("id", now_ms=0)

    async def ahead(self, seq: int) -> Sequence[Recorded]:
        """Nothing."""
        return ()

    def at(self, place: str) -> None:
        """Nobody traces."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One measurement: rate in scripts a second, times in ms, CPU in ms a script, pages that a child touches first."""

    rate: float
    p50: float
    p99: float
    host: float
    zygote: float
    children: float
    pages: float
    floor: float = 0.0


async def once(host: ScriptHost, program: Program, number: int, *, owner: str | None) -> float:
    """Milliseconds from submit to result."""
    began = time.perf_counter()
    async with host.session(program, limits=Limits(), app="bench", owner=owner) as session:
        outcome = await session.run({"params": {"a": number}}, calls=Answers(), seed="s", start_ms=0)
        took = time.perf_counter() - began
    assert isinstance(outcome, Returned), outcome
    return took * 1000


async def measure(language: Language, kind: str, scripts: int, *, at_once: int, entry: str) -> Figures:
    """Many scripts, `at_once` at any time; with one the child that waits has had the time to get ready."""
    host = ScriptHost(warm=0 if kind == "cold" else at_once + 1, entry=entry, unsafe=entry == NONE)
    await host.start()
    program, owner = Program(language, "bench", SOURCES[language]), "bench" if kind == "reused" else None
    times: list[float] = []
    try:
        for number in range(20):
            await once(host, program, number, owner=owner)

        assert host.zygote_pid is not None
        own, others, began = time.process_time(), usage_of(host.zygote_pid), time.perf_counter()

        async def client() -> None:
            while len(times) < scripts and time.perf_counter() < began + ROW_S:
                if at_once == 1:
                    await host.settle()
                    await asyncio.sleep(0.02)
                times.append(await once(host, program, 1, owner=owner))

        await asyncio.gather(*(client() for _ in range(at_once)))
        took, own, after = time.perf_counter() - began, time.process_time() - own, usage_of(host.zygote_pid)
    finally:
        await host.close()
    times.sort()
    mine, theirs, pages = ((late - early) / len(times) for late, early in zip(after, others, strict=True))
    return Figures(
        rate=len(times) / took,
        p50=statistics.median(times),
        p99=times[int(len(times) * 0.99)],
        host=1000 * own / len(times),
        zygote=1000 * mine,
        children=1000 * theirs,
        pages=pages,
    )


def usage_of(pid: int) -> tuple[float, float, int]:
    """CPU seconds of a process and of its children, dead or alive, and the page faults of the children."""
    own, children, pages = _usage(pid, ended=True)
    living = [_usage(each, ended=False) for each in children_of(pid)]
    return own, children + sum(each[0] for each in living), pages + sum(each[2] for each in living)


def _usage(pid: int, *, ended: bool) -> tuple[float, float, int]:
    """CPU seconds, those of its reaped children, and the page faults of either; zeros of a process that is gone."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0, 0.0, 0
    user, system, children_user, children_system = (int(word) / _TICKS for word in words[11:15])
    return user + system, children_user + children_system, int(words[8 if ended else 7])


def children_of(pid: int) -> list[int]:
    """The processes that it has forked and not reaped."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


async def calls_per_second(language: Language, calls: int) -> float:
    """Round trips of host calls in one run."""
    host = ScriptHost()
    await host.start()
    program = Program(language, "bench", CALLS[language])
    async with host.session(program, limits=Limits(), app="bench") as session:
        await session.run({"params": {"a": 1}}, calls=Answers(), seed="s", start_ms=0)
        began = time.perf_counter()
        await session.run({"params": {"a": calls}}, calls=Answers(), seed="s", start_ms=0)
        took = time.perf_counter() - began
    await host.close()
    return calls / took


def private_kib(pid: int) -> int:
    """The pages that nobody else has, in KiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


async def idle_memory() -> None:
    """What a waiting child adds to the machine: its private pages, before and after its rehearsal."""
    host = ScriptHost(warm=4)
    await host.start()
    zygote_pid = host.zygote_pid or 0
    print(f"the zygote: {resident_bytes(zygote_pid) // 1024} KiB")
    kib = {"": statistics.median(private_kib(pid) for pid in children_of(zygote_pid))}
    for language, source in SOURCES.items():
        for _ in range(5):
            await once(host, Program(language, "bench", source), 1, owner=None)
        await host.settle()
        await asyncio.sleep(1)
        kib[f", {language} rehearsed"] = statistics.median(private_kib(pid) for pid in children_of(zygote_pid))
    await host.close()
    for what, size in kib.items():
        print(f"a waiting child{what}: {size:.0f} KiB of its own")


def rows_of(cores: int) -> list[Row]:
    """Language, child, how many at once, entry. One at a time, two cores are no better than one."""
    return [
        (language, kind, at_once, entry)
        for language in SOURCES
        for kind in KINDS
        for at_once in ((1, 4) if cores == 1 else (4 * cores,))
        for entry in ((ALL, NONE) if at_once > 1 and kind != "reused" else (ALL,))
    ]


def table(scripts: int, pairs: int, cores: int) -> None:
    """Every combination, the median of `pairs` rounds each, rounds interleaved."""
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[-cores:]))
    found: dict[Row, list[Figures]] = {row: [] for row in rows_of(cores)}
    with floor() as kernel:
        for _ in range(pairs):
            for row, figures in found.items():
                figures.append(measured(row, scripts, kernel))
    print(f"\n{cores} core(s), load {os.getloadavg()[0]:.1f}\n")
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|")
    for row, figures in found.items():
        print(line_of(row, figures), flush=True)


def measured(row: Row, scripts: int, kernel: FloorClient) -> Figures:
    """One round of a row, and the kernel's share of it at the same time."""
    language, kind, at_once, entry = row
    figures = uvloop.run(measure(language, kind, scripts, at_once=at_once, entry=entry))
    return figures if kind == "reused" else replace(figures, floor=kernel.ms(figures.pages))


def line_of(row: Row, figures: Sequence[Figures]) -> str:
    """The medians as a row of the table."""
    language, kind, at_once, entry = row
    mid = {name: statistics.median(getattr(each, name) for each in figures) for name in Figures.__slots__}
    forked = mid["zygote"] + mid["children"]
    total = mid["host"] + forked
    cells = [
        *(language, kind, "all" if entry == ALL else "none", at_once),
        *(f"{mid['rate']:.0f}", f"{mid['p50']:.2f}", f"{mid['p99']:.1f}"),
        *(f"{each:.2f}" for each in (mid["host"], mid["zygote"], mid["children"], total)),
        *(f"{1000 / total:.0f}", f"{mid['pages']:.0f}"),
        *((f"{mid['floor']:.2f}", f"{forked / mid['floor']:.2f}") if mid["floor"] else ("", "")),
    ]
    return f"| {' | '.join(map(str, cells))} |"


def bench() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scripts", type=int, default=400)
    parser.add_argument("--pairs", type=int, default=3)
    given = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, Linux {os.uname().release}")
    uvloop.run(idle_memory())
    for language in SOURCES:
        rates = [uvloop.run(calls_per_second(language, 5000)) for _ in range(given.pairs)]
        print(f"host calls a second, {language}: {statistics.median(rates):.0f}")
    cores = os.sched_getaffinity(0)
    for count in (1, 2)[: len(cores)]:
        os.sched_setaffinity(0, cores)
        table(given.scripts, given.pairs, count)


if __name__ == "__main__":
    bench()
