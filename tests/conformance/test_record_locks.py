"""Record.lock, tryLock and unlock: jobs take turns on a record."""

from __future__ import annotations

import asyncio
from uuid import UUID

from engine.model import JobType, NewJob, Status
from tests.conformance.conftest import POLL_S, Lab
from tests.conformance.scripts import Script, both
from tests.conformance.scripts import script as written
from tests.patience import patience

HOLD = """
record = sys.data.findById('companies', params.id);
record.lock();
sys.jobs.logInfo('held');
sys.utils.script.wait(params.ms);
return record.unlock();
"""
COUNT = """
record = sys.data.findById('companies', params.id);
record.lock();
before = record.field('size').val();
sys.utils.script.wait(20);
record.field('size').val(before + 1);
sys.data.save(record);
record.unlock();
return before;
"""
ASK = """
record = sys.data.findById('companies', params.id);
return [record.tryLock(), refused(@ record.lock(30))];
"""
WITHIN = """
record = sys.data.findById('companies', params.id);
record.lock();
ids = sys.jobs.executeInJob([1], null, @item refused(@ record.lock()), 1);
return sys.jobs.waitForJobs(ids, 'FINISHED')[0].results();
"""
AGAIN = """
record = sys.data.findById('companies', params.id);
record.lock();
sys.jobs.logInfo('attempt');
if (sys.jobs.getCurrentJob().attempt() < 2) sys.exceptions.throwException('unknownError', 'later');
return record.unlock();
"""


async def holding(lab: Lab, script: Script, record_id: str, ms: int = 3_600_000) -> UUID:
    """The id of a job that holds the record's lock, and waits."""
    job_id = await lab.start(script, id=record_id, ms=ms)
    async with patience("the holder of the lock"):
        while "held" not in await lab.messages(job_id):  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(POLL_S)
    await lab.parked(job_id)
    return job_id


@both("""
record = sys.data.findById('companies', params.id);
first = record.tryLock();
again = [record.lock(), record.tryLock(), record.lock(0)];
return [first, again, record.unlock(), record.unlock(), record.tryLock()];
""")
async def test_one_job(lab: Lab, script: Script) -> None:
    """A free lock is had at once, the own one again; one unlock gives it back, and then there is none to give."""
    (record_id,) = await lab.save({"name": "A"})
    assert await lab.value(script, id=record_id) == [True, [True, True, True], True, False, True]


@both(HOLD)
async def test_two_jobs(lab: Lab, script: Script) -> None:
    """What another job holds is not had: tryLock says so, lock waits for it as long as it is told to."""
    (record_id,) = await lab.save({"name": "A"})
    holder = await holding(lab, script, record_id)
    ask = written(script.name.partition(".")[2], ASK)
    tried, refused = await lab.value(ask, id=record_id)
    assert tried is False
    assert refused == [
        "timeout", f"the lock of record {record_id} of companies was not free within 30 ms: job {holder} holds it"
    ]  # fmt: skip


@both(COUNT)
async def test_turns(lab: Lab, script: Script) -> None:
    """Jobs that read, think and save under the lock miss none of the others' changes, in the order of their asking."""
    (record_id,) = await lab.save({"name": "A", "size": 0})
    jobs = [await lab.start(script, id=record_id) for _ in range(6)]
    left = [await lab.left(job_id) for job_id in jobs]
    assert sorted(one["results"]["response"] for one in left) == list(range(6)), left
    assert (await lab.company(record_id) or {})["size"] == 6


@both(HOLD)
async def test_ends_of_the_holder(lab: Lab, script: Script) -> None:
    """A lock goes on to the next when its job is canceled while it waits; a stopped job keeps it, and gets none."""
    (record_id,) = await lab.save({"name": "A"})
    first = await holding(lab, script, record_id)
    second = await lab.start(script, id=record_id, ms=0)
    await lab.parked(second)
    third = await lab.start(script, id=record_id, ms=0)
    await lab.parked(third)
    await lab.stop(first)
    await lab.stop(second)
    assert (await lab.get(third)).status is Status.RUNNING
    await lab.cancel(first)
    assert (await lab.left(third))["results"]["response"] is True
    await lab.resume(second)
    assert (await lab.left(second))["results"]["response"] is True


@both(WITHIN)
async def test_deadlock(lab: Lab, script: Script) -> None:
    """A circle, here of a parent that waits for the child that waits for its lock, ends with an error for who asked."""
    (record_id,) = await lab.save({"name": "A"})
    left = await lab.value(script, id=record_id)
    ((code, message),) = left["results"]["response"]
    assert code == "timeout"
    assert message.startswith("a deadlock: job ")


@both(js=AGAIN, py=AGAIN.replace("if (", "if ").replace("2) ", "2: "))
async def test_next_attempt(lab: Lab, script: Script) -> None:
    """A lock outlives the attempt that took it: the next one replays the call, and has it still."""
    (record_id,) = await lab.save({"name": "A"})
    spec = {
        "scriptName": script.name, "source": script.source, "language": script.language, "params": {"id": record_id}
    }  # fmt: skip
    job = await lab.create(NewJob(lab.app, JobType.EXECUTE_SCRIPT, script.name, "Test", spec, max_attempts=2))
    assert (await lab.left(job))["results"]["response"] is True
    assert (await lab.get(job)).attempt == 2
    assert (await lab.messages(job)).count("attempt") == 1


@both("""
record = sys.data.findById('companies', params.id);
stale = sys.data.findById('companies', params.id);
record.field('size').val(7);
sys.data.save(record);
stale.lock();
seen = stale.field('size').val();
sys.data.remove(stale);
return [seen, code(@ stale.lock()), code(@ sys.data.createRecord('companies').lock()), code(@ record.lock(-1)),
        code(@ record.tryLock()), record.unlock()];
""")
async def test_the_record_of_a_lock(lab: Lab, script: Script) -> None:
    """A lock brings the record as it is now; one that is gone is notFound, one that was never saved badRequest."""
    (record_id,) = await lab.save({"name": "A", "size": 1})
    found = await lab.value(script, id=record_id)
    assert found == [7, "notFound", "badRequest", "badRequest", "notFound", True]


@both("""
record = sys.data.findById('companies', params.id);
if (params.first) { record.lock(); sys.jobs.continueAsNew({'id': params.id}); }
return sys.jobs.executeInJob([1], null, @item record.tryLock(), 1);
""", py="""
record = sys.data.findById('companies', params.id)
if params.get('first'):
    record.lock()
    sys.jobs.continueAsNew({'id': params.id})
return sys.jobs.executeInJob([1], null, lambda item: record.tryLock(), 1)
""")  # fmt: skip
async def test_continue_as_new(lab: Lab, script: Script) -> None:
    """A job that begins anew has given its locks back."""
    (record_id,) = await lab.save({"name": "A"})
    (child,) = await lab.value(script, id=record_id, first=True)
    assert (await lab.left(child))["results"]["response"] == [True]
