"""Attack: reaching the host's side of an API object."""

import pytest

from tests.scripting.escapes.attempts import refused


@pytest.mark.parametrize("name", ["_raw", "_calls", "_as_json", "_is_snapshot", "__self__", "__func__", "__class__"])
def test_inside_of_a_record(name: str) -> None:
    """Objects of the API show their listed methods only, and methods show nothing."""
    record = {"id": "1", "entity": "e", "data": {}}
    assert "not available" in refused(f"record.{name}", record=record)
    assert "not available" in refused(f"record.id.{name}", record=record)
    assert "not available" in refused(f"getattr(record.id, '{name}')", record=record)


def test_attributes_of_functions() -> None:
    """Functions, methods and partials have no attributes that a script can read."""
    for expression in ("log.func", "record.id.im_func", "''.format.func", "''.format.args", "len.x", "(lambda: 1).x"):
        assert "has no attribute" in refused(expression, record={"id": "1", "entity": "e", "data": {}})
