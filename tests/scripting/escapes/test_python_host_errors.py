"""Attack: the inside of the host through its errors."""

from scripting.runtime import HostError
from tests.scripting.escapes.attempts import refused
from tests.scripting.python.scripts import FakeHost


def test_error_of_the_host() -> None:
    """A refusal shows code, message and additional information, not the error behind it."""
    host = FakeHost({"jobs.findById": HostError("badRequest", "no", {})})
    for name in ("additional_info", "__context__", "__cause__", "_code", "with_traceback"):
        source = f"try:\n    sys.jobs.findById('x')\nexcept ScriptException as e:\n    return e.{name}"
        message = refused(source, host=host)
        assert "not available" in message or "has no attribute" in message
