"""Limits and layers: what a script cannot do, even with all of CPython in hand."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from scripting import seccomp
from scripting.host import SandboxUnavailable, ScriptHost
from scripting.limits import Lock
from scripting.model import Json, Killed, LayerReport, Limits, Reply, Returned
from tests.scripting.recorder import Recorder, RunScript, attack

ROOT = Path(__file__).resolve().parents[2]


async def killed(run_script: RunScript, source: str, **limits: int) -> Killed:
    """The end of a script that has to be killed."""
    outcome = await run_script(source, **limits)
    assert isinstance(outcome, Killed), outcome
    return outcome


async def test_the_wall_limit_ends_a_loop_and_names_itself(run_script: RunScript) -> None:
    """Time that passes counts, and the message has the limit."""
    assert await killed(run_script, "while True: pass", wall_ms=50) == Killed(
        "wall", "the script ran longer than its 50 ms"
    )


async def test_the_wall_limit_covers_a_call_that_never_ends(run_script: RunScript) -> None:
    """The host's own waiting counts, too."""

    async def never(method: str, args: list[Json]) -> Reply:
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    outcome = await run_script("host.call('m', [])", calls=Recorder(never), wall_ms=50)
    assert isinstance(outcome, Killed)
    assert outcome.limit == "wall"


@pytest.mark.parametrize(
    "source",
    ["while True: pass", "9 ** 9 ** 9", "sum(range(10 ** 12))", "import re; re.match('(a+)+$', 'a' * 40 + 'b')"],
    ids=["loop", "power", "long C call", "regular expression"],
)
async def test_the_cpu_limit_ends_whatever_computes(run_script: RunScript, source: str) -> None:
    """The kernel counts, so it needs neither a poll nor a bytecode."""
    end = await killed(run_script, source, cpu_ms=60)
    assert end == Killed("cpu", "the script used more than its 60 ms of CPU time")


async def test_the_cpu_limit_cannot_be_lifted(run_script: RunScript) -> None:
    """A script that touches its timer or the signal's action dies by the filter."""
    for source in (
        "import signal; signal.setitimer(signal.ITIMER_PROF, 0)",
        "import signal; signal.signal(signal.SIGPROF, signal.SIG_IGN)",
        "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGPROF])",
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (9, 9))",
    ):
        assert (await killed(run_script, source)).limit == "crash"


@pytest.mark.parametrize(
    "source",
    ["x = 'a' * (1 << 30)", "x = []\nwhile True: x.append(' ' * 100_000)", "x = list(range(10 ** 9))"],
    ids=["one block", "many blocks", "objects"],
)
async def test_the_memory_limit_ends_a_hoarder(run_script: RunScript, source: str) -> None:
    """Memory ends before the machine's does, and the message has the limit."""
    end = await killed(run_script, source, memory_bytes=32 * 1024 * 1024)
    assert end == Killed("memory", "the script used more than its 32768 KiB of memory")


async def test_a_script_may_use_the_memory_that_it_was_given(run_script: RunScript) -> None:
    """The limit is on top of what the interpreter takes."""
    outcome = await run_script("x = 'a' * (24 * 1024 * 1024); result = len(x)", memory_bytes=32 * 1024 * 1024)
    assert isinstance(outcome, Returned)


async def test_the_number_of_calls_is_limited(host: ScriptHost) -> None:
    """The call beyond the limit is not served."""
    calls = Recorder()
    program = attack("while True: host.call('m', [])")
    async with host.session(program, limits=Limits(calls=3), app="tests") as session:
        outcome = await session.run({}, calls=calls, seed="s", start_ms=0)
    assert outcome == Killed(
        "calls", "the script made more than its 3 calls; sys.jobs.continueAsNew lets it begin anew"
    )
    assert len(calls.seen) == 3


async def test_a_result_beyond_its_size_is_refused(run_script: RunScript) -> None:
    """A result has a limit of its own."""
    end = await killed(run_script, "result = 'x' * 2_000", result_bytes=1_000)
    assert end.limit == "result"


