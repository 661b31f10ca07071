"""Births and deaths: whatever ends, and in whatever order, no process and no descriptor is left."""

from __future__ import annotations

import asyncio
import os
import resource
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from scripting.host import SandboxUnavailable, ScriptHost
from scripting.model import Interrupted, Json, Limits, Reply, Returned, Value
from tests.scripting.recorder import FAKE_ENTRY, Recorder, attack

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60


@pytest_asyncio.fixture(loop_scope="session")
async def own_host() -> AsyncIterator[ScriptHost]:
    """A host that a test may break."""
    host = ScriptHost(entry=FAKE_ENTRY, warm=2)
    await host.start()
    yield host
    await host.close()


def is_gone(pid: int) -> bool:
    """No process has this pid any more, not even a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def descriptors() -> int:
    """How many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def children_of(pid: int) -> list[int]:
    """Every child of a process, zombies included."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def threads_of(pid: int) -> int:
    """How many threads a process has."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def ends(pidfd: int) -> bool:
    """The process behind the descriptor ends; the wait is bounded only against a broken test."""
    return bool(select.select([pidfd], [], [], PATIENCE_SECONDS)[0])


async def run_once(host: ScriptHost, source: str = "result = 1") -> object:
    """One session with one run."""
    async with host.session(attack(source), limits=Limits(), app="tests") as session:
        return await session.run({}, calls=Recorder(), seed="s", start_ms=0)


async def test_after_the_context_the_child_is_dead_and_reaped(own_host: ScriptHost) -> None:
    """The pid is free when the caller goes on."""
    async with own_host.session(attack("result = 1"), limits=Limits(), app="tests") as session:
        pid = session.pid
        await session.run({}, calls=Recorder(), seed="s", start_ms=0)
        assert not is_gone(pid)
    assert is_gone(pid)


async def test_two_hundred_sessions_leave_nothing_behind(own_host: ScriptHost) -> None:
    """As many descriptors are open before and after, and the zygote has only its warm children."""
    await run_once(own_host)
    await own_host.settle()
    before = descriptors()
    endings = ["result = 1", "1 / 0", "x = = 1", "import os; os.abort()"]
    for number in range(200):
        await run_once(own_host, endings[number % len(endings)])
    await own_host.settle()
    assert descriptors() == before
    assert own_host.zygote_pid is not None
    assert len(children_of(own_host.zygote_pid)) == 2


async def test_canceling_the_task_kills_and_reaps_the_child(own_host: ScriptHost) -> None:
    """Cancellation of the caller is the end of its script, whether it computes or waits."""
    for source in ("host.call('m', [])\nwhile True: pass", "host.call('m', [])\nhost.call('m', [])"):
        started: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def run(source: str, started: asyncio.Future[int]) -> None:
            async with own_host.session(attack(source), limits=Limits(), app="tests") as session:

                async def answer(method: str, args: list[Json]) -> Reply:
                    if started.done():
                        await asyncio.get_running_loop().create_future()
                    started.set_result(session.pid)
                    return Value(None, now_ms=0)

                await session.run({}, calls=Recorder(answer), seed="s", start_ms=0)

        task = asyncio.create_task(run(source, started))
        pid = await started
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert is_gone(pid)


