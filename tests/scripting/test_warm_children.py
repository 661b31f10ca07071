"""Children that wait: what they rehearse, and when their places are filled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from scripting import child, protocol, rehearsal
from scripting.host import ScriptHost
from scripting.model import Language, Limits, Outcome, Program, Returned
from tests.scripting.recorder import Recorder

PATIENCE_S = 60
SOURCES = {
    Language.PYTHON: "return [params['a'], sys.jobs.getCurrentJobId()]",
    Language.JAVASCRIPT: "return [params.a, sys.jobs.getCurrentJobId()];",
}
LEFT_BEHIND = {
    Language.PYTHON: "try:\n    return [id, doubled, found]\nexcept NameError:\n    return 'nothing'\n",
    Language.JAVASCRIPT: "return typeof id + typeof doubled === 'undefinedundefined' ? 'nothing' : 'something';",
}


@pytest_asyncio.fixture(loop_scope="session")
async def warm() -> AsyncIterator[ScriptHost]:
    """A host with two children that wait and both languages."""
    host = ScriptHost(warm=2)
    await host.start()
    yield host
    await host.close()


async def run(host: ScriptHost, language: Language, source: str) -> Outcome:
    """One script in a child of its own."""
    async with host.session(Program(language, "actions/a", source), limits=Limits(), app="a") as session:
        return await session.run({"params": {"a": 1}}, calls=Recorder(), seed="s", start_ms=0)


def children_of(host: ScriptHost) -> int:
    """How many children the zygote has."""
    zygote = host.zygote_pid
    return len(Path(f"/proc/{zygote}/task/{zygote}/children").read_text(encoding="ascii").split())


@pytest.mark.parametrize("language", Language)
def test_a_rehearsal_is_a_whole_run(language: Language) -> None:
    """The script of each language compiles, calls, and returns what it should."""
    compilers = child.load_compilers(child.RUNTIMES)
    frames = child.rehearse(rehearsal.conversation(language), compilers)
    assert [type(frame) for frame in frames] == [protocol.Ready, protocol.Call, protocol.Call, protocol.Done]
    assert frames[-1] == protocol.Done(rehearsal.RESULT)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("rehearsed", Language)
async def test_a_child_serves_either_language(warm: ScriptHost, language: Language, rehearsed: Language) -> None:
    """What a child has rehearsed is no promise of what comes."""
    await run(warm, rehearsed, SOURCES[rehearsed])
    await warm.settle()
    outcome = await run(warm, language, SOURCES[language])
    assert isinstance(outcome, Returned)
    assert outcome.value == [1, ["jobs.currentId"]]


@pytest.mark.parametrize("language", Language)
async def test_a_rehearsal_leaves_nothing_to_the_script(warm: ScriptHost, language: Language) -> None:
    """Its names, and whatever else a run has of its own, are gone."""
    await run(warm, language, SOURCES[language])
    await warm.settle()
    outcome = await run(warm, language, LEFT_BEHIND[language])
    assert isinstance(outcome, Returned)
    assert outcome.value == "nothing"


async def test_a_burst_waits_for_no_place(warm: ScriptHost) -> None:
    """Twenty at once are served though two children wait."""
    await warm.settle()
    async with asyncio.timeout(PATIENCE_S):
        outcomes = await asyncio.gather(*(run(warm, language, SOURCES[language]) for language in [*Language] * 10))
    assert all(isinstance(outcome, Returned) for outcome in outcomes)


async def test_places_are_filled_when_no_script_runs(warm: ScriptHost) -> None:
    """After the last script two children wait again, without being asked for."""
    await run(warm, Language.PYTHON, SOURCES[Language.PYTHON])
    async with asyncio.timeout(PATIENCE_S):
        while children_of(warm) != 2:  # noqa: ASYNC110 - the kernel is asked
            await asyncio.sleep(0.01)


async def test_places_are_filled_while_a_script_runs(warm: ScriptHost) -> None:
    """A script that takes its time keeps no place empty."""
    await warm.settle()
    program = Program(Language.PYTHON, "actions/a", SOURCES[Language.PYTHON])
    async with warm.session(program, limits=Limits(), app="a") as session:
        assert await session.compile() is None
        async with asyncio.timeout(PATIENCE_S):
            while children_of(warm) != 3:  # noqa: ASYNC110 - the kernel is asked
                await asyncio.sleep(0.01)
