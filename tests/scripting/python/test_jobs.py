"""sys.jobs.Job and sys.jobs.JobLog (seed 003)."""

import pytest

from scripting.model import Json
from tests.scripting.python.scripts import NOW_MS, FakeHost, run

JOB: dict[str, Json] = {
    "id": "J1",
    "label": "Import",
    "type": "IMPORT_RECORDS",
    "status": "FINISHED",
    "progress": 100,
    "hasErrors": True,
    "createDate": {"$date": NOW_MS - 9000},
    "startDate": {"$date": NOW_MS - 7000},
    "endDate": {"$date": NOW_MS - 2000},
    "runBy": {"id": "U1", "label": "Ann"},
    "data": {"fileName": "a.csv"},
    "parentJob": "J0",
    "rootJob": "J0",
    "lowPriority": True,
    "attempt": 2,
    "statusMessage": "done",
}
PENDING = {**JOB, "startDate": None, "endDate": None, "runBy": None}
RUNNING = {**JOB, "endDate": None}


def ask(expression: str, job: Json = JOB, **answers: Json) -> Json:
    """What the expression says about the job."""
    host = FakeHost({"jobs.findById": job, **answers})
    return run(f"job = sys.jobs.findById('J1')\nreturn {expression}", host=host)


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("id", "J1"), ("label", "Import"), ("name", "Import"), ("type", "IMPORT_RECORDS"), ("status", "FINISHED"),
        ("progress", 100), ("waiting", 2000), ("duration", 5000), ("hasErrors", True),
        ("createDate", {"$date": NOW_MS - 9000}), ("startDate", {"$date": NOW_MS - 7000}),
        ("endDate", {"$date": NOW_MS - 2000}), ("data", {"fileName": "a.csv"}), ("parentJob", "J0"),
        ("rootJob", "J0"), ("lowPriority", True), ("attempt", 2), ("statusMessage", "done"),
    ],
)  # fmt: skip
def test_snapshot(method: str, value: Json) -> None:
    """Each method answers what the job was when it was read."""
    assert ask(f"job.{method}()") == value


def test_run_by() -> None:
    """runBy answers a record with id and name, or null."""
    assert ask("[job.runBy().id(), job.runBy().label(), job.runBy().name()]") == ["U1", "Ann", "Ann"]
    assert ask("job.runBy()", PENDING) is None


def test_times_grow() -> None:
    """A pending job's waiting and a running job's duration go on with the clock."""
    assert ask("[job.waiting(), job.duration()]", PENDING) == [9000, 0]
    assert ask("[job.waiting(), job.duration()]", RUNNING) == [2000, 7000]


def test_missing_job_is_null() -> None:
    """findById answers null where there is no such job."""
    assert ask("job is null", None) is True


def test_calls_carry_the_jobs_id() -> None:
    """results, logs, logInfo and logError ask about this job."""
    host = FakeHost({"jobs.findById": JOB, "jobs.logs": {"items": [], "next": None}, "jobs.results": {"results": {}}})
    run(
        """
job = sys.jobs.findById('J1')
job.logInfo('a')
job.logError('b')
job.logs({'level': 'INFO'}).count()
return job.results()
""",
        host=host,
    )
    assert host.calls[1:] == [
        ("jobs.log", ["J1", "INFO", "a"]),
        ("jobs.log", ["J1", "ERROR", "b"]),
        ("jobs.logs", ["J1", {"level": "INFO"}, None]),
        ("jobs.countLogs", ["J1", {"level": "INFO"}]),
        ("jobs.results", ["J1"]),
    ]


def test_log_lines() -> None:
    """A line of log has its time, level, message and additional information."""
    line = {"timestamp": {"$date": 5}, "level": "INFO", "message": "m", "additionalInfo": None}
    source = (
        "x = sys.jobs.logs('J1').next()\nreturn [x.timestamp().getTime(), x.level(), x.message(), x.additionalInfo()]"
    )
    assert run(source, host=FakeHost({"jobs.logs": {"items": [line], "next": None}})) == [5, "INFO", "m", None]