@pytest.mark.parametrize(
    "source",
    [
        "import os; os.getppid()",
        "import os; os.fork()",
        "import os; os.kill(1, 9)",
        "import os; os.execv('/bin/true', ['true'])",
        "import os; os.unlink('/tmp/x')",
        "import os; os.read(0, 1)",
        "import os; os.write(2, b'x')",
        "import os; os.close(3)",
        "import os; os.dup(3)",
        "import _socket; _socket.socket()",
        "import _socket; _socket.socketpair()",
        "import _thread; _thread.start_new_thread(print, ())",
        "import time; time.sleep(0)",
        "import ctypes; ctypes.CDLL(None).ptrace(0, 0, 0, 0)",
        "import ctypes; ctypes.CDLL(None).mprotect(ctypes.c_void_p(id(0) & ~4095), 4096, 4)",
        "import ctypes; ctypes.CDLL(None).mmap(None, ctypes.c_size_t(4096), 7, 34, -1, 0)",
        "import ctypes; ctypes.CDLL(None).syscall(0x40000000 + 39)",
    ],
)
async def test_a_forbidden_system_call_kills(run_script: RunScript, source: str) -> None:
    """What is not on the list ends the process, whoever asks."""
    assert await killed(run_script, source) == Killed(
        "crash", "the script's process made a system call that it may not make"
    )


@pytest.mark.parametrize("path", ["/", "/etc/passwd", "/proc/self/environ", "/dev/null", "/tmp/new"])
async def test_no_file_can_be_opened_or_looked_at(run_script: RunScript, path: str) -> None:
    """Opening is refused, for reading and for writing, and so is asking whether a file is there."""
    source = (
        "import os\nresult = []\n"
        f"for attempt in (lambda: os.open({path!r}, os.O_RDONLY), lambda: os.open({path!r}, os.O_RDWR | os.O_CREAT),"
        f" lambda: os.stat({path!r})):\n"
        "    try: attempt()\n    except PermissionError: result.append('refused')\n"
    )
    outcome = await run_script(source)
    assert isinstance(outcome, Returned)
    assert outcome.value == ["refused"] * 3


async def test_the_environment_of_the_worker_stays_outside(run_script: RunScript) -> None:
    """The child has four variables, none of them of this process."""
    outcome = await run_script("import os, sys; result = [sorted(os.environ), sys.flags.hash_randomization, sys.argv]")
    assert isinstance(outcome, Returned)
    assert outcome.value[0] == ["LC_ALL", "LD_BIND_NOW", "PYTHONHASHSEED", "PYTHONUTF8"]
    assert outcome.value[1] == 0


def test_every_layer_holds_here(host: ScriptHost) -> None:
    """The self-test child found all of them."""
    assert host.layers == LayerReport(**{field.name: True for field in fields(LayerReport)})


def test_the_report_is_not_made_of_hopes() -> None:
    """In a process without layers the same questions have the other answer."""
    code = "import os; from scripting.limits import held, limited; print(any(held(os.getppid()).values()), limited())"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    held_here = "False" if os.geteuid() == 0 else "True"
    assert answer.stdout.split() == [held_here, "False"]


def test_both_tables_make_a_program_of_whole_instructions() -> None:
    """The filter of each architecture fits the kernel's limit and ends with the kill."""
    for machine in seccomp.MACHINES.values():
        program = seccomp.program(machine, socket_fd=3)
        assert len(program) % 8 == 0
        assert len(program) // 8 < 4096
        assert program[-8:] == bytes.fromhex("0600000000000080")


async def test_a_host_that_cannot_start_says_why() -> None:
    """A zygote that fails to import tells its error."""
    with pytest.raises(SandboxUnavailable, match=r"No module named 'tests.scripting.absent'"):
        await ScriptHost(entry="tests.scripting.absent").start()


def test_without_a_filter_only_an_unsafe_lock_goes_on() -> None:
    """A machine that seccomp does not know refuses scripts, unless a setting named unsafe allows them."""
    unknown = replace(Lock.prepare(unsafe=False), filter_program=None)
    with pytest.raises(seccomp.SeccompUnavailable):
        unknown.seal()
    replace(unknown, unsafe=True).seal()
