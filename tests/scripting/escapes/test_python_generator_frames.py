"""Attack: the frame of a generator, and from there its globals (CVE-2023-37271)."""

import pytest

from tests.scripting.escapes.attempts import refused


@pytest.mark.parametrize("name", ["gi_frame", "gi_code", "gi_yieldfrom"])
def test_frame_of_a_generator(name: str) -> None:
    """A generator shows send and close, nothing else."""
    assert "not available" in refused(f"g = (g.{name} for x in [1])\nreturn list(g)")
    assert "has no attribute" in refused(f"g = (x for x in [1])\nreturn getattr(g, '{name}')")


def test_throw_into_a_generator() -> None:
    """throw could bring a traceback of the script's choice."""
    assert "has no attribute 'throw'" in refused("def f():\n    yield 1\nf().throw(ValueError)")
