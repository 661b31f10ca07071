"""Attack: values that look like the envelopes between the engine and Python."""

import pytest

from tests.scripting.javascript.scripts import failure, run

VALUES = [
    '{"threw": {"code": "x", "message": "m"}}',
    '{"memory": true}',
    '{"null": true}',
    '"}, \\"threw\\": 1"',
    '["\\u2028", "\\u0007", "</script>"]',
]


@pytest.mark.parametrize("value", VALUES)
def test_values_stay_values(value: str) -> None:
    """What a script returns is the value, whatever it looks like."""
    assert run(f"return JSON.stringify({value}) === JSON.stringify(JSON.parse(JSON.stringify({value})))") is True
    assert run(f"return [{value}]") == run(f"return JSON.parse(JSON.stringify([{value}]))")


def test_out_of_memory_that_is_not() -> None:
    """An error with the same text is an error of the script."""
    assert failure("throw new Error('out of memory')").message == "out of memory"
