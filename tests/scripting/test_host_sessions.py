"""Sessions: what a caller of the host sees of a run."""

from __future__ import annotations

import asyncio
import select
import time
from collections.abc import Sequence
from pathlib import Path
from socket import socket

import pytest

from scripting.host import ScriptHost
from scripting.model import (
    Failure,
    Interrupt,
    Interrupted,
    Json,
    Killed,
    Language,
    Limits,
    Program,
    Recorded,
    Reply,
    Returned,
    Threw,
    Value,
)
from tests.scripting.recorder import Recorder, RunScript, attack


async def test_a_run_returns_its_value(run_script: RunScript) -> None:
    """The value of the script comes back as JSON."""
    outcome = await run_script("result = {'sum': variables['a'] + 1, 'seed': seed}", variables={"a": 41})
    assert isinstance(outcome, Returned)
    assert outcome.value == {"sum": 42, "seed": "seed"}


async def test_calls_are_numbered_from_one_and_served_in_order(run_script: RunScript) -> None:
    """Each call has the next number, its method and its arguments; the answer is what the host gave."""
    calls = Recorder()
    outcome = await run_script("result = [host.call('m', [i]) for i in range(3)]", calls=calls)
    assert calls.seen == [(1, "m", [0]), (2, "m", [1]), (3, "m", [2])]
    assert isinstance(outcome, Returned)
    assert outcome.value == [["m", 0], ["m", 1], ["m", 2]]


async def test_runs_of_a_session_share_the_child_and_nothing_else(host: ScriptHost) -> None:
    """Globals are fresh and calls are numbered anew in every run."""
    source = "fresh = 'seen' not in globals(); seen = 1; host.call('m', []); result = fresh"
    async with host.session(attack(source), limits=Limits(), app="tests") as session:
        for _ in range(3):
            calls = Recorder()
            outcome = await session.run({}, calls=calls, seed="s", start_ms=0)
            assert isinstance(outcome, Returned)
            assert outcome.value is True
            assert [seq for seq, _, _ in calls.seen] == [1]


async def test_a_refused_call_reaches_the_script_with_its_code(run_script: RunScript) -> None:
    """A Failure is an error in the script, which may go on."""

    async def refuse(method: str, args: list[Json]) -> Reply:
        return Failure("notFound", "no such job", {"id": "7"}, now_ms=5)

    source = (
        "try: host.call('jobs.findById', ['7'])\n"
        "except Exception as error: result = [error.code, error.message, error.additional_info, host.now_ms()]"
    )
    outcome = await run_script(source, calls=Recorder(refuse))
    assert isinstance(outcome, Returned)
    assert outcome.value == ["notFound", "no such job", {"id": "7"}, 5]


async def test_the_clock_moves_with_replies_only(run_script: RunScript) -> None:
    """Time is the start of the run, then what the last reply said."""

    async def later(method: str, args: list[Json]) -> Reply:
        return Value(None, now_ms=2_500)

    source = "before = host.now_ms(); host.call('m', []); result = [before, host.now_ms()]"
    outcome = await run_script(source, calls=Recorder(later))
    assert isinstance(outcome, Returned)
    assert outcome.value == [1_000, 2_500]


async def test_reading_the_clock_over_and_over_makes_a_tick(run_script: RunScript) -> None:
    """A loop that only waits for the clock ends, because the host moves it."""

    async def tick(method: str, args: list[Json]) -> Reply:
        return Value(None, now_ms=10_000)

    calls = Recorder(tick)
    outcome = await run_script("reads = 0\nwhile host.now_ms() < 10_000: reads += 1\nresult = reads", calls=calls)
    assert isinstance(outcome, Returned)
    assert outcome.value == 1_000
    assert calls.seen == [(1, "script.tick", [])]


async def test_an_uncaught_error_is_the_outcome(run_script: RunScript) -> None:
    """A script that throws ends in Threw."""
    assert await run_script("1 / 0") == Threw("unknownError", "division by zero", path="actions/attack.py")


async def test_an_error_with_text_that_may_not_cross_is_still_told(run_script: RunScript) -> None:
    """NUL and half surrogates in a message are replaced, and the run is no crash."""
    outcome = await run_script("raise ValueError('a\\0b\\ud800c' + 'x' * 9_000_000)")
    assert isinstance(outcome, Threw)
    assert outcome.message.startswith("a\ufffdb?cx")


