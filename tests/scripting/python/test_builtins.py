"""The functions and types that are there without an import."""

import pytest

from tests.scripting.python.scripts import failure, run


def test_functions() -> None:
    """The everyday functions work."""
    source = """
return [
    sorted([3, 1], reverse=true), min(2, 1), max([1, 5]), sum([1, 2]), any([0, 1]), all([]), abs(-1), round(2.5),
    list(enumerate(['a'])), list(zip([1], [2])), list(map(abs, [-1])), list(filter(None, [0, 1])),
    list(reversed([1, 2])), len('abc'), divmod(7, 2), hex(255), ord('a'), chr(98), pow(2, 3), next(iter([9])),
]
"""
    assert run(source) == [
        [3, 1], 1, 5, 3, True, True, 1, 2,
        [[0, "a"]], [[1, 2]], [1], [1],
        [2, 1], 3, [3, 1], "0xff", 97, "b", 8, 9,
    ]  # fmt: skip


def test_types() -> None:
    """Types make values and serve isinstance, alone and in tuples."""
    source = """
from datetime import datetime
return [
    str(1), int('2'), float('1.5'), bool(0), list('ab'), tuple([1]), dict(a=1), sorted(set([1, 1])),
    isinstance('a', str), isinstance(1, (str, int)), isinstance(datetime.now(), datetime), isinstance(1, str),
    isinstance(1, int | float), dict.fromkeys(['a']), issubclass(KeyError, LookupError),
]
"""
    assert run(source) == [
        "1", 2, 1.5, False, ["a", "b"], [1], {"a": 1}, [1],
        True, True, True, False, True, {"a": None}, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "type", "object", "id", "vars", "dir", "globals", "locals", "open", "eval", "exec", "compile", "input",
        "memoryview", "bytearray", "hash", "BaseException", "SystemExit", "KeyboardInterrupt", "GeneratorExit",
        "MemoryError", "help", "breakpoint", "exit", "quit",
    ],
)  # fmt: skip
def test_not_there(name: str) -> None:
    """What opens the interpreter is not there."""
    assert failure(f"x = {name}").message in (
        f"NameError: name '{name}' is not defined",
        f"{name.title()} calls are not allowed.",
    )
