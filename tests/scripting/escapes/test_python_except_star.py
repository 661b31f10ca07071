"""Attack: except* and exception groups (CVE-2025-22153)."""

from tests.scripting.escapes.attempts import refused


def test_except_star() -> None:
    """except* is no part of the language."""
    assert refused("try:\n    pass\nexcept* ValueError:\n    pass") == "TryStar is not available in scripts"


def test_exception_groups() -> None:
    """Neither are the groups."""
    assert "not defined" in refused("ExceptionGroup('a', [ValueError()])")
