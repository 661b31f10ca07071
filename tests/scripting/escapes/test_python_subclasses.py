"""Attack: from a literal to every class of the interpreter."""

import pytest

from tests.scripting.escapes.attempts import refused


@pytest.mark.parametrize(
    "literal", ["()", "''", "{}", "1.5", "(lambda: 0)", "(i for i in [])", "sys", "log", "len", "str"]
)
def test_dunder_chain(literal: str) -> None:
    """No attribute that begins with an underscore can be written, on any value."""
    assert "__class__ is not available" in refused(f"{literal}.__class__.__base__.__subclasses__()")
