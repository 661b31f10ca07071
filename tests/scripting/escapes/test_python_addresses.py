"""Attack: addresses of memory in the text of objects."""

import pytest

from tests.scripting.escapes.attempts import ADDRESS, refused, survives
from tests.scripting.python.scripts import FakeHost


@pytest.mark.parametrize(
    "expression",
    [
        "str(log)", "repr(len)", "f'{log}'", "f'{log!r:>50}'", "'%s' % log", "'%r' % (log,)", "'%(a)s' % {'a': log}",
        "'{}'.format(log)", "'{!r}'.format(log)", "format(log)", "str([log])", "str({log: log})",
        "repr((i for i in []))",
        "str(sys)", "str(sys.jobs.find)", "str(iter([]))", "str(map(len, []))", "'{0[0]}'.format([log])",
        "str(''.strip)",
        "str(ValueError(log))", "str(KeyError(log))", "ascii(log)", "str(super)", "str(property(log))", "'%.30s' % log",
        "str(A)", "str(A())", "str(A().f)", "str(E(log))", "str(E(log).args)", "sys.exceptions.getMessage(log)",
    ],
)  # fmt: skip
def test_text_of_objects(expression: str) -> None:
    """No way to text shows where an object lies."""
    head = "class A:\n    def f(self): pass\nclass E(ValueError): pass\n"
    assert ADDRESS not in str(survives(f"{head}return str({expression})"))


def test_text_of_an_error_of_the_interpreter() -> None:
    """Errors that quote an object quote it without its address, caught or not."""
    source = "def f(): pass\ntry:\n    [].index(f)\nexcept ValueError as e:\n    return [str(e), repr(e), e.args[0]]"
    assert ADDRESS not in str(survives(source))
    assert ADDRESS not in refused("def f(): pass\n[].index(f)")


def test_log() -> None:
    """Neither does a line of log."""
    host = FakeHost()
    survives("log(log, [log], {'a': log}, (i for i in []))", host=host)
    assert ADDRESS not in str(host.logged())
