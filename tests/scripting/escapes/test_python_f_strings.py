"""Attack: an f-string's own expressions and specifications."""

from tests.scripting.escapes.attempts import refused


def test_expression_in_an_f_string() -> None:
    """What stands in braces is source like any other, nested in specifications too."""
    assert "__class__" in refused("return f'{().__class__}'")
    assert "__class__" in refused("return f'{1:{().__class__}}'")
