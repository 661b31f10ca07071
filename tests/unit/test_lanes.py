"""A worker's memory of the lanes: turns, shares, and from which rank on it looks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from engine.jobs.queue import Batch
from engine.jobs.ready import BEGINNING, Lane
from engine.worker.lanes import AFRESH_S, CAREFUL_S, KEEP_S, MANY, MOST_AFRESH_S, SLACK_S, Lanes

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SLACK = timedelta(seconds=SLACK_S)


class Clock:
    """A clock that tests move, in seconds."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def batch(
    *ranks: tuple[tuple[str, str], int, datetime], dropped: int = 0, passed: int = 0, care: bool = False
) -> Batch:
    seconds = [(key, priority, rank.timestamp()) for key, priority, rank in ranks]
    return Batch(claims=[], dropped=dropped, passed=passed, ranks=seconds, care=care)


def since(lanes: Lanes) -> tuple[datetime, datetime]:
    (lane,) = lanes.choose(1)
    return lane.normal_since, lane.low_since


def keys(lanes: list[Lane]) -> list[tuple[str, str]]:
    return [(lane.app, lane.queue) for lane in lanes]


def test_apps_take_turns() -> None:
    """With more apps than slots, each claim goes on behind the app where the last one ended."""
    lanes = Lanes(Clock())
    lanes.found([(app, "default") for app in "abcde"])
    turns = []
    for _ in range(3):
        chosen = lanes.choose(2)
        turns.append("".join(lane.app for lane in chosen))
        lanes.claimed(chosen, batch(*((key, 1, NOON) for key in keys(chosen))), 2)
    assert turns == ["ab", "cd", "ea"]


def test_a_lane_that_a_full_batch_left_out_is_next() -> None:
    """Shares are rounded up: who got nothing because the slots were full stays open, and has the next turn."""
    lanes = Lanes(Clock())
    lanes.found([("a", "default"), ("b", "default"), ("c", "default")])
    lanes.claimed(
        lanes.choose(4), batch(*((key, 1, NOON) for key in [("a", "default")] * 2 + [("b", "default")] * 2)), 4
    )
    assert [lane.app for lane in lanes.choose(4)] == ["c", "a", "b"]


def test_an_app_with_many_queues_gets_one_share() -> None:
    """The queues of an app take turns within the app's share: splitting work over queues gains nothing."""
    lanes = Lanes(Clock())
    lanes.found([("a", "x"), ("a", "y"), ("a", "z"), ("b", "default")])
    seen = [keys(lanes.choose(4)) for _ in range(3)]
    assert [[app for app, _ in chosen].count("a") for chosen in seen] == [1, 1, 1]
    assert {queue for chosen in seen for app, queue in chosen if app == "a"} == {"x", "y", "z"}


def test_the_batch_is_shared_between_the_lanes() -> None:
    """Nobody may take more than its share, rounded up so that the slots are filled."""
    lanes = Lanes(Clock())
    lanes.found([("a", "default"), ("b", "default"), ("c", "default")])
    assert [lane.most for lane in lanes.choose(8)] == [3, 3, 3]


def test_a_lane_that_gave_less_than_its_share_is_closed_until_something_happens() -> None:
    """An empty lane is not asked again by the next claim, only after a wake-up or a look."""
    lanes = Lanes(Clock())
    lanes.found([("a", "default")])
    lanes.claimed(lanes.choose(2), batch((("a", "default"), 1, NOON)), 2)
    assert lanes.choose(2) == []
    lanes.reopen()
    assert keys(lanes.choose(2)) == [("a", "default")]


@pytest.mark.parametrize("tell", [lambda lanes: lanes.told(("a", "default")), Lanes.reopen], ids=["told", "reopen"])
def test_what_comes_while_a_claim_is_under_way_is_claimed_next(tell: Callable[[Lanes], None]) -> None:
    """The claim may have looked before it came: that it found nothing does not close the lane."""
    lanes = Lanes(Clock())
    lanes.found([("a", "default")])
    under_way = lanes.choose(4)
    tell(lanes)
    lanes.claimed(under_way, batch(), 4)
    again = lanes.choose(4)
    assert [lane.app for lane in again] == ["a"]
    lanes.claimed(again, batch(), 4)
    assert lanes.choose(4) == []


def test_dropped_entries_keep_a_lane_open() -> None:
    """A claim that only met entries of canceled jobs says nothing about those behind them."""
    lanes = Lanes(Clock())
    lanes.found([("a", "default")])
    lanes.claimed(lanes.choose(2), batch(dropped=2), 2)
    assert keys(lanes.choose(2)) == [("a", "default")]


def test_locked_jobs_at_the_head_of_a_lane_do_not_hide_those_behind() -> None:
    """A claim that passed by locked jobs looks deeper the next time, up to a bound, until it gets its share."""
    lanes = Lanes(Clock())
    lanes.found([("a", "default")])
    depths = []
    while chosen := lanes.choose(1):
        depths.append(chosen[0].depth)
        lanes.claimed(chosen, batch(passed=1), 1)
    assert depths == [1, 9, 41, 169, 681]
    lanes.reopen()
    lanes.claimed(lanes.choose(1), batch((("a", "default"), 1, NOON)), 1)
    assert [lane.depth for lane in lanes.choose(1)] == [1]


