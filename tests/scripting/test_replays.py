"""Replies that are known before they are asked for, and places of calls, in both languages."""

from __future__ import annotations

import pytest

from scripting.fingerprint import fingerprint
from scripting.host import ScriptHost
from scripting.model import ENDED, Interrupt, Interrupted, Json, Language, Limits, Program, Recorded, Reply, Returned
from tests.scripting.recorder import Recorder

PROGRAMS = {
    "a.js": "var seen = [];\nfor (var i = 0; i < params.n; i++) {\n  try { seen.push(sys.jobs.setProgress(i)); }\n"
    "  catch (e) { seen.push(e.code()); }\n}\nreturn [seen, Date.now()];",
    "a.py": "import time\nseen = []\nfor i in range(params['n']):\n    try:\n"
    "        seen.append(sys.jobs.setProgress(i))\n    except ScriptException as e:\n        seen.append(e.code())\n"
    "return [seen, round(time.time() * 1000)]",
}
FAILED = '{"code":"notFound","message":"gone","additionalInfo":{}}'


@pytest.fixture
async def host() -> ScriptHost:
    """A sandbox that runs real scripts."""
    started = ScriptHost(unsafe=True, warm=1)
    await started.start()
    return started


async def run(host: ScriptHost, name: str, n: int, calls: Recorder, *, traced: bool = False) -> object:
    """How the script ends that makes n calls."""
    language = Language.JAVASCRIPT if name.endswith(".js") else Language.PYTHON
    program = Program(language, name, PROGRAMS[name])
    try:
        async with host.session(program, limits=Limits(wall_ms=60_000), app="test") as session:
            return await session.run({"params": {"n": n}}, calls=calls, seed="s", start_ms=5, traced=traced)
    finally:
        await host.close()


async def refuse(method: str, args: list[Json]) -> Reply:
    """Ends the script at the first call that it asks for."""
    raise Interrupt("asked")


def known(*texts: str) -> list[Recorded]:
    """Recorded calls of the programs, with these replies."""
    return [
        Recorded("jobs.progress", fingerprint([n, None]), text == FAILED, text, 100 + n) for n, text in enumerate(texts)
    ]


@pytest.mark.parametrize("name", list(PROGRAMS))
async def test_known_replies_are_given_without_asking(host: ScriptHost, name: str) -> None:
    """Values, failures and the clock come from the batch; the first call behind it has the next number."""
    calls = Recorder(refuse, known=known('"x"', FAILED))
    outcome = await run(host, name, 2, calls)
    assert isinstance(outcome, Returned)
    assert (outcome.value, calls.seen) == ([["x", "notFound"], 101], [])


@pytest.mark.parametrize("name", list(PROGRAMS))
async def test_the_call_behind_the_batch_is_asked(host: ScriptHost, name: str) -> None:
    """Numbers go on where the batch ends."""
    calls = Recorder(refuse, known=known("1", "2"))
    assert await run(host, name, 3, calls) == Interrupted("asked")
    assert calls.seen == [(3, "jobs.progress", [2, None])]


@pytest.mark.parametrize("name", list(PROGRAMS))
async def test_a_call_that_was_not_recorded_is_asked(host: ScriptHost, name: str) -> None:
    """The child does not judge a divergence: it asks, with the number of the call that differs."""
    calls = Recorder(refuse, known=[*known("1"), Recorded("jobs.progress", "other", False, "2", 0)])
    assert await run(host, name, 3, calls) == Interrupted("asked")
    assert calls.seen == [(2, "jobs.progress", [1, None])]


@pytest.mark.parametrize("name", list(PROGRAMS))
async def test_an_end_before_the_last_known_reply_is_told(host: ScriptHost, name: str) -> None:
    """A script that ends early says so in a call that no host API has."""
    calls = Recorder(refuse, known=known("1", "2"))
    assert await run(host, name, 1, calls) == Interrupted("asked")
    assert calls.seen == [(2, ENDED, [])]


@pytest.mark.parametrize(("name", "line"), [("a.js", 3), ("a.py", 5)])
async def test_a_traced_run_tells_where_its_calls_come_from(host: ScriptHost, name: str, line: int) -> None:
    """The place is path and line of the script, however many frames of the stubs are above it."""
    calls = Recorder()
    await run(host, name, 1, calls, traced=True)
    assert calls.places == [f"{name}:{line}"]
