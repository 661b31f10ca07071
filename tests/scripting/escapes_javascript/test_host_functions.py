"""Attack: find the functions that lead out of the engine among the globals."""

from tests.scripting.javascript.scripts import run

KNOWN_EXTRAS = {"sys", "ScriptException", "log", "console", "require"}


def test_no_way_out_among_the_globals() -> None:
    """Besides the language itself there are only the API's own names, and none ends or replaces the run."""
    own = run("return Object.getOwnPropertyNames(globalThis)")
    assert isinstance(own, list)
    assert set(own) >= KNOWN_EXTRAS
    assert not [name for name in own if name.startswith("_")]
    assert not {"std", "os", "bjson", "scriptArgs", "print", "gc", "process", "Deno", "load"} & set(own)
