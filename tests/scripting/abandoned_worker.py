"""A worker to be killed by a test: two scripts compute in it, and it prints every pid it knows."""

from __future__ import annotations

import asyncio

from scripting.host import ScriptHost
from scripting.model import Json, Limits, Reply, Value
from tests.scripting.recorder import FAKE_ENTRY, Recorder, attack


async def main() -> None:
    """Prints `worker's zygote, then each child`, on one line, once both scripts compute."""
    host = ScriptHost(entry=FAKE_ENTRY)
    await host.start()
    pids: list[int | None] = [host.zygote_pid]
    both = asyncio.Barrier(2)

    async def answer(method: str, args: list[Json]) -> Reply:
        if await both.wait() == 0:
            print(*pids, flush=True)
        return Value(None, now_ms=0)

    async def compute() -> None:
        program = attack("host.call('m', [])\nwhile True: pass")
        async with host.session(program, limits=Limits(), app="tests") as session:
            pids.append(session.pid)
            await session.run({}, calls=Recorder(answer), seed="s", start_ms=0)

    await asyncio.gather(compute(), compute())


if __name__ == "__main__":
    asyncio.run(main())
