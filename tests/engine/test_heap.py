"""A worker's garbage collector leaves alone what lives as long as the process."""

from __future__ import annotations

import gc

from engine.worker import heap


def test_what_lives_by_now_is_not_collected_again() -> None:
    """Modules and classes go where no collection looks; what comes later is collected as ever."""
    before = gc.get_freeze_count()
    try:
        heap.settle()
        assert gc.get_freeze_count() > max(before, 10_000)
        loop: list[object] = []
        loop.append(loop)
        del loop
        assert gc.collect() > 0
    finally:
        gc.unfreeze()
