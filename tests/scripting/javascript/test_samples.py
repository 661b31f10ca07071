"""Every sample of the seed (003, sys.jobs) runs verbatim."""

from pathlib import Path

import pytest

from scripting.model import Json
from scripting.runtime import HostError
from tests.scripting.javascript.scripts import run
from tests.scripting.python.scripts import FakeHost

SAMPLES = sorted((Path(__file__).parent.parent / "samples").glob("*.js"))
JOB: Json = {"id": "J1", "label": "a job"}
LOG: Json = {"timestamp": {"$date": 1}, "level": "INFO", "message": "hello", "additionalInfo": None}
LINES: dict[str, list[str]] = {
    "find": ["job with errors: a job"],
    "findById": ["job: a job"],
    "findQuery": [],
    "getCurrentJob": ["job id: a job"],
    "getCurrentJobId": ["job id: J1"],
    "logError": ["adds an error log!"],
    "logInfo": ["this is a test log!"],
    "logs": ["logs for job [a job]", "   INFO: hello"],
    "removeLowPriority": ["job flagged as low priority", "job unflagged as low priority"],
    "setLowPriority": ["job flagged as low priority"],
    "waitForJob": ["job finished!!!"],
    "waitForJobAnyOf": ["job finished!!!"],
}


def host(**answers: object) -> FakeHost:
    """A host with one job that has one line of log."""
    found: dict[str, object] = {
        "data.executeAction": "J1", "jobs.findById": JOB, "jobs.current": JOB, "jobs.currentId": "J1",
        "jobs.find": {"items": [JOB], "next": None}, "jobs.logs": {"items": [LOG], "next": None}, "jobs.wait": [JOB],
    }  # fmt: skip
    return FakeHost({**found, **answers})


def test_all_samples_are_known() -> None:
    """No sample is left out."""
    assert [path.stem for path in SAMPLES] == sorted(LINES)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_sample(path: Path) -> None:
    """It runs, and logs what its author meant."""
    fake = host()
    run(path.read_text(), host=fake)
    assert fake.logged() == LINES[path.stem]


@pytest.mark.parametrize("name", ["waitForJob", "waitForJobAnyOf"])
def test_timeout_of_a_sample(name: str) -> None:
    """The samples that wait catch the time-out by its code."""
    fake = host(**{"jobs.wait": HostError("timeout", "too long", {})})
    run(next(path for path in SAMPLES if path.stem == name).read_text(), host=fake)
    assert fake.logged() == ["timeout execution the job"]
