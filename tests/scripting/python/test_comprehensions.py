"""Comprehensions and generator expressions."""

from tests.scripting.python.scripts import run


def test_all_kinds() -> None:
    """Lists, sets, dicts and generators, nested and filtered."""
    source = """
n = [x * y for x in range(3) for y in range(3) if x != y]
s = {x % 2 for x in range(5)}
d = {k: v for k, v in [('a', 1)]}
return [n, sorted(s), d, sum(x for x in range(4))]
"""
    assert run(source) == [[0, 0, 0, 2, 0, 2], [0, 1], {"a": 1}, 6]


def test_own_scope() -> None:
    """The variable of a comprehension does not leak."""
    assert run("x = 1\ny = [x for x in range(5)]\nreturn x") == 1
