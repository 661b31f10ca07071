"""Flatfile's statuses and events through every path of the state diagram (seeds 001 and 002)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import get_args
from uuid import UUID

import pytest

from engine.db.pool import Pool
from engine.errors import BadRequest
from engine.flatfile import commands, feed, store
from engine.flatfile.answers import NOTHING
from engine.flatfile.words import ENDS, TOPICS, WORDS, Phase, Ref, Told, Word, topics, word
from engine.model import Status
from tests.engine.hands import ANN, APP, Hand
from tests.engine.test_freshworks_words import DIAGRAM, WAITING, Place, Walk, of, paths
from tests.web.conftest import Caller

S = Status
CONFIG = {"type": "space", "operation": "configure", "source": "s", "trigger": "immediate"}
CREATED, READY, UPDATED = "job:created", "job:ready", "job:updated"
# The vendor's word at each place of the diagram; of FINISHED by what ended it.
AT: Mapping[Place, Word] = {
    S.PENDING: "ready",
    S.RUNNING: "executing",
    WAITING: "waiting",
    S.STOPPING: "executing",
    S.STOPPED: "waiting",
    S.CANCELING: "executing",
    S.CANCELED: "canceled",
}
FINISHED: Mapping[str, Word] = {"returns": "complete", "throws": "failed", "times out": "failed"}
END_TOPICS: Mapping[Word, str] = {"complete": "job:completed", "failed": "job:failed", "canceled": "job:canceled"}
# From the vendor's words to ours and back: status, phase, later, held, failed. What is not named makes no difference.
BACK: Mapping[Word, set[tuple[Status, str]]] = {
    "created": {(S.PENDING, "created")},
    "planning": {(S.PENDING, "planning")},
    "scheduled": {(S.PENDING, "scheduled"), (S.PENDING, "later")},
    "ready": {(S.PENDING, "")},
    "waiting": {(S.PENDING, "waiting"), (S.RUNNING, "parked"), (S.STOPPED, "")},
    "executing": {(S.RUNNING, ""), (S.STOPPING, ""), (S.CANCELING, "")},
    "complete": {(S.FINISHED, "")},
    "failed": {(S.FINISHED, "failed")},
    "canceled": {(S.CANCELED, "")},
}


def every_state() -> Iterator[tuple[Status, Phase, bool, bool, bool]]:
    """Each combination of what `word` is asked."""
    return itertools.product(Status, get_args(Phase), *[(False, True)] * 3)


def trait(status: Status, phase: Phase, later: bool, held: bool, failed: bool) -> str:
    """What, beside the status, makes the word."""
    match status:
        case S.PENDING:
            return phase if phase != "ready" else "later" if later else ""
        case S.RUNNING:
            return "" if held else "parked"
        case S.FINISHED:
            return "failed" if failed else ""
    return ""


def test_every_word_of_theirs_has_its_place_among_ours() -> None:
    """There and back: each state of ours has the one word that BACK says, and every word of theirs is some state."""
    theirs = {ours: named for named, all_ours in BACK.items() for ours in all_ours}
    assert set(BACK) == set(WORDS)
    met = set()
    for status, phase, later, held, failed in every_state():
        place = (status, trait(status, phase, later, held, failed))
        met.add(place)
        assert word(status, phase=phase, later=later, held=held, failed=failed) == theirs[place], place
    assert met == set(theirs)


def enough() -> Iterator[tuple[str, ...]]:
    """Paths in which every step follows every other that it can follow."""
    seen: set[tuple[Place, str, str]] = set()
    for path in paths():
        places = itertools.accumulate(path, lambda at, event: DIAGRAM[at, event][1], initial=S.PENDING)
        pairs = {(at, *pair) for at, pair in zip(places, itertools.pairwise(path), strict=False)}
        if not path[1:] or not pairs <= seen:
            seen |= pairs
            yield path


def after(at: Place, event: str, to: Place, *, claimed: bool) -> list[str]:
    """The events that a step of the diagram is told by, to somebody who is told of each step."""
    if to in (S.FINISHED, S.CANCELED):
        return [END_TOPICS[FINISHED[event] if to is S.FINISHED else "canceled"]]
    if to is S.PENDING:
        # One that was stopped before anybody had it was announced as ready already.
        return [READY] if claimed or at is not S.STOPPED else [UPDATED]
    if event == "wakes":
        return [READY, UPDATED]
    return [UPDATED] if AT[to] != AT[at] else []


async def told(pool: Pool, job_id: UUID) -> list[str]:
    """The topics of the job's events, once the feed was told of it."""
    await feed.tell_of(pool, APP, job_id)
    rows = await pool.fetch("select topic from headrace.flatfile_events where job_id = $1 order by n", job_id)
    return [row["topic"] for row in rows]


