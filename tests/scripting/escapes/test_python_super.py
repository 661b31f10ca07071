"""Attack: super() as a way around the lists."""

import pytest

from tests.scripting.escapes.attempts import refused


@pytest.mark.parametrize(
    "expression",
    [
        "super(A, A()).x",
        "super(int, 1).real",
        "super(ValueError, ValueError()).args",
        "super(A, self).with_traceback",
        "super().with_traceback",
        "super().mro",
        "super(A, A).mro",
    ],
)
def test_super(expression: str) -> None:
    """super() shows what the script's own classes define."""
    source = f"class A(ValueError):\n    def f(self):\n        return {expression}\nreturn A().f()"
    assert "has no attribute" in refused(source)


def test_another_super() -> None:
    """A function named super does not lift the guard from special methods."""
    source = """
class A:
    def __init__(self):
        super().__init__('x')
def super():
    return sys
A()
"""
    assert "super() is not what it should be" in refused(source)


def test_special_methods_of_super() -> None:
    """Of special methods only those that a class may define are there, and those of the script's classes."""
    assert "not available" in refused(
        "class A:\n    def f(self):\n        return super().__getattribute__('x')\nA().f()"
    )
    assert "has no attribute" in refused(
        "class A(ValueError):\n    def f(self):\n        return super().__str__()\nA().f()"
    )