async def test_a_program_that_does_not_compile_throws_in_every_run(host: ScriptHost) -> None:
    """The syntax error has its place, and a second run says the same."""
    async with host.session(attack("x = 1\nx = = 2"), limits=Limits(), app="tests") as session:
        first = await session.run({}, calls=Recorder(), seed="s", start_ms=0)
        assert isinstance(first, Threw)
        assert (first.path, first.line) == ("actions/attack.py", 2)
        assert await session.run({}, calls=Recorder(), seed="s", start_ms=0) == first


async def test_a_run_that_comes_late_to_a_program_that_does_not_compile_throws_too(host: ScriptHost) -> None:
    """The host hears of the error although the child had said it before the run was sent."""

    class Slow(Recorder):
        """Keeps the whole host from going on until the child has spoken, and does nothing any more."""

        async def ahead(self, seq: int) -> Sequence[Recorded]:
            until_spoken(session.pid, session._child.socket)
            return await super().ahead(seq)

    async with host.session(attack("x = = 2"), limits=Limits(), app="tests") as session:
        assert isinstance(await session.run({}, calls=Slow(), seed="s", start_ms=0), Threw)


def until_spoken(pid: int, theirs: socket) -> None:
    """Blocks until the child has said something, and sleeps (S) or has ended (Z)."""
    deadline = time.monotonic() + 60
    while True:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        if select.select([theirs], [], [], 0)[0] and state in "SZ":
            return
        assert time.monotonic() < deadline
        time.sleep(0.001)


async def test_check_tells_where_a_program_is_wrong(host: ScriptHost) -> None:
    """`check` compiles in a child and runs nothing."""
    assert await host.check(attack("raise SystemExit")) is None
    threw = await host.check(attack("def broken(:\n  pass"))
    assert threw is not None
    assert (threw.path, threw.line) == ("actions/attack.py", 1)
    threw = await host.check(attack("x = 'a\0b'"))
    assert threw is not None
    assert "NUL" in threw.message


async def test_both_languages_have_a_runtime(host: ScriptHost) -> None:
    """The program's language chooses the runtime."""
    for language in Language:
        async with host.session(attack("result = 1", language=language), limits=Limits(), app="tests") as session:
            assert isinstance(await session.run({}, calls=Recorder(), seed="s", start_ms=0), Returned)


async def test_an_interrupt_ends_the_run(run_script: RunScript) -> None:
    """Interrupt raised by a call kills the child, and the run says why."""

    async def park(method: str, args: list[Json]) -> Reply:
        raise Interrupt("parked")

    assert await run_script("host.call('jobs.wait', [])", calls=Recorder(park)) == Interrupted("parked")


async def test_an_error_of_the_host_comes_through(host: ScriptHost) -> None:
    """What calls.call raises is the caller's, and the script is dead by then."""

    async def fail(method: str, args: list[Json]) -> Reply:
        raise LookupError("the database is gone")

    async with host.session(attack("host.call('m', [])"), limits=Limits(), app="tests") as session:
        with pytest.raises(LookupError, match="the database is gone"):
            await session.run({}, calls=Recorder(fail), seed="s", start_ms=0)
        again = await session.run({}, calls=Recorder(), seed="s", start_ms=0)
        assert again == Interrupted("the host gave up")


async def test_a_timeout_of_the_hosts_own_is_no_wall_limit(run_script: RunScript) -> None:
    """TimeoutError from a call comes through as such."""

    async def fail(method: str, args: list[Json]) -> Reply:
        raise TimeoutError("the pool is busy")

    with pytest.raises(TimeoutError, match="the pool is busy"):
        await run_script("host.call('m', [])", calls=Recorder(fail))


async def test_kill_ends_a_script_that_computes(host: ScriptHost) -> None:
    """SIGKILL needs no cooperation: a loop that never calls ends too."""
    async with host.session(attack("host.call('m', [])\nwhile True: pass"), limits=Limits(), app="tests") as session:

        async def answer(method: str, args: list[Json]) -> Reply:
            asyncio.get_running_loop().call_soon(session.kill, "canceled")
            return Value(None, now_ms=0)

        outcome = await session.run({}, calls=Recorder(answer), seed="s", start_ms=0)
        session.kill("again")
        assert outcome == Interrupted("canceled")


