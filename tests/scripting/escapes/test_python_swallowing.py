"""Attack: outliving what has to end the run."""

import pytest

from tests.scripting.escapes.attempts import refused, survives
from tests.scripting.python.scripts import FakeHost


@pytest.mark.parametrize(
    "around",
    [
        "try:\n    {}\nexcept:\n    pass",
        "try:\n    {}\nexcept Exception:\n    pass",
        "try:\n    {}\nexcept (ValueError, Exception):\n    pass",
        "try:\n    {}\nfinally:\n    raise ValueError()",
        "try:\n    try:\n        {}\n    finally:\n        raise ValueError()\nexcept ValueError:\n    pass",
        "def f():\n    try:\n        yield {}\n    except:\n        yield 1\nlist(f())",
        "with sys.jobs.find({{}}) as jobs:\n    {}",
    ],
)
def test_end_of_a_share(around: str) -> None:
    """The end of a child's share ends the script: what comes after calls nobody and changes no result."""
    host = FakeHost({"jobs.executeInJob": {"items": [1]}, "jobs.find": {"items": [], "next": None}})
    call = "sys.jobs.executeInJob([1], null, lambda i: i)"
    assert survives(around.format(call) + "\nlog('alive')\nreturn 'alive'", host=host) == [1]
    assert host.logged() == []


def test_base_exceptions() -> None:
    """No class above Exception can be named, so none can be caught."""
    for name in ("BaseException", "GeneratorExit", "SystemExit", "KeyboardInterrupt"):
        assert "not defined" in refused(f"try:\n    1 / 0\nexcept {name}:\n    pass")
