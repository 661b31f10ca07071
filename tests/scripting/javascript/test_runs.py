"""A compiled script runs many times, each time in fresh globals."""

from pathlib import Path

import pytest

from scripting.javascript import compile
from tests.scripting.javascript.scripts import run
from tests.scripting.python.scripts import FakeHost


class Gone(BaseException):
    """The child lost its host."""


def test_fresh_globals() -> None:
    """Nothing of a run is left in the next, prototypes included."""
    source = "var n = (globalThis.n || 0) + 1; globalThis.n = n; var p = [].m; Array.prototype.m = 1; return [n, p]"
    script = compile("a.js", source, {})
    assert [script.run({}, FakeHost(), "s") for _ in range(3)] == [[1, None]] * 3


def test_a_rest_between_runs_changes_nothing() -> None:
    """What is made ahead is as fresh as what a run makes for itself."""
    script = compile("a.js", "globalThis.n = (globalThis.n || 0) + 1; return [n, typeof left, [].m]", {})
    for _ in range(3):
        assert script.run({}, FakeHost(), "s") == [1, "undefined", None]
        script.rest()
        script.rest()


def test_a_heap_is_given_back_before_the_next_run() -> None:
    """Thirty runs that fill 16 MB each take no more memory than a few: a child that is kept does not grow."""
    script = compile("a.js", "var a = []; for (var i = 0; i < 16; i++) a.push('x'.repeat(1 << 20) + i); return 1", {})

    def resident_kib() -> int:
        script.run({}, FakeHost(memory_bytes=64 * 1024 * 1024), "s")
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4

    few = max(resident_kib() for _ in range(3))
    assert [resident_kib() for _ in range(30)][-1] < few + 64 * 1024


@pytest.mark.parametrize(
    "source",
    ["log('x')", "try { log('x') } catch (e) { for (;;) log('y') } finally { log('z') }", "return Date.now()"],
)
def test_a_broken_host_ends_the_run(source: str) -> None:
    """What the host's side raises comes out of run(), never into the script."""

    class Broken(FakeHost):
        def call(self, method: str, args: list[object]) -> object:
            self.calls.append((method, args))
            raise Gone

        def now_ms(self) -> int:
            raise Gone

    host = Broken()
    with pytest.raises(Gone):
        run(source, host=host)
    assert len(host.calls) <= 1


@pytest.mark.parametrize(
    "source",
    [
        "var a = []; for (;;) a.push('x'.repeat(1000) + a.length)",
        "var a = []; for (;;) a.push({})",
        "return 'x'.repeat(1 << 29).length + new Array(1 << 26).fill(1).length",
    ],
)
def test_memory(source: str) -> None:
    """A heap past its limit is a MemoryError, for the child to die of."""
    with pytest.raises(MemoryError):
        run(source, host=FakeHost(memory_bytes=16 * 1024 * 1024))
