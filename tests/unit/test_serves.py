"""Which queues a worker takes jobs from."""

from __future__ import annotations

import pytest

from engine.worker.serves import Serves


@pytest.mark.parametrize(
    ("queues", "handlers", "queue", "served"),
    [
        ("", [], "default", True),
        ("heavy, light", [], "light", True),
        ("heavy,light", [], "default", False),
        ("", [], "handler.resize", False),
        ("", ["resize"], "handler.resize", True),
        ("", ["resize"], "handler.crop", False),
        ("heavy", ["resize"], "handler.resize", True),
        ("heavy", [], "app:control", True),
    ],
)
def test_a_worker_serves_what_it_is_told_and_has(queues: str, handlers: list[str], queue: str, served: bool) -> None:
    """Queues by the setting, all without one; queues of handlers by the handlers that the worker has."""
    assert Serves(queues, handlers)(queue) is served
