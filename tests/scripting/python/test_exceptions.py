"""try, except, finally and raise."""

import pytest

from tests.scripting.python.scripts import FakeHost, failure, problems, run


def test_all_parts() -> None:
    """except, else and finally run as in Python."""
    source = """
seen = []
for n in (1, 0):
    try:
        1 / n
    except ZeroDivisionError as error:
        seen.append(str(error))
    else:
        seen.append('else')
    finally:
        seen.append('finally')
return seen
"""
    assert run(source) == ["else", "finally", "division by zero", "finally"]


def test_bare_except() -> None:
    """A bare except catches what a script may catch."""
    assert run("try:\n    [][1]\nexcept:\n    return 'caught'") == "caught"


def test_raise_from_and_again() -> None:
    """Errors can be raised again and with a cause."""
    source = """
try:
    try:
        {}['k']
    except KeyError as error:
        raise ValueError('bad') from error
except (TypeError, ValueError) as error:
    return str(error)
"""
    assert run(source) == "bad"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("return 1", "return"),
        ("while True:\n            return 1", "return"),
        ("(yield)", "yield"),
        ("break", "break"),
        ("continue", "continue"),
        ("if x: break", "break"),
    ],
)
def test_no_way_out_of_finally(body: str, word: str) -> None:
    """What would swallow an error in flight is refused in finally."""
    source = f"def f(x):\n  for i in x:\n    try:\n        pass\n    finally:\n        {body}"
    assert any(problem.startswith(f"{word} in finally") for problem in problems(source))


def test_a_loop_inside_finally_may_break() -> None:
    """break in a loop that is itself in finally is harmless, and so is a function that returns."""
    source = """
try:
    pass
finally:
    for n in range(9):
        if n == 2:
            break
    def f():
        return n
return f()
"""
    assert run(source) == 2


def test_memory_error_cannot_be_caught() -> None:
    """Running out of memory ends the run whatever the script does."""

    def out_of_memory(args: list[object]) -> object:
        raise MemoryError

    source = "try:\n    sys.jobs.getCurrentJob()\nexcept Exception:\n    pass\nexcept:\n    pass"
    with pytest.raises(MemoryError):
        run(source, host=FakeHost({"jobs.current": out_of_memory}))


def test_assert() -> None:
    """assert raises with its message."""
    assert failure("assert 1 == 2, 'no'").message == "AssertionError: no"
