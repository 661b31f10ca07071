"""Attack: proxies that throw, lie or were revoked, as arguments and as results."""

from tests.scripting.javascript.scripts import failure, run
from tests.scripting.python.scripts import FakeHost


def test_throwing_traps() -> None:
    """What a trap throws is the script's own error."""
    trap = "new Proxy({}, {get() { throw new Error('trap') }, ownKeys() { throw new Error('trap') }})"
    host = FakeHost()
    assert failure(f"sys.jobs.find({trap})", host=host).message == "trap"
    assert failure(f"return {trap}").message == "trap"
    assert host.calls == []


def test_revoked() -> None:
    """A revoked proxy is an error, wherever it turns up."""
    for use in ("return p", "sys.jobs.find(p)", "throw p", "log(p)"):
        threw = failure(f"var r = Proxy.revocable({{}}, {{}}), p = r.proxy; r.revoke(); {use}")
        assert threw.code == "javascriptException"


def test_endless_list() -> None:
    """A list that claims to be endless ends the run at a limit of the sandbox, not in the host."""
    host = FakeHost(memory_bytes=8 * 1024 * 1024)
    source = "var x = 'x'.repeat(10000); return new Proxy([], {get: (t, k) => k === 'length' ? 1e15 : x})"
    try:
        run(source, host=host)
    except MemoryError:
        return
    raise AssertionError("an endless list came out")
