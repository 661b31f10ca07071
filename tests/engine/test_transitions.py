"""Each cell of the table of statuses and commands, and each event of a claim."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from engine.db.pool import Pool
from engine.errors import BadRequest, NotFound
from engine.jobs import liveness
from engine.jobs.queue import Finish, finish
from engine.model import Status
from tests.engine.hands import Hand, ask, enqueue_one, events, get, make_due, rows, status

# A parked job is RUNNING, but no worker holds it.
PARKED = "PARKED"
STATES = [*Status, PARKED]
COMMANDS = ("stop", "force", "resume", "cancel")
ALLOWED = {
    ("PENDING", "stop"): "STOPPED",
    ("PENDING", "force"): "STOPPED",
    ("PENDING", "cancel"): "CANCELED",
    ("RUNNING", "stop"): "STOPPING",
    ("RUNNING", "force"): "STOPPED",
    ("RUNNING", "cancel"): "CANCELING",
    (PARKED, "stop"): "STOPPED",
    (PARKED, "force"): "STOPPED",
    (PARKED, "cancel"): "CANCELED",
    ("STOPPING", "cancel"): "CANCELING",
    ("STOPPED", "resume"): "PENDING",
    ("STOPPED", "cancel"): "CANCELED",
}
EVENTS = {
    ("RUNNING", "stop"): "stopping",
    ("RUNNING", "cancel"): "canceling",
    ("STOPPING", "cancel"): "canceling",
    ("STOPPED", "resume"): "resumed",
}


async def job_in(pool: Pool, state: str) -> UUID:
    """A job that came to this state in the ordinary way."""
    job_id = await enqueue_one(pool)
    if state in ("RUNNING", PARKED, "STOPPING", "CANCELING", "FINISHED"):
        hand = await Hand.join(pool)
        claim = await hand.claim_one()
        if state == PARKED:
            await hand.park(claim, [await enqueue_one(pool, delay_ms=60_000)])
        if state == "FINISHED":
            await hand.finish(claim)
    if state in ("STOPPING", "STOPPED"):
        await ask(pool, "stop", job_id)
    if state in ("CANCELING", "CANCELED"):
        await ask(pool, "cancel", job_id)
    return job_id


async def everything(pool: Pool) -> list[list[Any]]:
    """All that a command could write, with the transactions that wrote it."""
    return [
        [dict(row) for row in await pool.fetch(f"select xmin::text, t.* from headrace.{table} t order by t::text")]
        for table in ("jobs_live", "jobs_history", "job_changes", "job_waits", "job_results", "workers")
    ]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", COMMANDS)
async def test_a_command_in_each_status(pool: Pool, state: str, command: str) -> None:
    """An allowed command moves the job and leaves its event; any other is a badRequest that writes nothing."""
    job_id = await job_in(pool, state)
    before = await everything(pool)
    wanted = ALLOWED.get((state, command))
    if wanted is None:
        with pytest.raises(BadRequest) as refused:
            await ask(pool, command, job_id)
        assert refused.value.additional_info["status"] == ("RUNNING" if state == PARKED else state)
        assert refused.value.additional_info["allowed"]
        assert await everything(pool) == before
        return
    await ask(pool, command, job_id)
    assert await status(pool, job_id) == wanted
    assert (await events(pool, job_id))[-1] == EVENTS.get((state, command), wanted.lower())


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("job_id", ["nonsense", None, 7, "", "{0193a5b0-7c1e-7d3a-9a1b-2c3d4e5f6071}"])
async def test_a_malformed_id_is_refused(pool: Pool, command: str, job_id: object) -> None:
    """The id of a command is the text of a UUID, or a badRequest."""
    with pytest.raises(BadRequest, match="jobId"):
        await ask(pool, command, job_id)


@pytest.mark.parametrize("command", COMMANDS)
async def test_another_apps_job_does_not_exist(pool: Pool, command: str) -> None:
    """Invariant 4: a command with the id of another app's job is notFound and changes nothing."""
    job_id = await enqueue_one(pool)
    before = await everything(pool)
    with pytest.raises(NotFound):
        await ask(pool, command, job_id, app="other")
    assert await everything(pool) == before


@pytest.mark.parametrize("state", ["PENDING", "RUNNING", PARKED, "STOPPED"])
async def test_no_claim_holds_a_job_that_a_command_ended(pool: Pool, state: str) -> None:
    """A stopped or canceled job has no worker and no time at which it is ready: nobody claims it."""
    job_id = await job_in(pool, state)
    await ask(pool, "force" if state == "RUNNING" else "cancel", job_id)
    row = await rows(pool, job_id)
    hand = await Hand.join(pool)
    assert row["ready_at"] is None
    assert job_id not in [claim.id for claim in await hand.claim(10)]


