"""Pauses of work that many processes do for each other."""

from __future__ import annotations

import pytest

from engine.db.chore import MOST_PAUSES, shared_pause_s


@pytest.mark.parametrize("processes", [0, 1, 2])
def test_one_and_two_processes_keep_their_pause(processes: int) -> None:
    """There is nobody to share with, or each does half more than it needs to."""
    assert shared_pause_s(1.0, processes) == 1.0


def test_many_processes_ask_as_often_as_two() -> None:
    """Twelve of them pause for six times as long on average, each at another time."""
    pauses = [shared_pause_s(1.0, 12) for _ in range(500)]
    assert 3.0 <= min(pauses) < 4.0
    assert 8.0 < max(pauses) <= 9.0
    assert len(set(pauses)) > 100


def test_nobody_is_quiet_for_too_long() -> None:
    """However many there are, ten pauses and half of that are the most."""
    assert max(shared_pause_s(2.0, 10_000) for _ in range(200)) <= 2.0 * MOST_PAUSES * 1.5