async def test_kill_does_not_wait_for_the_call_that_is_served(host: ScriptHost) -> None:
    """A call that waits for something is given up at once."""
    async with host.session(attack("host.call('m', [])"), limits=Limits(), app="tests") as session:

        async def wait_forever(method: str, args: list[Json]) -> Reply:
            session.kill("stopped")
            await asyncio.get_running_loop().create_future()
            raise AssertionError

        assert await session.run({}, calls=Recorder(wait_forever), seed="s", start_ms=0) == Interrupted("stopped")


async def test_an_answer_that_is_too_large_is_an_error_in_the_script(run_script: RunScript) -> None:
    """The script can ask for less; nothing is killed."""

    async def flood(method: str, args: list[Json]) -> Reply:
        return Value("x" * 10_000, now_ms=0)

    source = "try: host.call('data.find', [])\nexcept Exception as error: result = [error.code, error.message]"
    outcome = await run_script(source, calls=Recorder(flood), frame_bytes=5_000)
    assert isinstance(outcome, Returned)
    assert outcome.value[0] == "badRequest"
    assert "data.find: the answer is too large" in outcome.value[1]


@pytest.mark.parametrize("value", ["float('nan')", "'\\0'", "'\\ud800'", "2**64", "{1: 2}", "{'a': b'x'}"])
async def test_what_is_not_json_is_refused_before_it_leaves_the_child(run_script: RunScript, value: str) -> None:
    """Arguments: badRequest that the script can catch, and no call was made. Result: badRequest."""
    calls = Recorder()
    source = f"try: host.call('m', [{value}])\nexcept Exception as error: result = [error.code, error.message[:10]]"
    outcome = await run_script(source, calls=calls)
    assert isinstance(outcome, Returned)
    assert outcome.value == ["badRequest", "m: args[0]"]
    assert calls.seen == []
    outcome = await run_script(f"result = {value}")
    assert isinstance(outcome, Threw)
    assert outcome.code == "badRequest"
    assert "the result is not JSON: value" in outcome.message


async def test_sessions_run_side_by_side(host: ScriptHost) -> None:
    """Twenty scripts are in a call at the same time, in one event loop."""
    barrier = asyncio.Barrier(20)

    async def meet(method: str, args: list[Json]) -> Reply:
        await barrier.wait()
        return Value(None, now_ms=0)

    async def one(number: int) -> object:
        program = attack(f"host.call('m', []); result = {number}")
        async with host.session(program, limits=Limits(), app=f"app{number}") as session:
            outcome = await session.run({}, calls=Recorder(meet), seed="s", start_ms=0)
            assert isinstance(outcome, Returned)
            return outcome.value

    assert await asyncio.gather(*(one(number) for number in range(20))) == list(range(20))


async def test_a_session_serves_one_run_at_a_time(host: ScriptHost) -> None:
    """A second run beside a pending one is the caller's mistake."""
    async with host.session(attack("host.call('m', [])"), limits=Limits(), app="tests") as session:

        async def second(method: str, args: list[Json]) -> Reply:
            with pytest.raises(RuntimeError, match="one run at a time"):
                await session.run({}, calls=Recorder(), seed="s", start_ms=0)
            return Value(None, now_ms=0)

        assert isinstance(await session.run({}, calls=Recorder(second), seed="s", start_ms=0), Returned)


async def test_cpu_time_of_a_run_is_reported(run_script: RunScript) -> None:
    """The host asks the kernel, not the child."""
    outcome = await run_script("import time\nwhile time.process_time() < 0.05: pass")
    assert isinstance(outcome, Returned)
    assert outcome.cpu_ms >= 30


async def test_other_sources_reach_the_compiler(host: ScriptHost) -> None:
    """The app's shared scripts travel with the program and count against the size of sources."""
    program = Program(Language.PYTHON, "a.py", "result = 1", {"lib/big.py": "#" * 2_000})
    async with host.session(program, limits=Limits(source_bytes=1_000), app="tests") as session:
        outcome = await session.run({}, calls=Recorder(), seed="s", start_ms=0)
        assert isinstance(outcome, Killed)
        assert outcome.limit == "source"
        assert "lib/big.py has 2000 bytes" in outcome.message
