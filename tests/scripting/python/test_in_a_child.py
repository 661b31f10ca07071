"""A real child, locked as in production: whatever a facade needs is loaded before the child is locked."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from scripting.host import ScriptHost
from scripting.model import Killed, Language, Limits, Outcome, Program, Returned
from tests.scripting.recorder import Recorder

EVERYTHING = r"""
import collections, decimal, itertools, json, math, random, re, statistics, time
from datetime import date, datetime, timedelta
values = [
    datetime.strptime('3 Feb 2024', '%d %b %Y').strftime('%A %d %B %j %Z'), datetime.now().isoformat(),
    datetime.fromtimestamp(0).toISOString(), date.today().strftime('%c'), f'{datetime.now():%x}',
    str(decimal.Decimal('1.10').quantize(decimal.Decimal('.1'))), statistics.quantiles([1, 2, 3, 4.5]),
    random.sample(range(9), 3), re.compile(r'(\w)').sub(r'<\1>', 'ab'), re.search('(a)', 'a').expand(r'\1'),
    json.loads(json.dumps({'a': math.pi})), list(itertools.permutations('ab')), collections.Counter('ab'),
    'straße'.upper().casefold().title(), 'é'.encode().decode('latin-1'), time.time(), '{:>10,.2f}'.format(1234.5),
]
return len(values)
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def host() -> AsyncIterator[ScriptHost]:
    """A host with the real runtimes."""
    host = ScriptHost()
    await host.start()
    yield host
    await host.close()


async def outcome(host: ScriptHost, source: str, **limits: int) -> Outcome:
    """How the script ends in a child of its own."""
    program = Program(Language.PYTHON, "scripts/all.py", source)
    async with host.session(program, limits=Limits(**limits), app="tests") as session:
        return await session.run({}, calls=Recorder(), seed="seed", start_ms=1_700_000_000_000)


async def test_every_facade(host: ScriptHost) -> None:
    """Every facade works in a locked child, parsing and formatting of dates included."""
    ended = await outcome(host, EVERYTHING)
    assert isinstance(ended, Returned), ended
    assert ended.value == 17


async def test_out_of_memory(host: ScriptHost) -> None:
    """A script cannot catch running out of memory."""
    source = "try:\n    x = [0] * 10 ** 9\nexcept:\n    pass\nreturn 'alive'"
    ended = await outcome(host, source, memory_bytes=128 * 1024 * 1024)
    assert isinstance(ended, Killed), ended
    assert ended.limit == "memory"
