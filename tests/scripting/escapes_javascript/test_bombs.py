"""Attack: values small to write and large to make."""

import pytest

from tests.scripting.javascript.scripts import run
from tests.scripting.python.scripts import FakeHost

BOMBS = [
    "new ArrayBuffer(2 ** 40)",
    "new Uint8Array(2 ** 31)",
    "new Array(2 ** 32 - 1).fill(0)",
    "'x'.repeat(2 ** 29)",
    "'x'.padEnd(2 ** 29)",
    "2n ** (2n ** 26n)",
    "Array.from({length: 1e8}, () => ({}))",
    "'a,'.repeat(1e6).split(',').map(x => 'y'.repeat(100))",
]


@pytest.mark.parametrize("source", BOMBS)
def test_bomb(source: str) -> None:
    """The heap's limit meets it: caught by the script, or the end of the run."""
    try:
        assert run(f"try {{ {source}; return 'made' }} catch (e) {{ return 'refused' }}", host=small()) == "refused"
    except MemoryError:
        return


def small() -> FakeHost:
    """A host that allows 8 MiB."""
    return FakeHost(memory_bytes=8 * 1024 * 1024)
