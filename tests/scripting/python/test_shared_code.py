"""Shared code: an app's scripts import each other by path."""

import pytest

from scripting.runtime import ScriptFailed
from tests.scripting.python.scripts import FakeHost, run

LIB = {
    "lib/prices.py": "from lib import tax\nRATE = 2\ndef gross(net):\n    return net * RATE + tax.fixed\n",
    "lib/tax.py": "log('loaded')\nfixed = 1\n",
    "lib/broken.py": "x = 1\ndef f():\n    return 1 / 0\n",
    "lib/wrong.py": "x = (\n",
    "lib/a.py": "import lib.b\n",
    "lib/b.py": "import lib.a\n",
    "scripts/not-a-name.py": "x = 1",
    "scripts/other.js": "1",
}


def test_forms_of_import() -> None:
    """import lib.x, import lib.x as y, from lib import x and from lib.x import f all work."""
    source = """
import lib.prices
import lib.prices as p
from lib import prices
from lib.prices import gross as g, RATE
return [lib.prices.gross(1), p.gross(2), prices.gross(3), g(4), RATE]
"""
    assert run(source, sources=LIB) == [3, 5, 7, 9, 2]


def test_loaded_once() -> None:
    """A module runs once, however many import it."""
    host = FakeHost()
    run("import lib.tax\nimport lib.prices\nfrom lib.tax import fixed", sources=LIB, host=host)
    assert host.logged() == ["loaded"]


def test_error_in_shared_code() -> None:
    """An error tells the shared file and its line."""
    with pytest.raises(ScriptFailed) as failed:
        run("from lib.broken import f\nf()", sources=LIB)
    threw = failed.value.threw
    assert (threw.path, threw.line, threw.quoted) == ("lib/broken.py", 3, "    return 1 / 0")


def test_shared_code_is_compiled_with_the_script() -> None:
    """Shared code that does not compile is found before the script runs."""
    with pytest.raises(ScriptFailed) as failed:
        run("def never():\n    import lib.wrong", sources=LIB)
    assert (failed.value.threw.path, failed.value.threw.line) == ("lib/wrong.py", 1)


def test_circle() -> None:
    """A circle of imports is an error, not a hang."""
    with pytest.raises(ScriptFailed, match=r"lib\.a imports itself"):
        run("import lib.a", sources=LIB)


def test_missing_member() -> None:
    """A name that shared code does not have is an ImportError."""
    with pytest.raises(ScriptFailed, match=r"lib\.tax has no 'nothing'"):
        run("from lib.tax import nothing", sources=LIB)
