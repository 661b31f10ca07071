"""sys.jobs.Job and JobLog: methods over a snapshot."""

from scripting.model import Json
from tests.scripting.javascript.scripts import run
from tests.scripting.python.scripts import NOW_MS, FakeHost

JOB: dict[str, Json] = {
    "id": "J1", "label": "a job", "type": "EXECUTE_ACTION", "status": "RUNNING", "progress": 40, "hasErrors": False,
    "createDate": {"$date": NOW_MS - 500}, "startDate": {"$date": NOW_MS - 300}, "endDate": None,
    "runBy": {"id": "U1", "label": "Ann"}, "data": {"actionName": "greet"}, "parentJob": None, "rootJob": "J1",
    "lowPriority": False, "attempt": 1, "statusMessage": None,
}  # fmt: skip


def of_job(expression: str, **changes: Json) -> Json:
    """The expression over the job `j`."""
    host = FakeHost({"jobs.findById": {**JOB, **changes}, "jobs.results": {"results": {}}})
    return run(f"var j = sys.jobs.findById('J1'); return {expression}", host=host)


def test_snapshot() -> None:
    """Each method answers its part; name is another word for label."""
    assert of_job("[j.id(), j.label(), j.name(), j.type(), j.status(), j.progress(), j.hasErrors()]") == [
        "J1", "a job", "a job", "EXECUTE_ACTION", "RUNNING", 40, False,
    ]  # fmt: skip
    assert of_job("[j.data(), j.parentJob(), j.rootJob(), j.lowPriority(), j.attempt(), j.statusMessage()]") == [
        {"actionName": "greet"}, None, "J1", False, 1, None,
    ]  # fmt: skip


def test_dates() -> None:
    """Dates are JavaScript's own; null where there is none."""
    expected = [NOW_MS - 500, True, None]
    assert of_job("[j.createDate().getTime(), j.startDate() instanceof Date, j.endDate()]") == expected


def test_waiting_and_duration() -> None:
    """Both count from the dates, and grow with the clock until the date that ends them."""
    assert of_job("[j.waiting(), j.duration()]") == [200, 300]
    assert of_job("[j.waiting(), j.duration()]", startDate=None) == [500, 0]
    assert of_job("[j.waiting(), j.duration()]", endDate={"$date": NOW_MS - 100}) == [200, 200]


def test_run_by() -> None:
    """Who started the job, with id and name; null if nobody did."""
    assert of_job("[j.runBy().id(), j.runBy().name(), j.runBy().label()]") == ["U1", "Ann", "Ann"]
    assert of_job("j.runBy()", runBy=None) is None


def test_own_calls() -> None:
    """results, logs, logInfo and logError ask the host for this job."""
    log: Json = {"timestamp": {"$date": 5}, "level": "INFO", "message": "m", "additionalInfo": None}
    host = FakeHost({"jobs.findById": JOB, "jobs.results": {"r": 1}, "jobs.logs": {"items": [log], "next": None}})
    source = """
    var j = sys.jobs.findById('J1'), l = j.logs({level: 'INFO'}).next();
    j.logInfo('a'); j.logError('b');
    return [j.results(), l.timestamp().getTime(), l.level(), l.message(), l.additionalInfo()]"""
    assert run(source, host=host) == [{"r": 1}, 5, "INFO", "m", None]
    assert host.calls[1:] == [
        ("jobs.logs", ["J1", {"level": "INFO"}, None]),
        ("jobs.log", ["J1", "INFO", "a"]),
        ("jobs.log", ["J1", "ERROR", "b"]),
        ("jobs.results", ["J1"]),
    ]


def test_no_job() -> None:
    """A job that does not exist is null."""
    assert run("return [sys.jobs.findById('x'), sys.jobs.getCurrentJob(), sys.jobs.getCurrentJobId()]") == [None] * 3


def test_a_job_is_json() -> None:
    """A job in a log or a result shows its snapshot."""
    assert of_job("j", createDate=None, startDate=None) == {**JOB, "createDate": None, "startDate": None}
