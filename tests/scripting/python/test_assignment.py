"""Assignment and unpacking."""

from tests.scripting.python.scripts import FakeHost, run


def test_unpacking() -> None:
    """Nested and starred targets unpack."""
    assert run("(a, (b, *c)), d = (1, [2, 3, 4]), 5\nreturn [a, b, c, d]") == [1, 2, [3, 4], 5]


def test_several_targets_evaluate_once() -> None:
    """In a, b = c = f() the value is evaluated once."""
    host = FakeHost()
    assert run("def f():\n    log('f')\n    return 1, 2\na, b = c = f()\nreturn [a, b, c]", host=host) == [1, 2, [1, 2]]
    assert host.logged() == ["f"]


def test_walrus() -> None:
    """An assignment expression binds a name of the body, also out of a comprehension."""
    assert run("y = [last := n for n in range(3)]\nif (m := 4) > 3:\n    return [last, m]") == [2, 4]


def test_loop_targets() -> None:
    """Loops and comprehensions unpack into any target."""
    assert run("d = {}\nfor d['k'], (x, y) in [(1, (2, 3))]: pass\nreturn [d, x, y]") == [{"k": 1}, 2, 3]


def test_delete() -> None:
    """del removes names, items and keys by attribute."""
    assert run("d = {'a': 1, 'b': 2}\ndel d['a']\ndel d.b\nx = 1\ndel x\nreturn d") == {}