async def test_a_job_that_was_canceled_before_its_start_has_no_start(pool: Pool) -> None:
    """Waiting ends with the cancel, and there is no duration."""
    job_id = await enqueue_one(pool)
    await ask(pool, "cancel", job_id)
    job = await get(pool, job_id)
    assert job.started_at is None
    assert job.ended_at is not None
    assert job.duration_ms(job.ended_at) == 0


async def test_created_then_claimed_is_running(pool: Pool) -> None:
    """(none) -> PENDING -> RUNNING: the claim counts the attempt and starts the job."""
    job_id = await enqueue_one(pool)
    assert await status(pool, job_id) is Status.PENDING
    claim = await (await Hand.join(pool)).claim_one()
    job = await get(pool, job_id)
    assert (claim.id, claim.attempt, job.status, job.attempt) == (job_id, 1, Status.RUNNING, 1)
    assert job.started_at == claim.started_at


@pytest.mark.parametrize("failed", [False, True])
async def test_returned_or_threw_for_the_last_time_is_finished(pool: Pool, failed: bool) -> None:
    """RUNNING -> FINISHED, with the error flag if it threw; started_at stays that of the first start."""
    await enqueue_one(pool)
    hand = await Hand.join(pool)
    claim = await hand.claim_one()
    (ended,) = await hand.finish(claim, failed=failed)
    job = await get(pool, claim.id)
    assert (ended, job.status, job.has_errors) == (Status.FINISHED, Status.FINISHED, failed)
    assert job.ended_at is not None
    assert job.created_at < claim.started_at == job.started_at <= job.ended_at


async def test_threw_with_tries_left_is_pending_again(pool: Pool) -> None:
    """RUNNING -> PENDING: a failure more, ready after the backoff, the first start kept, the next attempt counted."""
    job_id = await enqueue_one(pool, max_attempts=3)
    hand = await Hand.join(pool)
    first = await hand.claim_one()
    assert await hand.retry(first, delay_ms=60_000)
    row = await rows(pool, job_id)
    assert (row["status"], row["failures"], row["attempt"], row["worker_id"]) == ("PENDING", 1, 1, None)
    assert row["ready_at"] > first.started_at
    assert await hand.claim() == []
    await pool.execute("update headrace.jobs_live set ready_at = now()")
    second = await hand.claim_one()
    assert (second.attempt, second.failures, second.started_at) == (2, 1, first.started_at)
    assert await events(pool, job_id) == ["retried"]


async def test_handed_back_is_pending_and_counts_no_failure(pool: Pool) -> None:
    """RUNNING -> PENDING, before jobs that are newer than it."""
    job_id = await enqueue_one(pool)
    hand = await Hand.join(pool)
    claim = await hand.claim_one()
    await enqueue_one(pool)
    assert await hand.hand_back(claim)
    again = await hand.claim_one()
    assert (again.id, again.attempt, again.failures) == (job_id, 2, 0)
    assert await events(pool, job_id) == ["handed over"]


@pytest.mark.parametrize(
    ("state", "wanted"),
    [("RUNNING", "PENDING"), ("STOPPING", "STOPPED"), ("CANCELING", "CANCELED"), (PARKED, "RUNNING")],
)
async def test_the_worker_died(pool: Pool, state: str, wanted: str) -> None:
    """What a dead worker held goes on, or ends as it was asked to; a parked job has no worker to lose."""
    job_id = await job_in(pool, state)
    await pool.execute("update headrace.workers set heartbeat_at = now() - interval '1 hour'")
    async with pool.transaction() as conn:
        await liveness.rescue(conn, stale_ms=1000)
    row = await rows(pool, job_id)
    assert row["status"] == wanted
    if wanted in ("PENDING", "STOPPED"):
        assert (row["worker_id"], row["failures"]) == (None, 0)
        assert (await events(pool, job_id))[-1] == "rescued"


@pytest.mark.parametrize("kind", ["delayed", "retried"])
async def test_a_resumed_job_keeps_its_time(pool: Pool, kind: str) -> None:
    """PENDING -> STOPPED -> PENDING, twice: a delay, or a backoff, goes on; then it is claimed in time."""
    hand = await Hand.join(pool)
    if kind == "delayed":
        job_id = await enqueue_one(pool, delay_ms=3_600_000)
    else:
        job_id = await enqueue_one(pool, max_attempts=3)
        await hand.retry(await hand.claim_one(), delay_ms=3_600_000)
    due = (await rows(pool, job_id))["ready_at"]
    for _ in range(2):
        await ask(pool, "stop", job_id)
        assert (await rows(pool, job_id))["ready_at"] is None
        await ask(pool, "resume", job_id)
        row = await rows(pool, job_id)
        assert (row["status"], row["ready_at"], row["due_at"]) == ("PENDING", due, None)
        assert await hand.claim() == []
    await make_due(pool, job_id)
    assert (await hand.claim_one()).id == job_id


