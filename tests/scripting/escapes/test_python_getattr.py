"""Attack: the forbidden names, passed as text."""

import pytest

from tests.scripting.escapes.attempts import refused


@pytest.mark.parametrize("name", ["__class__", "__init__", "__globals__", "__dict__", "_members", "_calls", "_host"])
@pytest.mark.parametrize("target", ["''", "sys", "sys.jobs.find", "log", "len", "ScriptException('a')", "str"])
def test_text_as_a_name(target: str, name: str) -> None:
    """getattr refuses the names that the source may not contain, default or not."""
    assert "not available" in refused(f"getattr({target}, '{name}')")
    assert "not available" in refused(f"getattr({target}, '{name}', 'default')")


def test_a_name_that_is_not_text() -> None:
    """An object that changes its mind about its text is no name."""
    source = "class Name:\n    def __str__(self): return '__class__'\n    def __eq__(self, other): return True\n"
    assert "is text" in refused(source + "getattr('', Name())")


def test_setting_by_text() -> None:
    """setattr and delattr refuse the same names."""
    assert "not available" in refused("class A: pass\nsetattr(A, '__bases__', ())")
    assert "not available" in refused("class A: pass\ndelattr(A, '__init__')")
