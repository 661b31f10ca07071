"""Freshworks' statuses through every path of the state diagram, from their words to ours and back (seed 000)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.db.pool import Pool
from engine.jobs import freshworks, store
from engine.jobs.freshworks import WORDS, End
from engine.jobs.queue import Claim
from engine.model import FINAL, TRANSITIONS, Status
from tests.documents import ROOT
from tests.engine.hands import Hand, ask, enqueue, make_due, new

S = Status
Step = Callable[["Walk"], Awaitable[object]]
# A place of the diagram: a status, or that of a job which is RUNNING and waits, so that nobody holds it.
WAITING = "waiting"
Place = Status | str
# From the vendor's words to ours, and to the ending where one of our statuses has several words.
OURS: Mapping[str, set[tuple[Status, End]]] = {
    "in-progress": set(itertools.product([S.PENDING, S.RUNNING, S.STOPPING, S.STOPPED, S.CANCELING], End)),
    "success": {(S.FINISHED, End.WELL)},
    "failed": {(S.FINISHED, End.ERROR), *itertools.product([S.CANCELED], End)},
    "timeout": {(S.FINISHED, End.TIME)},
}
TIME = {"code": "timeout", "message": "it took too long", "limit": "wall"}
ERROR = {"code": "javascriptException", "message": "it threw"}
COMPLETED, CANCELED, TIMED_OUT = "Job completed successfully", "Job was canceled", "Job timed out after 2 minutes"
SAID = "Processing data..."


@dataclass
class Walk:
    """One job on its way, the worker that holds it, and whether it has begun."""

    pool: Pool
    hand: Hand
    id: UUID
    claim: Claim | None = None
    said: str | None = None

    async def claimed(self) -> None:
        """A worker takes it, and it says something."""
        self.claim = await self.hand.claim_one()
        async with self.pool.transaction() as conn:
            await store.set_progress(conn, self.id, message=SAID)
        self.said = SAID

    async def waits(self) -> None:
        """It waits for a time, and nobody holds it."""
        await self.hand.park(self.held)

    async def wakes(self) -> None:
        """The time has come, and a worker takes it again."""
        await make_due(self.pool, self.id)
        self.claim = await self.hand.claim_one()

    @property
    def held(self) -> Claim:
        """The claim of the worker that holds it."""
        assert self.claim is not None
        return self.claim

    async def ends(self, **ending: Any) -> None:
        """Its attempt ends it."""
        assert len(await self.hand.finish(self.held, **ending)) == 1

    async def dies(self) -> None:
        """Its worker dies, and another one comes."""
        await self.hand.die()
        self.hand = await Hand.join(self.pool)

    async def look(self) -> tuple[Status, dict[str, Any]]:
        """What we say, and what `client.job.get` says."""
        async with self.pool.acquire() as conn:
            job = await store.get(conn, "crm", self.id)
            left = await store.results(conn, "crm", self.id) if job.status.is_final else None
        return job.status, freshworks.document(job, left)


def command(name: str) -> Step:
    """What a person asks."""
    return lambda walk: ask(walk.pool, name, walk.id)


def ending(**how: Any) -> Step:
    """How an attempt ends."""
    return lambda walk: walk.ends(**how)


RETURN, THROW, TIME_OUT = (
    ending(results={"results": {}}),
    ending(failed=True, error=ERROR),
    ending(failed=True, error=TIME),
)
DIE: Step = lambda walk: walk.dies()  # noqa: E731 - a row of the table
# The state diagram of docs/job-states.md: from where, what happens, to where, and the vendor's word and message there;
# no message: the one that the job said last.
DIAGRAM: Mapping[tuple[Place, str], tuple[Step, Place, str, str | None]] = {
    (S.PENDING, "claimed"): (Walk.claimed, S.RUNNING, "in-progress", None),
    (S.PENDING, "stop"): (command("stop"), S.STOPPED, "in-progress", None),
    (S.PENDING, "cancel"): (command("cancel"), S.CANCELED, "failed", CANCELED),
    (S.RUNNING, "returns"): (RETURN, S.FINISHED, "success", COMPLETED),
    (S.RUNNING, "throws"): (THROW, S.FINISHED, "failed", "it threw"),
    (S.RUNNING, "times out"): (TIME_OUT, S.FINISHED, "timeout", TIMED_OUT),
    (S.RUNNING, "tries again"): (lambda walk: walk.hand.retry(walk.held), S.PENDING, "in-progress", None),
    (S.RUNNING, "handed back"): (lambda walk: walk.hand.hand_back(walk.held), S.PENDING, "in-progress", None),
    (S.RUNNING, "worker dies"): (DIE, S.PENDING, "in-progress", None),
    (S.RUNNING, "stop"): (command("stop"), S.STOPPING, "in-progress", None),
    (S.RUNNING, "force"): (command("force"), S.STOPPED, "in-progress", None),
    (S.RUNNING, "cancel"): (command("cancel"), S.CANCELING, "in-progress", None),
    (S.RUNNING, "waits"): (Walk.waits, WAITING, "in-progress", None),
    (WAITING, "wakes"): (Walk.wakes, S.RUNNING, "in-progress", None),
    (WAITING, "stop"): (command("stop"), S.STOPPED, "in-progress", None),
    (WAITING, "cancel"): (command("cancel"), S.CANCELED, "failed", CANCELED),
    (S.STOPPING, "safe point"): (lambda walk: walk.hand.stopped(walk.held), S.STOPPED, "in-progress", None),
    (S.STOPPING, "worker dies"): (DIE, S.STOPPED, "in-progress", None),
    (S.STOPPING, "returns"): (RETURN, S.FINISHED, "success", COMPLETED),
    (S.STOPPING, "throws"): (THROW, S.FINISHED, "failed", "it threw"),
    (S.STOPPING, "times out"): (TIME_OUT, S.FINISHED, "timeout", TIMED_OUT),
    (S.STOPPING, "cancel"): (command("cancel"), S.CANCELING, "in-progress", None),
    (S.STOPPED, "resume"): (command("resume"), S.PENDING, "in-progress", None),
    (S.STOPPED, "cancel"): (command("cancel"), S.CANCELED, "failed", CANCELED),
    (S.CANCELING, "returns"): (RETURN, S.CANCELED, "failed", CANCELED),
    (S.CANCELING, "throws"): (THROW, S.CANCELED, "failed", CANCELED),
    (S.CANCELING, "worker dies"): (DIE, S.CANCELED, "failed", CANCELED),
}


# A path comes to the queue again once at most, and to a worker twice.
MOST_VISITS: Mapping[Place, int] = {S.RUNNING: 2}


def paths(at: Place = S.PENDING, gone: tuple[str, ...] = (), seen: tuple[Place, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every way through the diagram, from the queue to an end."""
    if at in FINAL:
        yield gone
        return
    for (start, event), (_, target, _, _) in DIAGRAM.items():
        if start == at and seen.count(target) < MOST_VISITS.get(target, 1):
            yield from paths(target, (*gone, event), (*seen, target))


