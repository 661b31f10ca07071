"""The demo's claims: what it says about the jobs that it shows is checked, and a claim that fails is seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from engine.model import Job, JobType, Status
from examples.demo_report import Report
from examples.demo_stories import Claim, Told, claims

AT = datetime(2026, 1, 1, tzinfo=UTC)


def job(number: int, **changes: object) -> Job:
    row = {"id": UUID(int=number), "parent_id": None, "app": "crm", "name": "count", "type": "EXECUTE_SCRIPT"}
    read = Job.from_row({**dict.fromkeys(Job.__dataclass_fields__), **row, "status": "FINISHED", "created_at": AT})
    return replace(read, parent_id=UUID(int=1) if number > 1 else None, failures=0, attempt=1, **changes)


def broken(story: str, response: object, *jobs: Job) -> list[str]:
    """The claims about a story that do not hold."""
    told = Told(story, f"{story}.js", jobs, {"results": {"status": "ok", "response": response}})
    return [claim.text for claim in claims(told) if not claim.holds]


def test_a_story_that_went_well_leaves_no_claim_broken() -> None:
    """Ended jobs without errors and the expected value are all that is asked."""
    assert broken("watch", 23, job(1), job(2)) == []


@pytest.mark.parametrize(
    ("response", "child", "claim"),
    [
        (23, {"status": Status.RUNNING}, "its 2 jobs have ended"),
        (23, {"has_errors": True}, "without an error"),
        (22, {}, "returned 23"),
    ],
)
def test_each_way_to_go_wrong_breaks_its_claim(response: object, child: dict[str, object], claim: str) -> None:
    """A job that is not over, an error nobody planned, and another value are each told apart."""
    assert broken("watch", response, job(1), job(2, **child)) == [claim]


def test_errors_on_purpose_are_no_failure() -> None:
    """The story of the error must have its error, twice, with its code; none is as wrong as another one."""
    failing = replace(job(2, name="failing", has_errors=True, type=JobType.EXECUTE_ACTION), failures=2)
    assert broken("errors", {"error": {"code": "badRequest"}}, job(1), failing) == []
    assert broken("errors", {}, job(1), failing) == ["the job below it threw badRequest twice"]


def test_a_canceled_job_is_what_the_story_of_canceling_ends_with() -> None:
    """The job below the story must be CANCELED and nothing else."""
    assert broken("cancel", "CANCELED", job(1), job(2, status=Status.CANCELED)) == []
    assert broken("cancel", "CANCELED", job(1), job(2)) == ["the job below it is CANCELED"]


def test_the_report_says_whether_every_claim_holds(capsys: pytest.CaptureFixture[str]) -> None:
    """One broken claim makes the whole report bad, and shows what was found instead."""
    report = Report()
    assert report.checks({"a": [Claim("is there", True)]})
    assert not report.checks({"a": [Claim("is there", True), Claim("is 2", False, 3)]})
    assert capsys.readouterr().out.splitlines()[-1].split() == ["FAILED", "a", "is", "2:", "found", "3"]
