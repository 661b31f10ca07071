"""The share of claimed jobs that is of low priority."""

from __future__ import annotations

from engine.worker.share import LowPriorityShare


def test_a_tenth_of_what_is_claimed_is_owed() -> None:
    """After ten claimed jobs one is due, after 25 two, and what is left over counts on."""
    share = LowPriorityShare(10)
    share.claimed(9, 0)
    assert share.due(5) == 0
    share.claimed(16, 0)
    assert share.due(5) == 2
    share.claimed(5, 2)
    assert share.due(5) == 0
    share.claimed(2, 0)
    assert share.due(5) == 1


def test_no_more_is_due_than_a_claim_takes_and_nothing_piles_up() -> None:
    """Where nobody of low priority waits, the next claim owes them no more for it."""
    share = LowPriorityShare(50)
    share.claimed(100, 0)
    assert share.due(8) == 8
    share.claimed(8, 8)
    assert share.due(8) == 0


def test_a_share_of_nothing() -> None:
    """With 0 percent low priority never comes first."""
    share = LowPriorityShare(0)
    share.claimed(1000, 0)
    assert share.due(100) == 0
