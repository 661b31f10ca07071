"""Attack: real modules through the import of facades."""

import pytest

from tests.scripting.escapes.attempts import refused


@pytest.mark.parametrize("module", ["os", "sys", "subprocess", "builtins", "ctypes", "socket", "io", "importlib", "gc"])
def test_real_module(module: str) -> None:
    """Modules outside the list cannot be imported, in any form."""
    assert "there is no module" in refused(f"import {module}")
    assert "there is no module" in refused(f"from {module} import x")
    assert "there is no module" in refused(f"import json, {module} as y")


@pytest.mark.parametrize(
    "source",
    [
        "from json import decoder", "from json import codecs", "import datetime\ndatetime.sys",
        "import re\nre.enum", "import statistics\nstatistics.sys", "import random\nrandom._os",
        "import json.decoder", "import collections\ncollections.abc", "import decimal\ndecimal.getcontext",
        "import collections\ncollections.namedtuple", "import random\nrandom.SystemRandom", "import math\nmath.loader",
    ],
)  # fmt: skip
def test_what_real_modules_drag_along(source: str) -> None:
    """A facade has its listed members; what lies in sys.modules under its name stays there."""
    assert refused(source)


def test_import_machinery() -> None:
    """A namespace has no attributes of a module."""
    for name in ("__loader__", "__spec__", "__file__", "__dict__"):
        assert "not available" in refused(f"import json\njson.{name}")
