"""The waiting time before a retry."""

from __future__ import annotations

import pytest

from engine.jobs.backoff import delay_ms


@pytest.mark.parametrize(("failures", "full"), [(1, 1000), (2, 2000), (3, 4000), (8, 128_000), (9, 200_000)])
def test_it_doubles_up_to_the_most(failures: int, full: int) -> None:
    """From the base for the first failure to the limit; chance decides about its upper half."""
    for random, share in ((0.0, 0.5), (0.5, 0.75), (1.0, 1.0)):
        delay = delay_ms(failures, base_ms=1000, max_ms=200_000, random=lambda random=random: random)
        assert delay == full * share


def test_a_thousand_failures_are_no_overflow() -> None:
    """The exponent is bounded before the limit is."""
    assert delay_ms(1000, base_ms=3_600_000, max_ms=86_400_000, random=lambda: 1.0) == 86_400_000
