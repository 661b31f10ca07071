"""Attack: the real clock, chance and the machine."""

from tests.scripting.escapes.attempts import refused, survives


def test_real_clock() -> None:
    """Every way to the time is the script's clock, which stands still between calls."""
    source = """
import time
from datetime import date, datetime, timezone
return [time.time(), datetime.now(timezone.utc).getTime(), datetime.today().getTime(), date.today().isoformat()]
"""
    assert survives(source) == [1_700_000_000.0, 1_700_000_000_000, 1_700_000_000_000, "2023-11-14"]


def test_chance() -> None:
    """random cannot be seeded by chance, and has no source of its own."""
    assert "could not be repeated" in refused("import random\nrandom.seed(null)")
    assert "has no 'SystemRandom'" in refused("import random\nrandom.SystemRandom()")


def test_serial_numbers_start_anew() -> None:
    """What a set of objects looks like does not depend on earlier runs."""
    source = "class A:\n    def __init__(self, n): self.n = n\nreturn [a.n for a in {A(n) for n in range(99)}]"
    assert survives(source) == survives(source)
