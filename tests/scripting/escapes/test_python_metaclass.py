"""Attack: classes that extend what they should not."""

import pytest

from tests.scripting.escapes.attempts import refused


@pytest.mark.parametrize(
    "base", ["dict", "str", "int", "super", "property", "range", "slice", "map", "sys", "staticmethod"]
)
def test_bases(base: str) -> None:
    """A class extends the script's own classes and errors, nothing else."""
    assert "cannot extend" in refused(f"class A({base}): pass")


@pytest.mark.parametrize("kind", ["datetime.datetime", "datetime.timedelta", "datetime.timezone", "datetime.date"])
def test_bases_from_facades(kind: str) -> None:
    """Types of facades cannot be extended either: a timezone of one's own would run inside trusted code."""
    assert "cannot extend" in refused(f"import datetime\nclass A({kind}): pass")


def test_metaclass_and_keywords() -> None:
    """A class takes no keywords."""
    assert "keyword arguments of a class" in refused("class A(metaclass=str): pass")
    assert "keyword arguments of a class" in refused("class A(**{'metaclass': str}): pass")


@pytest.mark.parametrize(
    "method",
    ["__new__", "__del__", "__getattr__", "__getattribute__", "__setattr__", "__init_subclass__", "__set_name__",
     "__class_getitem__", "__mro_entries__", "__reduce__", "__exit__", "__instancecheck__", "__format__", "__get__"],
)  # fmt: skip
def test_special_methods(method: str) -> None:
    """Methods that would run in the middle of trusted code cannot be defined."""
    assert "not available" in refused(f"class A:\n    def {method}(self): pass")
    assert "not available" in refused(f"class A:\n    {method} = lambda self: 1")
