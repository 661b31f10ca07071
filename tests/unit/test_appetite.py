"""When a worker says that it is hungry, and when that it is sated."""

from __future__ import annotations

from engine.worker.appetite import RESTLESS_S, SATED_AFTER_S, Appetite


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_worker_is_sated_only_after_full_claims_for_a_while() -> None:
    """Each change of mind is a write: one full claim is not enough, and a poor one begins the count anew."""
    clock = Clock()
    appetite = Appetite(clock, listens=True)
    assert appetite.found(enough=True) is None
    clock.now += SATED_AFTER_S / 2
    assert appetite.found(enough=False) is None
    clock.now += SATED_AFTER_S / 2
    assert appetite.found(enough=True) is None
    clock.now += SATED_AFTER_S
    assert appetite.found(enough=True) is False
    assert appetite.hungry, "nobody has been told yet"
    appetite.told(False)
    assert appetite.found(enough=True) is None


def test_a_sated_worker_is_hungry_at_once_and_looks_often_for_a_while() -> None:
    """The first claim that does not fill its slots says so; it may have missed what was being made meanwhile."""
    clock = Clock()
    appetite = Appetite(clock, listens=True)
    appetite.told(False)
    assert not appetite.restless
    assert appetite.found(enough=False) is True
    appetite.told(True)
    assert appetite.restless
    assert appetite.found(enough=False) is None
    clock.now += RESTLESS_S
    assert not appetite.restless


def test_a_worker_that_does_not_listen_is_never_woken() -> None:
    """Nobody needs to know about its slots."""
    appetite = Appetite(Clock(), listens=False)
    assert not appetite.hungry
    assert appetite.found(enough=False) is None
    assert appetite.found(enough=True) is None