async def test_canceling_before_the_child_is_there_leaves_none(own_host: ScriptHost) -> None:
    """A session that is given up while it opens costs nothing."""
    await own_host.settle()
    before = descriptors()
    tasks = [asyncio.create_task(run_once(own_host)) for _ in range(10)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await run_once(own_host)
    await own_host.settle()
    assert descriptors() == before


async def test_closing_the_host_ends_what_runs(own_host: ScriptHost) -> None:
    """A pending run is Interrupted, and zygote and children are gone."""
    pids: list[int] = []

    async def answer(method: str, args: list[Json]) -> Reply:
        closing.append(asyncio.create_task(own_host.close()))
        return Value(None, now_ms=0)

    closing: list[asyncio.Task[None]] = []
    zygote = own_host.zygote_pid
    assert zygote is not None
    async with own_host.session(
        attack("host.call('m', [])\nwhile True: pass"), limits=Limits(), app="tests"
    ) as session:
        pids.append(session.pid)
        outcome = await session.run({}, calls=Recorder(answer), seed="s", start_ms=0)
    await asyncio.gather(*closing)
    assert outcome == Interrupted("the script host is closing")
    assert is_gone(zygote)
    assert all(is_gone(pid) for pid in pids)


async def test_a_closed_host_gives_no_session() -> None:
    """Neither before its start nor after its end does a host start anything."""
    host = ScriptHost(entry=FAKE_ENTRY)
    with pytest.raises(SandboxUnavailable, match="not running"):
        await run_once(host)
    await host.start()
    await host.close()
    with pytest.raises(SandboxUnavailable, match="not running"):
        await run_once(host)
    assert host.zygote_pid is None


async def test_too_many_open_files_are_an_error_and_not_the_end(own_host: ScriptHost) -> None:
    """A worker without descriptors cannot have a child; with descriptors again it can."""
    await own_host.settle()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Nothing below 3 is free, so the two warm children are the last.
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        outcomes = await asyncio.gather(*(run_once(own_host) for _ in range(5)), return_exceptions=True)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    refused = [outcome for outcome in outcomes if isinstance(outcome, SandboxUnavailable)]
    assert [str(error) for error in refused] == ["this process has too many open files for another child"] * 3
    assert isinstance(await run_once(own_host), Returned)
    assert isinstance(await run_once(own_host), Returned)


async def test_a_lost_zygote_ends_its_runs_and_is_replaced(own_host: ScriptHost) -> None:
    """Its children die with it, the pending run is Interrupted, and the next session has a new zygote."""
    first = own_host.zygote_pid
    assert first is not None
    async with own_host.session(
        attack("host.call('m', [])\nwhile True: pass"), limits=Limits(), app="tests"
    ) as session:
        pidfd = os.pidfd_open(session.pid)

        async def answer(method: str, args: list[Json]) -> Reply:
            os.kill(first, signal.SIGKILL)
            return Value(None, now_ms=0)

        outcome = await session.run({}, calls=Recorder(answer), seed="s", start_ms=0)
        assert outcome == Interrupted("the process that starts scripts is gone")
        assert ends(pidfd)
        os.close(pidfd)
    assert isinstance(await run_once(own_host), Returned)
    assert own_host.zygote_pid != first


def test_a_killed_worker_takes_its_zygote_and_its_children_along() -> None:
    """SIGKILL of the worker leaves no process that computes for nobody."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.scripting.abandoned_worker"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    pids = [int(word) for word in worker.stdout.readline().split()]
    pidfds = [os.pidfd_open(pid) for pid in pids]
    worker.kill()
    worker.wait()
    worker.stdout.close()
    assert len(pids) == 3
    for pidfd in pidfds:
        assert ends(pidfd)
        os.close(pidfd)


async def test_a_warm_child_that_died_is_not_given_out(own_host: ScriptHost) -> None:
    """Somebody kills the waiting children: the next session gets a living one."""
    await own_host.settle()
    assert own_host.zygote_pid is not None
    for pid in children_of(own_host.zygote_pid):
        pidfd = os.pidfd_open(pid)
        os.kill(pid, signal.SIGKILL)
        assert ends(pidfd)
        os.close(pidfd)
    assert isinstance(await run_once(own_host), Returned)


async def test_the_zygote_has_one_thread() -> None:
    """With both languages imported: a child that is forked beside a second thread may wait for that one for ever."""
    host = ScriptHost()
    await host.start()
    try:
        assert threads_of(host.zygote_pid or 0) == 1
    finally:
        await host.close()


async def test_a_zygote_with_two_threads_does_not_start() -> None:
    """A new version of a library that starts a thread is found at the start, not by scripts that hang now and then."""
    with pytest.raises(SandboxUnavailable, match="the zygote has 2 threads and cannot fork safely"):
        await ScriptHost(entry="tests.scripting.threaded").start()


async def test_a_start_that_is_cancelled_ends_in_order() -> None:
    """A signal may end a worker while its sandbox starts: what the zygote says then is no surprise."""
    surprises: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: surprises.append(context))
    before = set(children_of(os.getpid()))
    try:
        host = ScriptHost(entry=FAKE_ENTRY)
        starting = asyncio.create_task(host.start())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not set(children_of(os.getpid())) - before:  # noqa: ASYNC110 - the system is asked
                await asyncio.sleep(0)
            starting.cancel()
            await asyncio.wait([starting])
    finally:
        loop.set_exception_handler(None)
    assert starting.cancelled()
    assert (surprises, set(children_of(os.getpid())) - before) == ([], set())
