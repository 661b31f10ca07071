"""Attack: attributes named in a format string."""

import pytest

from tests.scripting.escapes.attempts import refused


@pytest.mark.parametrize(
    "source",
    [
        "return '{0.__class__}'.format('')",
        "return '{x.__class__.__mro__}'.format(x=1)",
        "return str.format('{0.__globals__}', log)",
        "return '{a.__class__}'.format_map({'a': 1})",
        "return getattr('{0._members}', 'format')(sys)",
        "return list(map('{0.__class__}'.format, [1]))",
        "return '{0[a].__class__}'.format({'a': 1})",
        "return '{:{0.__class__}}'.format(1)",
    ],
)
def test_format_string(source: str) -> None:
    """Format strings read through the same guard as the source."""
    assert "not available" in refused(source)


def test_formatter() -> None:
    """string.Formatter is not there at all."""
    assert "no module string" in refused("import string\nstring.Formatter()")
