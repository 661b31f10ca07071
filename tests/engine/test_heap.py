"""A worker's garbage collector leaves alone what lives as long as the process."""

from __future__ import annotations

import gc

from engine.worker import heap


def test_what_lives_by_now_is_not_collected_again() -> None:
    """Modules and classes go where no collection looks; what comes later is collected as ever."""
    before, thresholds = gc.get_freeze_count(), gc.get_threshold()
    try:
        heap.settle()
        assert gc.get_freeze_count() > max(before, 10_000)
        loop: list[object] = []
        loop.append(loop)
        del loop
        assert gc.collect() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)


def test_what_lives_as_long_as_a_job_is_not_walked_over_while_jobs_come_and_go() -> None:
    """Some 200 jobs of 20 objects each are made and dropped many times over without one collection."""
    thresholds = gc.get_threshold()
    try:
        heap.settle()
        before = [generation["collections"] for generation in gc.get_stats()]
        for _ in range(20):
            jobs = [[[] for _ in range(20)] for _ in range(200)]
        assert len(jobs) == 200
        assert [generation["collections"] for generation in gc.get_stats()] == before
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
