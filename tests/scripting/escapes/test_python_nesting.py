"""Attack: source that breaks the compiler."""

import pytest

from tests.scripting.escapes.attempts import refused


@pytest.mark.parametrize(
    "source",
    ["(" * 10_000, "x = " + "-" * 20_000 + "1", "x" + ".a" * 20_000, "x" + "[0]" * 20_000, "lambda: " * 5_000 + "1",
     "f(" * 3_000 + ")" * 3_000, "'a' " * 3_000 + "+ 1" * 20_000,
     "if 1:\n" + "".join(" " * n + "if 1:\n" for n in range(1, 150))],
)  # fmt: skip
def test_deep_source(source: str) -> None:
    """Nesting without end is a failure with a message."""
    assert refused(source)
