"""Attack: output of the process through a pattern's debug flag."""

from tests.scripting.escapes.attempts import refused


def test_debug_flag() -> None:
    """DEBUG would print, LOCALE would depend on the machine; flags that lie about their number are no numbers."""
    for flags in ("128", "4", "true", "re.I | 128"):
        assert "flags" in refused(f"import re\nre.compile('a', {flags})")
    assert "flags" in refused("import re\nre.search('a', 'a', 128)")
