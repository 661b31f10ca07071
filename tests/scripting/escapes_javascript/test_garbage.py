"""Attack: watch the garbage collector, which no replay repeats."""

from tests.scripting.javascript.scripts import run


def test_nothing_watches_the_collector() -> None:
    """Weak references and finalizers are gone."""
    assert run("return [typeof WeakRef, typeof FinalizationRegistry, typeof gc]") == ["undefined"] * 3