async def test_every_path_of_the_state_diagram(pool: Pool) -> None:
    """Whatever happens to a job, each step has its word and its events, in order, none missing and none twice."""
    hand = await Hand.join(pool)
    walked = set()
    for path in enough():
        async with pool.transaction() as conn:
            job_id = (await commands.create(conn, ANN, CONFIG, NOTHING)).id
        walk, expected = Walk(pool, hand, job_id), [CREATED, READY]
        at: Place = S.PENDING
        for event in path:
            walked.add((at, event))
            step, to, _, _ = DIAGRAM[at, event]
            expected += after(at, event, to, claimed=walk.claim is not None)
            at = to
            await step(walk)
            assert await told(pool, job_id) == expected, path
            async with pool.acquire() as conn:
                job = await store.get(conn, APP, job_id)
            named = FINISHED[event] if at is S.FINISHED else AT[at]
            assert (job.status, job.word) == (of(at), named), path
        check_told_at_last(job.word, job.attempt)
        hand = walk.hand
    assert walked == set(DIAGRAM)


def check_told_at_last(ended: Word, attempts: int) -> None:
    """Somebody who sees the job only when it is over is told of it whole, in the vendor's order, and once."""
    begun = [] if not attempts else [READY] if ended == "canceled" else [READY, UPDATED]
    assert topics(Told(), ended, attempts) == [CREATED, *begun, END_TOPICS[ended]]
    assert topics(Told(ended, attempts), ended, attempts) == []


def test_every_topic_is_one_of_the_page() -> None:
    """What `topics` can say of any change is in TOPICS, and an end is said at last."""
    for before, now, attempts, attempt in itertools.product((None, *WORDS), WORDS, range(3), range(3)):
        said = topics(Told(before, attempts), now, attempt)
        assert set(said) <= set(TOPICS)
        assert len(said) == len(set(said))
        assert [topic for topic in said[:-1] if topic in END_TOPICS.values()] == []
        if now in ENDS and before != now:
            assert said[-1] == END_TOPICS[now]


async def test_the_statuses_before_a_job_is_ready(ann: Caller) -> None:
    """created, planning, scheduled, ready and more are asked for by `update`, in either spelling of canceled."""
    config = {"type": "space", "operation": "configure", "source": "s"}
    job_id = (await ann("POST", "/v1/jobs", json=config))["data"]["id"]
    path = f"/v1/jobs/{job_id}"
    for status in ("planning", "scheduled", "created", "ready"):
        assert (await ann("PATCH", path, json={"status": status}))["data"]["status"] == status
        assert (await ann("GET", f"/apps/crm/jobs/{job_id}"))["status"] == "PENDING"
    assert (await ann("PATCH", path, json={"status": "executing"}))["data"]["status"] == "executing"
    assert (await ann("PATCH", path, json={"status": "planning"}, status=400))["code"] == "badRequest"
    assert (await ann("PATCH", path, json={"status": "cancelled"}))["data"]["status"] == "canceled"
    events = (await ann("GET", "/v1/events", params={"pageSize": 100}))["data"][::-1]
    assert [
        (event["topic"], event["payload"]["status"]) for event in events if event["context"]["jobId"] == job_id
    ] == [
        ("job:created", "created"),
        ("job:updated", "planning"),
        ("job:scheduled", "scheduled"),
        ("job:updated", "created"),
        ("job:ready", "ready"),
        ("job:updated", "executing"),
        ("job:canceled", "canceled"),
    ]


@pytest.mark.parametrize("text", ["", "0193a5b0", "0193a5b0-7c1e-7d3a-9a1b-2c3d4e5f6071.0", "us_jb_1"])
def test_what_is_no_reference(text: str) -> None:
    """Only a job's id, or one of its attempts, counted from 1."""
    with pytest.raises(BadRequest, match="jobId: "):
        Ref.parse(text)
