"""Functions, lambdas, generators and their arguments."""

from tests.scripting.python.scripts import failure, problems, run


def test_arguments() -> None:
    """Every arrangement of parameters and arguments works."""
    source = """
def f(a, /, b, *c, d=4, **e):
    return [a, b, c, d, e]
return [f(1, 2), f(*[1, 2, 3], **{'d': 5, 'x': 6})]
"""
    assert run(source) == [[1, 2, [], 4, {}], [1, 2, [3], 5, {"x": 6}]]


def test_decorators_and_closures() -> None:
    """Functions can be decorated."""
    source = """
def twice(f):
    return lambda *a: f(*a) * 2
@twice
def add(a, b):
    return a + b
return add(1, 2)
"""
    assert run(source) == 6


def test_generators() -> None:
    """Generators yield, receive and delegate."""
    source = """
def inner():
    got = yield 1
    yield got
def outer():
    yield from inner()
    yield 3
g = outer()
return [next(g), g.send(2), list(g)]
"""
    assert run(source) == [1, 2, [3]]


def test_recursion_has_an_end() -> None:
    """Recursion without end is an error that tells its place."""
    threw = failure("def f(n):\n    return f(n + 1)\nf(0)")
    assert threw.message == "RecursionError: maximum recursion depth exceeded"
    assert threw.line == 2


def test_names_of_arguments() -> None:
    """Arguments cannot have the names of guards, passed or declared."""
    assert problems("def f(_getattr_): pass") and problems("lambda _write_: 1") and problems("f(_x=1)")


def test_async_and_match_are_refused() -> None:
    """What the policy does not know is refused with its place."""
    assert problems("async def f(): pass") == ["AsyncFunctionDef is not available in scripts"]
    assert failure("x = 1\nmatch x:\n    case 1: pass").line == 2
