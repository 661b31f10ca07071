"""Attack: changing what other scripts or the host rely on."""

import pytest

from tests.scripting.escapes.attempts import refused
from tests.scripting.python.scripts import FakeHost


@pytest.mark.parametrize(
    "source",
    [
        "sys.jobs.find = 1", "sys.x = 1", "log.x = 1", "len.x = 1", "str.lower = 1", "dict.x = 1", "ValueError.x = 1",
        "ScriptException.code = 1", "import math\nmath.pi = 3", "import datetime\ndatetime.datetime.now = 1",
        "def f(): pass\nf.x = 1", "setattr(sys.jobs, 'find', 1)", "del sys.jobs", "delattr(sys.jobs, 'find')",
        "sys['x'] = 1", "sys.jobs.find({}).x = 1", "record.id = 1", "import re\nre.compile('a').x = 1",
        "import collections\ncollections.Counter.x = 1", "for sys.jobs.find in [1]: pass", "sys.jobs.find += 1",
        "with sys.jobs.find({}) as sys.x: pass", "[0 for sys.x in [1]]", "sys.x, y = 1, 2", "(sys.x): int = 1",
    ],
)  # fmt: skip
def test_write(source: str) -> None:
    """Only the script's own objects, lists and plain objects can be written."""
    host = FakeHost({"jobs.find": {"items": [], "next": None}})
    message = refused(source, host=host, record={"id": "1", "entity": "e", "data": {}})
    assert "cannot be written" in message or "has no attribute" in message
