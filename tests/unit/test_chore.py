"""Pauses: of work that many processes do for each other, and of whoever waits for the database."""

from __future__ import annotations

import asyncio
from itertools import islice

import pytest

from engine.db import chore
from engine.db.chore import MOST_PAUSES, growing, outlast, shared_pause_s
from engine.errors import BadRequest, DatabaseUnavailable, LostRace


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


def test_pauses_grow_up_to_the_longest() -> None:
    """Each is the one before by the factor, and none is longer than the last."""
    assert list(islice(growing(0.5, 3.0), 5)) == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert list(islice(growing(1.0, 10.0, growth=3.0), 4)) == [1.0, 3.0, 9.0, 10.0]


class _Database:
    """Is away for so many asks; then answers, or refuses."""

    def __init__(self, away: int, refusal: Exception | None = None) -> None:
        self._away = away
        self._refusal = refusal
        self.asked = 0

    async def ask(self) -> str:
        self.asked += 1
        if self.asked <= self._away:
            raise DatabaseUnavailable("no connection to PostgreSQL")
        if self._refusal is not None:
            raise self._refusal
        return "answer"


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, which take no time."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(chore.asyncio, "sleep", sleep)
    return pauses


def test_an_outage_is_outlasted(slept: list[float], caplog: pytest.LogCaptureFixture) -> None:
    """The work is done again, with ever longer pauses, until it has its answer; the log names what waits."""
    database = _Database(away=7)
    assert asyncio.run(outlast("the end of a job", database.ask)) == "answer"
    assert slept == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    assert caplog.messages == ["the end of a job: waiting for the database: no connection to PostgreSQL"] * 7


def test_what_is_no_outage_passes(slept: list[float]) -> None:
    """A refusal would come again."""
    database = _Database(away=1, refusal=BadRequest("no"))
    with pytest.raises(BadRequest):
        asyncio.run(outlast("the end of a job", database.ask))
    assert (database.asked, slept) == (2, [0.1])


def test_lost_races_are_outlasted(slept: list[float]) -> None:
    """What only this process knows is written in the end, and not refused because others were quicker."""
    left = [LostRace("a race"), LostRace("a race")]

    async def write() -> str:
        if left:
            raise left.pop()
        return "written"

    assert asyncio.run(outlast("the end of a job", write)) == "written"
    assert len(slept) == 2
