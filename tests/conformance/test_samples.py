"""Every sample of seed 003, verbatim in JavaScript and its twin in Python, against the engine itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.conftest import Lab
from tests.conformance.scripts import Script

FOLDER = Path(__file__).resolve().parents[1] / "scripting" / "samples"
SAMPLES = sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".js", ".py"))


def sample(name: str) -> Script:
    """The sample as its file has it."""
    return Script(name, (FOLDER / name).read_text(encoding="utf-8"))


async def prepared(lab: Lab) -> list[str]:
    """Two companies of type a, and three jobs that have finished, the last with an error."""
    await lab.save({"name": "One", "type": "a"}, {"name": "Two", "type": "a"})
    jobs = [await lab.action("pause"), await lab.action("speak"), await lab.action("speak")]
    for job in jobs:
        await lab.reached(job)
    return [str(job) for job in jobs]


async def started(lab: Lab) -> str:
    """The id of the one job that the sample started."""
    rows = await lab.pool.fetch(
        "select id from headrace.jobs where app = $1 and name = 'companies.logSomething'", lab.app
    )
    assert len(rows) == 1
    return str(rows[0]["id"])


def test_each_sample_is_there_twice() -> None:
    """Each sample has a twin; the folder has all twelve of the seed."""
    assert len(SAMPLES) == 24
    assert {Path(name).stem for name in SAMPLES if name.endswith(".js")} == {
        Path(name).stem for name in SAMPLES if name.endswith(".py")
    }


@pytest.mark.parametrize("name", SAMPLES)
async def test_sample(lab: Lab, name: str) -> None:
    """The sample finishes without an error, and has the effect that the seed says."""
    others = await prepared(lab)
    job_id = await lab.start(sample(name))
    job = await lab.reached(job_id)
    left = await lab.left(job_id)
    said = await lab.messages(job_id)
    assert "error" not in left, left
    match Path(name).stem:
        case "find":
            assert said == ["job with errors: speak"] * 2
        case "findById":
            assert said == ["job: logSomething on companies"]
        case "findQuery":
            assert said == []
        case "getCurrentJob":
            assert said == ["job id: Test script"]
        case "getCurrentJobId":
            assert said == [f"job id: {job_id}"]
        case "logInfo" | "logError" as stem:
            text, error = {"logInfo": ("this is a test log!", False), "logError": ("adds an error log!", True)}[stem]
            # The last three jobs: the sample's own, and two of the three before it.
            assert said == [text]
            assert job.has_errors is error
            assert [text in await lab.messages(other) for other in others] == [False, True, True]
        case "logs":
            heard = ["   INFO: first", "   ERROR: second, of Errors", "   INFO: third"]
            assert said == ["logs for job [speak]", *heard, "logs for job [speak]", *heard, "logs for job [pause]"]
        case "setLowPriority":
            assert said == ["job flagged as low priority"]
            assert (await lab.get(await started(lab))).low_priority
        case "removeLowPriority":
            assert said == ["job flagged as low priority", "job unflagged as low priority"]
            assert not (await lab.get(await started(lab))).low_priority
        case "waitForJob" | "waitForJobAnyOf":
            assert said == ["job finished!!!"]
            assert await lab.messages(await started(lab)) == ["One: a, b", "Two: a, b"]
        case other:
            pytest.fail(f"no effect is known of {other}")
