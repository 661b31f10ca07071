"""The life of jobs as a state machine: whatever happens in whatever order, the database agrees with the table."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from engine.db.pool import Pool
from engine.errors import BadRequest
from engine.jobs.queue import Claim
from engine.model import TRANSITIONS, Command, Status
from tests.engine.hands import Hand, ask, enqueue_one, get, make_due

# What a command or an event does to a job that a worker holds, or that none holds.
HELD = {Status.RUNNING, Status.STOPPING, Status.CANCELING}

# Moves both places where the time of a job may stand.
TIME_COMES = """
    update headrace.jobs_live
    set ready_at = least(ready_at, clock_timestamp()), due_at = least(due_at, clock_timestamp())
    where id = $1 and (ready_at is not null or due_at is not null)
"""


class Life(RuleBasedStateMachine):
    """Jobs, a worker that may crash, and the model: the status that each job has, and the claim that holds it."""

    jobs = Bundle("jobs")
    pool: Pool
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self._model: dict[UUID, Status] = {}
        self._claims: dict[UUID, Claim] = {}
        self._lost: list[Claim] = []
        self._later: set[UUID] = set()
        self._hand = self._do(Hand.join(self.pool))

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    @rule(target=jobs)
    def create(self) -> UUID:
        """A new job is PENDING."""
        job_id: UUID = self._do(enqueue_one(self.pool))
        self._model[job_id] = Status.PENDING
        return job_id

    @rule(target=jobs)
    def create_for_later(self) -> UUID:
        """A delayed job is PENDING, and nobody's before its time, whatever is asked of it meanwhile."""
        job_id: UUID = self._do(enqueue_one(self.pool, delay_ms=3_600_000))
        self._model[job_id] = Status.PENDING
        self._later.add(job_id)
        return job_id

    @rule(job=jobs)
    def time_comes(self, job: UUID) -> None:
        """The time of a delayed job comes, also while it is stopped."""
        if job in self._later:
            self._do(self.pool.execute(TIME_COMES, job))
            self._later.remove(job)

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        """Exactly jobs that are PENDING, or that waited and are due, are given to the worker."""
        for claim in self._do(self._hand.claim(limit)):
            assert self._model[claim.id] is Status.PENDING
            self._notice(claim)

    @rule(job=jobs, command=st.sampled_from(["stop", "force", "resume", "cancel"]))
    def command(self, job: UUID, command: str) -> None:
        """A command does what the table says, or is refused and changes nothing."""
        asked = Command.STOP if command == "force" else Command(command)
        allowed = TRANSITIONS.get((self._model[job], asked))
        if allowed is None and not (command == "force" and self._model[job] is Status.STOPPING):
            with pytest.raises(BadRequest):
                self._do(ask(self.pool, command, job))
            return
        try:
            self._do(ask(self.pool, command, job))
        except BadRequest:
            assert allowed is None
            return
        self._obey(job, command, allowed or (Status.STOPPED,))

    def _obey(self, job: UUID, command: str, allowed: tuple[Status, ...]) -> None:
        if command == "force" and job in self._claims:
            self._lost.append(self._claims.pop(job))
            self._model[job] = Status.STOPPED
        else:
            self._model[job] = allowed[0] if job in self._claims else allowed[-1]

    @rule(job=jobs, failed=st.booleans())
    def finish(self, job: UUID, failed: bool) -> None:
        """The end of an attempt ends its job, unless the job was being canceled: then it is CANCELED."""
        if claim := self._claims.pop(job, None):
            (ended,) = self._do(self._hand.finish(claim, failed=failed))
            self._model[job] = Status.CANCELED if self._model[job] is Status.CANCELING else Status.FINISHED
            assert ended is self._model[job]

    @rule(job=jobs)
    def retry(self, job: UUID) -> None:
        """A retry goes back to the queue, if nobody asked for something else meanwhile."""
        self._leave(job, self._hand.retry, {Status.RUNNING: Status.PENDING})

    @rule(job=jobs)
    def hand_back(self, job: UUID) -> None:
        """So does a job that its worker gives back."""
        self._leave(job, self._hand.hand_back, {Status.RUNNING: Status.PENDING})

    @rule(job=jobs)
    def safe_point(self, job: UUID) -> None:
        """A stopping job stops."""
        self._leave(job, self._hand.stopped, {Status.STOPPING: Status.STOPPED})

    def _leave(self, job: UUID, work: Any, moves: dict[Status, Status]) -> None:
        if claim := self._claims.get(job):
            moved = self._do(work(claim))
            assert moved is (self._model[job] in moves)
            if moved:
                self._model[job] = moves[self._model[job]]
                del self._claims[job]

    @rule(job=jobs)
    def pause(self, job: UUID) -> None:
        """A job that waits is RUNNING and nobody's; when it is due it is claimed again."""
        if self._model[job] is Status.RUNNING and (claim := self._claims.pop(job, None)):
            self._do(self._hand.park(claim))
            self._do(make_due(self.pool, job))
            assert job in [self._notice(found) for found in self._do(self._hand.claim(100))]

    def _notice(self, claim: Claim) -> UUID:
        assert claim.id not in self._later
        self._model[claim.id] = Status.RUNNING
        self._claims[claim.id] = claim
        return claim.id

    @rule()
    def crash(self) -> None:
        """The worker dies: what it held goes back, has stopped, or is canceled; its claims are worth nothing."""
        self._do(self._hand.die())
        after = {Status.RUNNING: Status.PENDING, Status.STOPPING: Status.STOPPED, Status.CANCELING: Status.CANCELED}
        for job, claim in self._claims.items():
            self._model[job] = after[self._model[job]]
            self._lost.append(claim)
        self._claims.clear()
        self._hand = self._do(Hand.join(self.pool))

    @invariant()
    def the_database_agrees(self) -> None:
        """Each job has the status of the model."""
        found = {job: self._do(get(self.pool, job)).status for job in self._model}
        assert found == self._model

    @invariant()
    def lost_claims_write_nothing(self) -> None:
        """No ending of a claim that was lost is believed."""
        assert self._do(self._hand.finish(*self._lost)) == [] if self._lost else True


async def test_jobs_follow_the_table_whatever_happens(pool: Pool) -> None:
    """Random orders of commands, endings, waits and crashes, on a real PostgreSQL, checked after each step."""
    Life.pool, Life.loop = pool, asyncio.get_running_loop()
    chosen = settings(
        max_examples=25, stateful_step_count=25, derandomize=True, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip

    def forget(self: Life) -> None:
        self._do(pool.execute("delete from headrace.jobs_live"))
        self._do(pool.execute("delete from headrace.workers"))

    Life.teardown = forget  # type: ignore[method-assign]
    await asyncio.to_thread(run_state_machine_as_test, Life, settings=chosen)
