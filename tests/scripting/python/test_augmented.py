"""Augmented assignment: to names, attributes and items, each part evaluated once and in Python's order."""

import pytest

from tests.scripting.python.scripts import FakeHost, failure, run

OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "<<", ">>", "|", "&", "^"]


@pytest.mark.parametrize("operator", OPERATORS)
def test_operators(operator: str) -> None:
    """Every operator means for a name, an item and an attribute what it means between two values."""
    source = f"""
class A: pass
a = A()
a.x = n = 13
d = {{'k': 13}}
n {operator}= 3
a.x {operator}= 3
d['k'] {operator}= 3
return [n, a.x, d['k']] == [13 {operator} 3] * 3
"""
    assert run(source) is True


def test_target_is_evaluated_once() -> None:
    """The object and the key are evaluated once, the value after the old value was read."""
    source = """
d = {'k': 1}
def holder():
    log('holder')
    return d
def key():
    log('key')
    return 'k'
def value():
    d['k'] = 100
    return 5
holder()[key()] += value()
return d['k']
"""
    host = FakeHost()
    assert run(source, host=host) == 6
    assert host.logged() == ["holder", "key"]


def test_in_place_on_a_list() -> None:
    """+= changes a list in place, and a slice can be augmented."""
    assert run("a = [1]\nb = a\na += [2]\nb[1:] += [3]\nreturn a") == [1, 2, 3]


def test_plain_object_by_attribute() -> None:
    """query.count += 1 writes the key."""
    assert run("q = {'n': 1}\nq.n += 1\nreturn q") == {"n": 2}


def test_formatting_in_place() -> None:
    """text %= value formats without addresses."""
    assert run("t = '%s'\nt %= len\nreturn t") == "<function len>"


def test_of_what_cannot_be_written() -> None:
    """The target must be something that a script may write."""
    assert "cannot be written" in failure("t = (1,)\nt[0] += 1").message
