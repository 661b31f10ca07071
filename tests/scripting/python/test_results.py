"""The value of a script: JSON, or a refusal that names the place."""

import pytest

from tests.scripting.python.scripts import failure, run


def test_what_becomes_json() -> None:
    """Tuples are lists, dates are dates, dicts of collections are objects."""
    source = """
from datetime import datetime
from collections import Counter
return {'t': (1, 2), 'd': datetime(2023, 11, 14), 'c': Counter('aab')}
"""
    assert run(source) == {"t": [1, 2], "d": {"$date": 1699920000000}, "c": {"a": 2, "b": 1}}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{'items': [0, {'price': float('nan')}]}", "result.items[1].price: NaN is not allowed in JSON"),
        ("[float('inf')]", "result[0]: Infinity is not allowed in JSON"),
        ("{1: 2}", "result: a key of type int is not allowed, only text is"),
        ("{'a': {1, 2}}", "result.a: a value of type set is not JSON; use list()"),
        ("2 ** 64", "result: an integer beyond 64 bits is not allowed in JSON"),
        ("['\\0']", "result[0]: the character NUL is not allowed in text"),
        ("['\\ud800']", "result[0]: half of a surrogate pair is not allowed in text"),
        ("[log]", "result[0]: a value of type method is not JSON"),
    ],
)
def test_refusals(value: str, message: str) -> None:
    """What JSON or PostgreSQL cannot hold is refused by its place."""
    threw = failure(f"return {value}")
    assert (threw.code, threw.message, threw.path) == ("badRequest", message, "script.py")


def test_cycle() -> None:
    """A value that contains itself is refused."""
    threw = failure("a = {}\na['a'] = [a]\nreturn a")
    assert threw.code == "badRequest"
    assert threw.message.endswith("nested deeper than 200, or it contains itself")