async def test_a_job_whose_time_came_while_it_was_stopped_starts_when_it_is_resumed(pool: Pool) -> None:
    """At its old place in the queue: before jobs that are newer than it."""
    job_id = await enqueue_one(pool, delay_ms=3_600_000)
    await ask(pool, "stop", job_id)
    passed = "due_at = clock_timestamp(), created_at = created_at - interval '1 hour'"
    await pool.execute(f"update headrace.jobs_live set {passed}")
    await enqueue_one(pool)
    await ask(pool, "resume", job_id)
    assert (await (await Hand.join(pool)).claim_one()).id == job_id


async def test_a_parked_job_that_is_resumed_looks_at_once(pool: Pool) -> None:
    """What it waits for may have come meanwhile; it does not wait for the deadline of its wait."""
    job_id = await job_in(pool, PARKED)
    await ask(pool, "stop", job_id)
    await ask(pool, "resume", job_id)
    assert job_id in [claim.id for claim in await (await Hand.join(pool)).claim(10)]


async def test_stopping_becomes_stopped_at_its_safe_point(pool: Pool) -> None:
    """RUNNING -> STOPPING -> STOPPED -> PENDING -> RUNNING: a new attempt, no failure, the first start kept."""
    job_id = await enqueue_one(pool)
    hand = await Hand.join(pool)
    claim = await hand.claim_one()
    await ask(pool, "stop", job_id)
    assert await hand.stopped(claim)
    assert await events(pool, job_id) == ["stopping", "stopped"]
    await ask(pool, "resume", job_id)
    again = await hand.claim_one()
    assert (again.attempt, again.failures, again.started_at) == (2, 0, claim.started_at)


async def test_stopping_is_finished_if_it_ends_first(pool: Pool) -> None:
    """STOPPING -> FINISHED: the work was done before the stop was noticed."""
    job_id = await job_in(pool, "STOPPING")
    claim_attempt = (await get(pool, job_id)).attempt
    hand = await Hand.join(pool)
    async with pool.transaction() as conn:
        (ended,) = await finish(conn, [Finish(job_id, claim_attempt)])
    assert ended is Status.FINISHED
    assert await hand.claim() == []


async def test_canceling_ends_canceled_whatever_its_script_did(pool: Pool) -> None:
    """CANCELING -> CANCELED, and it never goes back to the queue."""
    job_id = await enqueue_one(pool, max_attempts=5)
    hand = await Hand.join(pool)
    claim = await hand.claim_one()
    await ask(pool, "cancel", job_id)
    assert not await hand.retry(claim)
    assert not await hand.hand_back(claim)
    assert not await hand.stopped(claim)
    (ended,) = await hand.finish(claim)
    assert ended is Status.CANCELED


@pytest.mark.parametrize("command", ["force", "handover", "death", "park"])
async def test_a_lost_claim_writes_nothing(pool: Pool, command: str) -> None:
    """Invariant 2: whoever lost its claim cannot end the job in any way, also not once it runs again."""
    job_id = await enqueue_one(pool)
    hand = await Hand.join(pool)
    lost = await hand.claim_one()
    match command:
        case "force":
            await ask(pool, "force", job_id)
            await ask(pool, "resume", job_id)
        case "handover":
            await hand.hand_back(lost)
        case "death":
            await hand.die()
        case "park":
            await hand.park(lost)
            await pool.execute("update headrace.jobs_live set ready_at = now()")
    for others in range(2):
        before = await everything(pool)
        assert await hand.finish(lost, results={"from": "a lost claim"}) == []
        assert not await hand.retry(lost)
        assert not await hand.hand_back(lost)
        assert not await hand.stopped(lost)
        assert await everything(pool) == before
        if not others:
            assert (await (await Hand.join(pool)).claim_one()).attempt == 2


async def test_only_one_of_two_ends_counts(pool: Pool) -> None:
    """A claim ends once: the second finish of the same attempt answers nothing and changes nothing."""
    await enqueue_one(pool)
    hand = await Hand.join(pool)
    claim = await hand.claim_one()
    assert len(await hand.finish(claim, results={"n": 1})) == 1
    before = await everything(pool)
    assert await hand.finish(claim, results={"n": 2}) == []
    assert await everything(pool) == before