def test_a_claim_begins_where_the_last_one_ended() -> None:
    """Ranks that were seen are not walked again, up to the slack for transactions that commit late."""
    clock = Clock()
    lanes = Lanes(clock)
    lanes.found([("a", "default")])
    assert since(lanes) == (BEGINNING, BEGINNING)
    lanes.claimed([Lane("a", "default")], batch((("a", "default"), 1, NOON)), 1)
    assert since(lanes) == (NOON - SLACK, BEGINNING)
    lanes.claimed([Lane("a", "default")], batch((("a", "default"), 1, NOON - timedelta(seconds=9))), 1)
    assert since(lanes) == (NOON - SLACK, BEGINNING)
    lanes.claimed([Lane("a", "default")], batch((("a", "default"), 2, NOON)), 1)
    assert since(lanes) == (NOON - SLACK, NOON - SLACK)


def test_behind_a_claim_that_took_many_there_is_no_slack() -> None:
    """What it took is walked over in vain; behind one that took less than it might nothing is claimed yet."""
    lanes = Lanes(Clock())
    lanes.found([("a", "default")])
    lane = Lane("a", "default", most=MANY)
    for count, slack in ((MANY, timedelta()), (MANY - 1, SLACK), (MANY, timedelta()), (1, SLACK)):
        lanes.claimed([lane], batch(*[(("a", "default"), 1, NOON)] * count), MANY)
        lanes.reopen()
        assert since(lanes) == (NOON - slack, BEGINNING)


def test_a_lane_is_claimed_from_with_care_for_a_while() -> None:
    """Somebody holds one of its jobs, or entries are left that say something wrong: the next claim puts these right.

    The other lanes have nothing to do with that. As long as careful claims find such entries, there may be more.
    """
    clock = Clock()
    lanes = Lanes(clock)
    lanes.found([("a", "default")])
    lanes.claimed(lanes.choose(1), batch((("a", "default"), 1, NOON), care=True), 1)
    lanes.found([("a", "default"), ("b", "default")])
    both = lanes.choose(2)
    assert {lane.app: lane.careful for lane in both} == {"a": True, "b": False}
    assert [lane.normal_since for lane in both] == [BEGINNING, BEGINNING]
    lanes.claimed(both, batch((("a", "default"), 1, NOON)), 2)
    assert lanes.choose(1)[0].normal_since == NOON - SLACK
    clock.now += CAREFUL_S - 1
    (careful,) = lanes.choose(1)
    lanes.claimed([careful], batch((("a", "default"), 1, NOON), dropped=1), 1)
    clock.now += CAREFUL_S - 1
    assert [lane.careful for lane in lanes.choose(1)] == [True]
    clock.now += 1
    assert [lane.careful for lane in lanes.choose(1)] == [False]


def test_a_lane_is_looked_at_from_its_beginning_now_and_then() -> None:
    """A job of a rank that was passed, because its transaction committed late, waits a quarter of a second at most."""
    clock = Clock()
    lanes = Lanes(clock)
    lanes.found([("a", "default")])
    lanes.choose(1)
    lanes.claimed([Lane("a", "default")], batch((("a", "default"), 1, NOON)), 1)
    clock.now += AFRESH_S
    assert since(lanes) == (BEGINNING, BEGINNING)


def test_a_long_look_from_the_beginning_rests_longer() -> None:
    """Where it walks over what a held snapshot keeps, that takes a twentieth of the time; some seconds are the most."""
    clock = Clock()
    lanes = Lanes(clock)
    lanes.found([("a", "default")])
    for took, rest in ((0.1, 2.0), (60.0, MOST_AFRESH_S), (0.0, AFRESH_S)):
        chosen = lanes.choose(1)
        assert chosen[0].normal_since == BEGINNING
        clock.now += took
        lanes.claimed(chosen, batch((("a", "default"), 1, NOON)), 1)
        clock.now += rest - 0.01
        assert since(lanes) == (NOON - SLACK, BEGINNING)
        clock.now += 0.02


def test_lanes_without_work_are_forgotten() -> None:
    """An app that has had no work for a while costs a claim nothing."""
    clock = Clock()
    lanes = Lanes(clock)
    lanes.found([("a", "default")])
    clock.now += KEEP_S + 1
    assert not lanes.found([])
    lanes.reopen()
    assert lanes.choose(1) == []


def test_the_low_priority_jobs_that_come_first_are_shared_between_the_lanes() -> None:
    """None is lost and none is promised twice, however they divide."""
    lanes = Lanes(Clock())
    lanes.found([("a", "default"), ("b", "default"), ("c", "default")])
    assert [lane.low_first for lane in lanes.choose(9, low_first=5)] == [2, 2, 1]
    assert [lane.low_first for lane in lanes.choose(9)] == [0, 0, 0]


def test_one_queue_alone() -> None:
    """A worker without a free slot asks for the lanes of one queue; the others keep their turn."""
    lanes = Lanes(Clock())
    lanes.found([("a", "default"), ("a", "own"), ("b", "default"), ("c", "own")])
    assert keys(lanes.choose(4, only="own")) == [("a", "own"), ("c", "own")]
    assert keys(lanes.choose(4, only="none")) == []
    assert len(lanes.choose(4)) == 3
