"""The body of a script: a module whose names are global and which may return."""

from tests.scripting.python.scripts import FakeHost, problems, run


def test_returns_a_value() -> None:
    """A body may return at its top level, wherever that is."""
    assert run("if x > 1:\n    return 'big'\nreturn 'small'", x=2) == "big"


def test_without_return_the_value_is_null() -> None:
    """A script that only does things has the value null."""
    assert run("x = 1") is None


def test_empty_script() -> None:
    """An empty file and a file of comments run."""
    assert run("") is None
    assert run("# nothing\n") is None


def test_names_of_the_body_are_global() -> None:
    """Functions see the names of the body, also those bound after their definition."""
    assert run("def f():\n    return later\nlater = 3\nreturn f()") == 3


def test_global_statement() -> None:
    """A function can bind a name of the body."""
    assert run("total = 0\ndef add(n):\n    global total\n    total += n\nadd(2)\nadd(3)\nreturn total") == 5


def test_class_and_comprehension_see_the_body() -> None:
    """Classes, lambdas and comprehensions see the names of the body."""
    assert run("k = 2\nclass A:\n    def f(self):\n        return [k * i for i in range(3)]\nreturn A().f()") == [
        0,
        2,
        4,
    ]


def test_variables_are_globals() -> None:
    """What the host passes is there by name, and may be rebound."""
    assert run("params = params.n + 1\nreturn params", params={"n": 1}) == 2


def test_globals_are_fresh_in_each_run() -> None:
    """Nothing that a run binds is left for the next run of the same compiled script."""
    from scripting.python import compile

    script = compile("script.py", "seen = []\nseen.append(1)\nreturn seen", {})
    assert [script.run({}, FakeHost(), "s"), script.run({}, FakeHost(), "s")] == [[1], [1]]


def test_yield_outside_a_function() -> None:
    """A body is no generator."""
    assert problems("yield 1") == ["yield outside a function"]


def test_byte_order_mark_and_docstring() -> None:
    """A file may begin with a byte order mark and a docstring."""
    assert run('\ufeff"""What it does."""\nreturn 1') == 1
