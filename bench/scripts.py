"""What a script costs: scripts a second and milliseconds from submit to result, by language and by kind of child.

    python3 dev.py bench scripts [--scripts 400] [--pairs 3]

cold: a child is forked when the script comes; warm: it waits already; reused: it has run the same script before.
"without layers" leaves out uid, Landlock, limits and seccomp, for comparison only. CPU times are those of the
host, of the zygote and of the children, a script, so they hold on a machine that does other things as well.
"""

from __future__ import annotations

import argparse
import asyncio
import mmap
import os
import resource
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripting import child, zygote
from scripting.children import resident_bytes
from scripting.host import ScriptHost
from scripting.limits import Lock, fork
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
    *("CPU ms: host", "zygote", "children", "pages"),
)
KINDS = ("cold", "warm", "reused")
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


class NoLock(Lock):
    """No layer at all, to see what they cost."""

    def bequeath(self) -> None:
        """Nothing."""

    def rehearse(self, times: int) -> None:
        """Nothing."""

    def ahead(self, channel: int, *, parent: int) -> None:
        """Nothing but the socket."""
        os.dup2(channel, 3)
        os.closerange(4, 4096)

    def limit(self, *, name: str, memory_bytes: int, cpu_ms: int) -> None:
        """Nothing."""

    def seal(self) -> None:
        """Nothing."""


def main() -> None:
    """The entry of a zygote without layers: ScriptHost starts this module by name."""
    zygote.Lock = NoLock  # type: ignore[misc]
    zygote.main()


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
    host = ScriptHost(warm=0 if kind == "cold" else at_once + 1, entry=entry, unsafe=entry != "scripting.zygote")
    await host.start()
    program, owner = Program(language, "bench", SOURCES[language]), "bench" if kind == "reused" else None
    times: list[float] = []
    try:
        for number in range(20):
            await once(host, program, number, owner=owner)

        async def client() -> None:
            while len(times) < scripts:
                if at_once == 1:
                    await host.settle()
                    await asyncio.sleep(0.02)
                times.append(await once(host, program, 1, owner=owner))

        assert host.zygote_pid is not None
        own, others, began = time.process_time(), cpu_of(host.zygote_pid), time.perf_counter()
        await asyncio.gather(*(client() for _ in range(at_once)))
        took, own, after = time.perf_counter() - began, time.process_time() - own, cpu_of(host.zygote_pid)
        await host.close()
    except BaseException:
        await host.close()
        raise
    times.sort()
    mine, theirs = (1000 * (after[index] - others[index]) / len(times) for index in range(2))
    return Figures(
        rate=len(times) / took,
        p50=statistics.median(times),
        p99=times[int(len(times) * 0.99)],
        host=1000 * own / len(times),
        zygote=mine,
        children=theirs,
        pages=(after[2] - others[2]) / len(times),
    )


def cpu_of(pid: int) -> tuple[float, float, int]:
    """CPU seconds of a process and of its reaped children, and the page faults of the children."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    user, system, children_user, children_system = (int(word) / _TICKS for word in words[11:15])
    return user + system, children_user + children_system, int(words[8])


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


def private_kib(zygote: int) -> list[int]:
    """The private pages of each of its children, in KiB."""
    pids = Path(f"/proc/{zygote}/task/{zygote}/children").read_text(encoding="ascii").split()
    rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines() for pid in pids]
    return [sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) for lines in rollups]


async def idle_child_kib() -> float:
    """What a waiting child adds to the machine: its private pages."""
    host = ScriptHost(warm=4)
    await host.start()
    private = private_kib(host.zygote_pid or 0)
    print(f"zygote: {resident_bytes(host.zygote_pid or 0) // 1024} KiB resident")
    await host.close()
    return statistics.median(private)


def floor_ms(pages: int) -> float:
    """Fork, the first touch of some pages, exit and reap of a process like the zygote, CPU of both sides.

    The kernel's share: no sandbox that gives each script a process of its own goes below.
    """
    child.load_compilers(child.RUNTIMES)
    child.stock(child.RUNTIMES)
    size = os.sysconf("SC_PAGE_SIZE")
    with mmap.mmap(-1, max(pages, 1) * size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory[::size] = bytes(max(pages, 1))
        before = _cpu_ms()
        for _ in range(200):
            pid = fork()
            if pid == 0:
                if pages:
                    memory[::size] = bytes(pages)
                os._exit(0)
            os.waitpid(pid, 0)
        return (_cpu_ms() - before) / 200


def _cpu_ms() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages) * 1000


def table(scripts: int, pairs: int, cores: int) -> None:
    """Every combination, the median of `pairs` rounds each, rounds interleaved."""
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[-cores:]))
    rows = [
        (language, kind, at_once, entry)
        for language in SOURCES
        for kind in KINDS
        for at_once in (1, 4 * cores)
        for entry in ("scripting.zygote", *(["bench.scripts"] if kind != "reused" else []))
    ]
    found: dict[tuple[Language, str, int, str], list[Figures]] = {row: [] for row in rows}
    for _ in range(pairs):
        for row in rows:
            language, kind, at_once, entry = row
            run = measure(language, kind, scripts, at_once=at_once, entry=entry)
            found[row].append(uvloop.run(run))
    print(f"\n{cores} core(s), load {os.getloadavg()[0]:.1f}\n")
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|")
    for (language, kind, at_once, entry), figures in found.items():
        mid = {name: statistics.median(getattr(each, name) for each in figures) for name in Figures.__slots__}
        layers = "all" if entry == "scripting.zygote" else "none"
        times = f"{mid['rate']:.0f} | {mid['p50']:.2f} | {mid['p99']:.1f}"
        cpu = f"{mid['host']:.2f} | {mid['zygote']:.2f} | {mid['children']:.2f} | {mid['pages']:.0f}"
        print(f"| {language} | {kind} | {layers} | {at_once} | {times} | {cpu} |", flush=True)


def bench() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scripts", type=int, default=400)
    parser.add_argument("--pairs", type=int, default=3)
    given = parser.parse_args()
    print(f"an idle warm child: {uvloop.run(idle_child_kib()):.0f} KiB of its own")
    for language in SOURCES:
        rates = [uvloop.run(calls_per_second(language, 5000)) for _ in range(given.pairs)]
        print(f"host calls a second, {language}: {statistics.median(rates):.0f}")
    cores = os.sched_getaffinity(0)
    for count in (1, 2)[: len(cores)]:
        os.sched_setaffinity(0, cores)
        table(given.scripts, given.pairs, count)
    # Last: it imports into this process what only the zygote should have.
    for pages in (0, 250, 500):
        print(f"\nfork, first touch of {pages} pages, exit and reap, CPU: {floor_ms(pages):.2f} ms")


if __name__ == "__main__":
    bench()
