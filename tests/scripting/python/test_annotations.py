"""Annotations: allowed everywhere, never evaluated."""

from tests.scripting.python.scripts import run


def test_annotated_assignment() -> None:
    """An annotated assignment assigns; what the annotation names need not exist."""
    assert run("count: NoSuchType = 2\nreturn count") == 2


def test_annotation_without_value() -> None:
    """An annotation alone does nothing."""
    assert run("count: int\ncount = 1\nreturn count") == 1


def test_annotated_function() -> None:
    """Parameters and results may be annotated."""
    assert run("def f(a: A, *b: B, c: C = 3, **d: D) -> E:\n    return a + c\nreturn f(1)") == 4


def test_annotated_attribute_and_item() -> None:
    """Attributes and items may be annotated where they are assigned."""
    assert run("class A: pass\na = A()\na.x: int = 1\nd = {}\nd['k']: int = 2\nreturn [a.x, d]") == [1, {"k": 2}]
