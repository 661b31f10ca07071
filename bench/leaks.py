"""Many scripts through one ScriptHost: memory, descriptors and processes must stay flat.

    python3 dev.py bench leaks [--scripts 100000] [--plot docs/leaks.svg]

Both languages, every kind of ending: most return, some throw, are killed by a limit, break the protocol, or do
not compile. One in ten has a child of its own; of the others, those that return leave it to the next.
Prints a table of samples, writes them as a plot, and fails where the second half of the run grew.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import Answers

from scripting.children import resident_bytes
from scripting.host import ScriptHost
from scripting.model import Language, Limits, Program

ENDINGS = (
    *[(Language.PYTHON, "return sys.jobs.getCurrentJobId()", Limits())] * 70,
    *[(Language.JAVASCRIPT, "return sys.jobs.getCurrentJobId();", Limits())] * 20,
    (Language.PYTHON, "raise ValueError('no')", Limits()),
    (Language.JAVASCRIPT, "throw new Error('no');", Limits()),
    (Language.PYTHON, "return = 1", Limits()),
    (Language.PYTHON, "while True: pass", Limits(cpu_ms=5)),
    (Language.JAVASCRIPT, "while (true) {}", Limits(cpu_ms=5)),
    (Language.PYTHON, "return ' ' * (1 << 40)", Limits()),
    (Language.PYTHON, "while True: sys.jobs.getCurrentJobId()", Limits(calls=3)),
    (Language.JAVASCRIPT, "return 'x'.repeat(5000);", Limits(result_bytes=1000)),
    (Language.PYTHON, "return params", Limits(source_bytes=1)),
    (Language.JAVASCRIPT, "return params;", Limits()),
)
_AT_ONCE = 4
_SAMPLES = 100
# What may be different from sample to sample: a page pool that breathes, children that are just being born.
_SLACK_KIB, _SLACK_COUNT = 2048, 16


@dataclass(frozen=True, slots=True)
class Sample:
    """What the worker and its zygote had after so many scripts."""

    scripts: int
    worker_kib: int
    zygote_kib: int
    descriptors: int
    processes: int


def sample(scripts: int, host: ScriptHost) -> Sample:
    """What is there now."""
    gc.collect()
    zygote = host.zygote_pid or 0
    children = Path(f"/proc/{zygote}/task/{zygote}/children").read_text(encoding="ascii").split()
    return Sample(
        scripts=scripts,
        worker_kib=resident_bytes(os.getpid()) // 1024,
        zygote_kib=resident_bytes(zygote) // 1024,
        descriptors=len(list(Path("/proc/self/fd").iterdir())),
        processes=len(children),
    )


async def run(scripts: int) -> list[Sample]:
    """Every ending in turn, some at once; a sample each percent."""
    host = ScriptHost(warm=2, keep=_AT_ONCE)
    await host.start()
    numbers = iter(range(scripts))
    samples: list[Sample] = []
    every = max(1, scripts // _SAMPLES)

    async def client() -> None:
        for number in numbers:
            language, source, limits = ENDINGS[number % len(ENDINGS)]
            owner = None if number // len(ENDINGS) % 10 == 0 else "bench"
            async with host.session(Program(language, "bench", source), limits=limits, app="bench", owner=owner) as one:
                await one.run({"params": {}}, calls=Answers(), seed=str(number), start_ms=0)
            if number % every == 0:
                samples.append(sample(number, host))
                print(*astuple(samples[-1]), sep="\t", flush=True)

    try:
        await asyncio.gather(*(client() for _ in range(_AT_ONCE)))
    finally:
        await host.close()
    return samples


def growth(samples: Sequence[Sample]) -> dict[str, float]:
    """The median of the last fifth less that of the second: the first is where caches and pools fill."""
    fifth = max(1, len(samples) // 5)
    early, late = samples[fifth : 2 * fifth], samples[-fifth:]
    return {
        field.name: statistics.median(getattr(each, field.name) for each in late)
        - statistics.median(getattr(each, field.name) for each in early)
        for field in fields(Sample)[1:]
    }


def plot(samples: Sequence[Sample]) -> str:
    """The samples as SVG: a line each, from 0 to the largest value, which stands beside its name."""
    colours = itertools.cycle(("#1b6ca8", "#c8553d", "#588157", "#6d597a"))
    lines = []
    for row, field in enumerate(fields(Sample)[1:]):
        values = [getattr(each, field.name) for each in samples]
        top, colour = 40 + row * 110, next(colours)
        points = " ".join(
            f"{60 + 700 * each.scripts / max(1, samples[-1].scripts):.1f},{top + 80 - 80 * value / max(1, *values):.1f}"
            for each, value in zip(samples, values, strict=True)
        )
        lines += [
            f'<text x="60" y="{top - 8}">{field.name}: {min(values)} to {max(values)}</text>',
            f'<path d="M60 {top}V{top + 80}H760" fill="none" stroke="#bbb"/>',
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>',
        ]
    lines.append(f'<text x="60" y="475">0 to {samples[-1].scripts} scripts; each axis begins at 0</text>')
    style = 'font-family="sans-serif" font-size="13"'
    body = "\n".join(lines)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 490" {style}>\n{body}\n</svg>\n'


def bench() -> int:
    """The command line; 1 if anything grew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scripts", type=int, default=100_000)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    print(*(field.name for field in fields(Sample)), sep="\t")
    began = time.perf_counter()
    samples = uvloop.run(run(given.scripts))
    if given.plot:
        given.plot.write_text(plot(samples), encoding="utf-8")
    grown = growth(samples)
    print(f"{given.scripts} scripts in {time.perf_counter() - began:.0f} s; growth over the run: {grown}")
    slack = {"worker_kib": _SLACK_KIB, "zygote_kib": _SLACK_KIB}
    return int(any(value > slack.get(name, _SLACK_COUNT) for name, value in grown.items()))


if __name__ == "__main__":
    sys.exit(bench())
