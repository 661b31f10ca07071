"""nonlocal: closures that count."""

from tests.scripting.python.scripts import problems, run


def test_nonlocal() -> None:
    """An inner function can bind a name of the function around it."""
    source = """
def counter():
    n = 0
    def step():
        nonlocal n
        n += 1
        return n
    return step
step = counter()
step()
return step()
"""
    assert run(source) == 2


def test_nonlocal_needs_a_function() -> None:
    """As in a module, there is nothing around a function of the body."""
    assert problems("x = 1\ndef f():\n    nonlocal x\n    x = 2") == ["no binding for nonlocal 'x' found"]
