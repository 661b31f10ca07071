"""Attack: frames through the traceback of a caught error."""

import pytest

from tests.scripting.escapes.attempts import refused


@pytest.mark.parametrize(
    "name", ["__traceback__", "tb_frame", "with_traceback", "__context__", "__cause__", "add_note"]
)
def test_traceback(name: str) -> None:
    """A caught error shows its arguments only."""
    source = f"try:\n    1 / 0\nexcept Exception as e:\n    return e.{name}"
    assert "not available" in refused(source) or "has no attribute" in refused(source)
