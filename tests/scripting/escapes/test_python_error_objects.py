"""Attack: objects that errors carry, such as AttributeError.obj (CVE-2024-47532)."""

import pytest

from tests.scripting.escapes.attempts import refused


@pytest.mark.parametrize("name", ["obj", "name"])
def test_object_of_an_attribute_error(name: str) -> None:
    """An AttributeError does not give away the object on which a lookup failed."""
    source = f"try:\n    sys.nothing\nexcept AttributeError as e:\n    return e.{name}"
    assert f"has no attribute '{name}'" in refused(source)


def test_object_through_a_class_of_ones_own() -> None:
    """Extending the error does not open what the error itself keeps closed."""
    source = """
class Mine(AttributeError):
    pass
class Other:
    obj = 1
class Both(Mine, Other):
    pass
return Both('x').obj
"""
    assert "has no attribute 'obj'" in refused(source)


def test_object_of_a_unicode_error() -> None:
    """The other errors with extra attributes keep them closed too."""
    source = "try:\n    'é'.encode('ascii')\nexcept UnicodeError as e:\n    return e.object"
    assert "has no attribute 'object'" in refused(source)
