"""Attack: import modules of the engine or files of the machine."""

import pytest

from tests.scripting.javascript.scripts import failure, run

NAMES = ["os", "std", "qjs:os", "qjs:std", "/etc/passwd", "file:///etc/passwd", "../../../../etc/passwd"]


@pytest.mark.parametrize("name", NAMES)
def test_import(name: str) -> None:
    """import() finds nothing."""
    assert run(f"return import('{name}').then(() => 'loaded', () => 'refused')") == "refused"


@pytest.mark.parametrize("name", NAMES)
def test_require(name: str) -> None:
    """require finds the app's own scripts and nothing else."""
    assert failure(f"require('{name}')", sources={"lib/x.js": ""}).code == "notFound"


@pytest.mark.parametrize("name", ["__proto__", "constructor", "toString", "hasOwnProperty"])
def test_require_of_inherited_names(name: str) -> None:
    """Names that every object has are no scripts."""
    assert failure(f"require('{name}')").code == "notFound"