def of(place: Place) -> Status:
    """The status of jobs there."""
    return place if isinstance(place, Status) else S.RUNNING


def test_the_diagram_is_that_of_the_page_and_of_the_commands() -> None:
    """Each arrow of docs/job-states.md and each command that the model allows is walked here, and no other."""
    drawn = re.findall(r"^    (\w+) --> (\w+):", (ROOT / "docs" / "job-states.md").read_text(), re.MULTILINE)
    arrows = {(of(start), of(target)) for (start, _), (_, target, _, _) in DIAGRAM.items()}
    # Of a job that waits its two arrows skip a status; a forced stop skips one too.
    skipping = {(S.RUNNING, S.RUNNING), (S.RUNNING, S.STOPPED), (S.RUNNING, S.CANCELED)}
    assert {(start, target) for start, target in drawn} == {(str(a), str(b)) for a, b in arrows - skipping}
    for (status, asked), targets in TRANSITIONS.items():
        walked = [row[1] for (start, event), row in DIAGRAM.items() if of(start) is status and event == asked]
        assert tuple(walked) == targets


def test_every_word_of_theirs_has_its_place_among_ours() -> None:
    """There and back: each of their words means what OURS says, and each of ours has exactly the word that means it."""
    back = {ours: theirs for theirs, all_ours in OURS.items() for ours in all_ours}
    assert len(back) == sum(len(all_ours) for all_ours in OURS.values()) == len(Status) * len(End)
    assert back == WORDS


async def test_every_path_of_the_state_diagram(pool: Pool) -> None:
    """Queued, running, waiting, stopped, resumed, canceled, timed out, failed, finished: what both say fits."""
    hand = await Hand.join(pool)
    walked: set[tuple[Place, str]] = set()
    for path in paths():
        (job_id,) = await enqueue(pool, new(timeout_ms=120_000))
        walk = Walk(pool, hand, job_id)
        at: Place = S.PENDING
        await check(walk, path, S.PENDING, "in-progress", None)
        for event in path:
            walked.add((at, event))
            step, at, word, message = DIAGRAM[at, event]
            await step(walk)
            await check(walk, path, of(at), word, message)
        hand = walk.hand
    assert walked == set(DIAGRAM)


async def check(walk: Walk, path: tuple[str, ...], status: Status, word: str, message: str | None) -> None:
    """What both say there; `end_time` is there only once the job has ended, `start_time` once it has begun."""
    ours, theirs = await walk.look()
    assert (ours, theirs["status"], theirs["status_message"]) == (status, word, message or walk.said), path
    assert ("end_time" in theirs) is (word != "in-progress"), path
    assert isinstance(theirs["start_time"], datetime) is (walk.claim is not None), path
