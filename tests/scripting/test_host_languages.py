"""Both languages as workers run them: in locked children of the real zygote."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from scripting.host import ScriptHost
from scripting.model import Killed, Language, Limits, Outcome, Program, Returned, Threw
from tests.scripting.recorder import Recorder

MEBIBYTE = 1024 * 1024
LANGUAGES = pytest.mark.parametrize("language", list(Language))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def real_host() -> AsyncIterator[ScriptHost]:
    """A host with the runtimes of production."""
    host = ScriptHost()
    await host.start()
    yield host
    await host.close()


async def run(host: ScriptHost, language: Language, source: str, *, limits: Limits | None = None) -> Outcome:
    """One run of a script with the variable `params`."""
    program = Program(language, f"actions/script.{language}", source)
    async with host.session(program, limits=limits or Limits(), app="tests") as session:
        return await session.run({"params": {"a": 41}}, calls=Recorder(), seed="seed", start_ms=1_000)


@LANGUAGES
async def test_a_script_returns_a_value(real_host: ScriptHost, language: Language) -> None:
    """The body returns, and the variables are there."""
    outcome = await run(real_host, language, "return params.a + 1")
    assert isinstance(outcome, Returned), outcome
    assert outcome.value == 42


@LANGUAGES
async def test_a_syntax_error_has_its_place(real_host: ScriptHost, language: Language) -> None:
    """`check` names the line in the script's own file."""
    threw = await real_host.check(Program(language, "actions/broken", "a = 1\nb = = 2"))
    assert isinstance(threw, Threw)
    assert (threw.path, threw.line) == ("actions/broken", 2)


@pytest.mark.parametrize(
    ("language", "source"), [(Language.JAVASCRIPT, "while (true) {}"), (Language.PYTHON, "while True: pass")]
)
async def test_a_loop_meets_the_cpu_limit(real_host: ScriptHost, language: Language, source: str) -> None:
    """Neither engine has to cooperate."""
    outcome = await run(real_host, language, source, limits=Limits(cpu_ms=100))
    assert isinstance(outcome, Killed)
    assert outcome.limit == "cpu"


@pytest.mark.parametrize(
    ("language", "source"),
    [
        (Language.JAVASCRIPT, "var a = []; while (true) a.push('text ' + a.length)"),
        (Language.PYTHON, "a = []\nwhile True: a.append('text ' + str(len(a)))"),
    ],
)
async def test_a_hoarder_meets_the_memory_limit(real_host: ScriptHost, language: Language, source: str) -> None:
    """Both heaps have the session's limit."""
    outcome = await run(real_host, language, source, limits=Limits(memory_bytes=32 * MEBIBYTE))
    assert isinstance(outcome, Killed), outcome
    assert outcome.limit == "memory"


@pytest.mark.parametrize(
    ("language", "source"),
    [
        (Language.JAVASCRIPT, "function f() { return f() + 1 }\nreturn f()"),
        (Language.PYTHON, "def f(): return f() + 1\nreturn f()"),
    ],
)
async def test_endless_recursion_is_an_error_of_the_script(
    real_host: ScriptHost, language: Language, source: str
) -> None:
    """The engine's own limit comes before the stack's end."""
    assert isinstance(await run(real_host, language, source), Threw)


@pytest.mark.parametrize(
    "source",
    [
        "return '\\N{BULLET}'",
        "import datetime\nreturn str(datetime.datetime.now())",
        "import re, json, math, random\nreturn [re.sub('a', 'b', 'aa'), json.dumps({}), math.pi, random.random()]",
        "return '%05.2f' % 3 + f'{1.5:>9}'",
        "return sorted([3, 1, 2], key=lambda x: -x)",
    ],
)
async def test_what_python_loads_late_is_there_already(real_host: ScriptHost, source: str) -> None:
    """A locked child can import nothing, so the zygote has what ordinary scripts need."""
    assert isinstance(outcome := await run(real_host, Language.PYTHON, source), Returned), outcome
