"""Attack: codecs, which import and run code by name."""

import pytest

from tests.scripting.escapes.attempts import refused


@pytest.mark.parametrize(
    "name", ["idna", "rot13", "unicode_escape", "zlib", "punycode", "mbcs", "os", "../x", "utf-16"]
)
def test_codec(name: str) -> None:
    """Only the encodings of the interpreter's core can be named, on every way to them."""
    assert "expected utf-8" in refused(f"'a'.encode('{name}')")
    assert "expected utf-8" in refused(f"b'a'.decode('{name}')")
    assert "expected utf-8" in refused(f"str(b'a', '{name}')")
    assert "expected utf-8" in refused(f"list(map(str.encode, ['a'], ['{name}']))")
