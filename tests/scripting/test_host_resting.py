"""Children that serve the next run of their script: only for the same script of the same app, owner and limits."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from scripting.children import resident_bytes
from scripting.host import ScriptHost
from scripting.model import Killed, Language, Limits, Outcome, Program, Returned, Threw
from tests.scripting.recorder import FAKE_ENTRY, Recorder, attack

STAIN = """
import builtins
result = getattr(builtins, 'stain', None)
builtins.stain = [host.memory_bytes]
"""
LIMITS = Limits(wall_ms=60_000)


@pytest_asyncio.fixture(loop_scope="session")
async def resting() -> AsyncIterator[ScriptHost]:
    """A host that keeps two children, with a runtime that lets a script stain its process."""
    host = ScriptHost(entry=FAKE_ENTRY, warm=1, keep=2)
    await host.start()
    yield host
    await host.close()


async def run(
    host: ScriptHost,
    program: Program,
    *,
    app: str = "a",
    owner: str | None = "u",
    limits: Limits = LIMITS,
) -> tuple[int, Outcome]:
    """One run in a session of its own: the child's pid, and how it ended."""
    async with host.session(program, limits=limits, app=app, owner=owner) as session:
        return session.pid, await session.run({}, calls=Recorder(), seed="s", start_ms=0)


def is_gone(pid: int) -> bool:
    """No process has this pid."""
    return not Path(f"/proc/{pid}").exists()


def children_of(host: ScriptHost) -> int:
    """How many children the host's zygote has, zombies included."""
    zygote = host.zygote_pid or 0
    return len(Path(f"/proc/{zygote}/task/{zygote}/children").read_text().split())


def open_descriptors() -> int:
    """How many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def until(condition: Callable[[], bool]) -> None:
    """Returns when the condition holds."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - processes are asked
            await asyncio.sleep(0.01)


async def test_the_same_script_of_the_same_owner_has_the_same_child(resting: ScriptHost) -> None:
    """Even a script that broke out of its language can stain only its own next run."""
    first, _ = await run(resting, attack(STAIN))
    second, outcome = await run(resting, attack(STAIN))
    assert first == second
    assert isinstance(outcome, Returned)
    assert outcome.value is not None


@pytest.mark.parametrize(
    "other",
    [
        {"app": "b"},
        {"owner": "v"},
        {"owner": ""},
        {"owner": None},
        {"limits": Limits(wall_ms=60_001)},
        {"program": attack(STAIN + "\n")},
        {"program": Program(Language.PYTHON, "actions/other.py", STAIN)},
        {"program": Program(Language.PYTHON, "actions/attack.py", STAIN, {"lib/x.py": ""})},
        {"program": Program(Language.JAVASCRIPT, "actions/attack.py", STAIN)},
    ],
    ids=["app", "owner", "nobody", "no owner", "limits", "source", "path", "shared code", "language"],
)
async def test_whoever_differs_has_another_process(resting: ScriptHost, other: dict[str, object]) -> None:
    """Nothing that one script did to its process is there for another app, user, source or limit."""
    first, _ = await run(resting, attack(STAIN))
    second, outcome = await run(resting, **{"program": attack(STAIN), **other})  # type: ignore[arg-type]
    assert first != second
    assert isinstance(outcome, Returned)
    assert outcome.value is None


@pytest.mark.parametrize(
    "source",
    ["1 / 0", "import os; os.abort()", "while True: pass", "import os; result = 1; os.write(3, b'x' * 64)"],
    ids=["throws", "dies", "computes", "speaks out of turn"],
)
async def test_only_a_run_that_returned_leaves_its_child(resting: ScriptHost, source: str) -> None:
    """A script that threw, died, was killed or broke the protocol never runs in that process again."""
    limits = Limits(cpu_ms=300)
    first, outcome = await run(resting, attack(source), limits=limits)
    assert isinstance(outcome, Threw | Killed)
    second, _ = await run(resting, attack(source), limits=limits)
    assert first != second


async def test_a_child_that_used_its_spare_time_is_not_kept(resting: ScriptHost) -> None:
    """Each run has all the CPU time that its limits say, whoever ran before in its process."""
    source = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    first, outcome = await run(resting, attack(source), limits=Limits(cpu_ms=2_000))
    assert isinstance(outcome, Returned)
    second, _ = await run(resting, attack(source), limits=Limits(cpu_ms=2_000))
    assert first != second


async def test_a_child_that_kept_much_memory_is_not_kept(resting: ScriptHost) -> None:
    """What one run left behind does not take from the next."""
    source = "import builtins\nbuiltins.kept = b'x' * (64 << 20)"
    first, outcome = await run(resting, attack(source))
    assert isinstance(outcome, Returned)
    second, _ = await run(resting, attack(source))
    assert first != second


async def test_only_so_many_children_rest_and_a_dead_one_is_replaced(resting: ScriptHost) -> None:
    """The one that rested longest is ended; one that somebody killed is noticed."""
    pids = [(await run(resting, attack(f"result = {number}")))[0] for number in range(3)]
    await until(lambda: is_gone(pids[0]))
    assert (await run(resting, attack("result = 2")))[0] == pids[2]
    os.kill(pids[2], signal.SIGKILL)
    await until(lambda: is_gone(pids[2]))
    assert (await run(resting, attack("result = 2")))[0] != pids[2]


async def test_many_runs_in_kept_and_in_new_children_leave_nothing_behind(resting: ScriptHost) -> None:
    """Descriptors, children and the zygote's memory are what they were (100,000 runs: bench/leaks.py)."""
    endings = ["result = 1", "1 / 0", "x = = 1", "import os; os.abort()", "result = 2", "result = 3"]

    async def after_a_round() -> tuple[int, int]:
        for number in range(90):
            owner = None if number % 4 == 0 else "u"
            await run(resting, attack(endings[number % len(endings)]), owner=owner)
        await resting.settle()
        await until(lambda: children_of(resting) == 3)  # one is warm, two are kept
        return open_descriptors(), resident_bytes(resting.zygote_pid or 0)

    (descriptors, memory), (descriptors_later, memory_later) = await after_a_round(), await after_a_round()
    assert descriptors == descriptors_later
    assert memory_later - memory < 1 << 20


async def test_closing_the_host_ends_who_rests(resting: ScriptHost) -> None:
    """No child outlives its host for the sake of a next run."""
    pid, _ = await run(resting, attack("result = 1"))
    await resting.close()
    assert is_gone(pid)


async def test_a_script_is_compiled_once_and_its_image_is_its_app_s_alone() -> None:
    """The second child starts from the first one's image; the same text of another app does not."""
    host = ScriptHost(warm=1)
    await host.start()
    try:
        program = Program(
            Language.PYTHON,
            "a.py",
            "import lib.x\nreturn lib.x.two() / params['n']",
            {"a.py": "import lib.x\nreturn lib.x.two() / params['n']", "lib/x.py": "def two():\n    return 2\n"},
        )
        for app, n in (("a", 1), ("a", 2), ("b", 1), ("a", 0)):
            async with host.session(program, limits=LIMITS, app=app) as session:
                outcome = await session.run({"params": {"n": n}}, calls=Recorder(), seed="s", start_ms=0)
            if n:
                assert isinstance(outcome, Returned)
                assert outcome.value == 2 / n
        assert isinstance(outcome, Threw)
        assert (outcome.path, outcome.line, outcome.quoted) == ("a.py", 2, "return lib.x.two() / params['n']")
    finally:
        await host.close()
