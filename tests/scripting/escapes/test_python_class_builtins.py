"""Attack: the class of a class."""

from tests.scripting.escapes.attempts import refused


def test_type_of_a_class() -> None:
    """A class of a script does not show what made it."""
    for name in ("mro", "register", "fromkeys", "real"):
        assert "has no attribute" in refused(f"class A: pass\nA.{name}")
    assert "has no attribute" in refused("int.mro")
    assert "has no items" in refused("dict['a']")


def test_class_body() -> None:
    """The body of a class sees no names of the interpreter."""
    assert "not available" in refused("class A:\n    x = __qualname__")
    assert "not available" in refused("class A:\n    def f(self): return __class__")
