"""Attack: shadowing or calling a guard by its name."""

import pytest

from tests.scripting.escapes.attempts import refused


@pytest.mark.parametrize(
    "source",
    [
        "_getattr_ = lambda o, n: o",
        "def _getattr_(o, n): pass",
        "class _write_: pass",
        "def f(_getattr_): pass",
        "def f(_getattr_, /): return ''.x",
        "def f(*, _getattr_=1): pass",
        "def f(*_getattr_): pass",
        "lambda **_getattr_: 1",
        "for _getiter_ in []: pass",
        "import math as _getattr_",
        "from math import pi as _getattr_",
        "with x as _getattr_: pass",
        "try: pass\nexcept Exception as _getattr_: pass",
        "[_getattr_ for _getattr_ in []]",
        "(_getattr_ := 1)",
        "def f():\n    global _getattr_",
        "def f():\n    def g():\n        nonlocal _getattr_",
        "del _getattr_",
        "_getattr_: int = 1",
        "_getattr_ += 1",
        "a, (_getattr_, b) = 1, (2, 3)",
        "__builtins__",
        "__import__('os')",
        "return _body_",
    ],
)
def test_name_of_a_guard(source: str) -> None:
    """Names that begin with an underscore cannot be bound, read or deleted, however they are written."""
    assert "not available" in refused(source)


def test_keyword_with_a_guards_name() -> None:
    """Keyword arguments cannot carry such names either, written out or from a dict."""
    assert "not available" in refused("dict(_x=1)")
    assert "not available" in refused("dict(**{'_x': 1})")
