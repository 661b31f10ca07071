"""Attack: class patterns, which read attributes without a guard."""

from tests.scripting.escapes.attempts import refused


def test_match() -> None:
    """match is no part of the language."""
    assert refused("match '':\n    case str(__class__=x): pass") == "Match is not available in scripts"
