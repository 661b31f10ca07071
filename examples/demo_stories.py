"""The stories of examples/crm/scripts: what each shows, and what must have come of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.cli.table import cut
from engine.model import Job, Status

LANGUAGES = {".js": "javascript", ".py": "python"}

IMPORT = "import"
SHOWS: Mapping[str, str] = {
    IMPORT: "a real data set comes in as a job that the script watches",
    "watch": "an action in the background, followed by its status, its logs and its results",
    "wait": "waiting for one of several statuses, for several jobs, and in vain",
    "chunks": "a list of work, split over child jobs",
    "stop": "a long job is stopped, resumed and finishes",
    "cancel": "a long job is canceled",
    "priority": "jobs that let others go first",
    "errors": "a job whose script throws",
}

# Of the data set: 23 companies are of size class a, which chunks.js and chunks.py split by eight.
RETURNS: Mapping[str, Any] = {
    "watch": 23,
    "wait": {"results": {"status": "ok", "response": {"counted": 30}}},
    "chunks": 3,
    "stop": {"results": {"status": "ok", "response": {"counted": 20}}},
    "cancel": "CANCELED",
    "priority": 3,
}
MEANT_TO_FAIL = ("failing", "failingPython")
SHOWN_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Told:
    """A story that has ended: the jobs of its tree, its own first, and what the first one left."""

    story: str
    file: str
    jobs: Sequence[Job]
    left: Mapping[str, Any]

    @property
    def response(self) -> Any:
        """What the script returned, None if it threw."""
        return self.left.get("results", {}).get("response")


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that the demo shows, and whether it is so."""

    text: str
    holds: bool
    found: object = None


def claims(told: Told) -> Iterator[Claim]:
    """What must be true of any story, and of this one."""
    count = len(told.jobs)
    open_jobs = [f"{job.label} is {job.status}" for job in told.jobs if not job.status.is_final]
    yield Claim("its job has ended" if count == 1 else f"its {count} jobs have ended", not open_jobs, open_jobs)
    failed = [job.label for job in told.jobs if job.has_errors and job.name not in MEANT_TO_FAIL]
    error = told.left.get("error")
    yield Claim(
        "without an error" if told.story != "errors" else "no error but the one on purpose", not failed, error or failed
    )
    if told.story in RETURNS:
        yield Claim(f"returned {short(RETURNS[told.story])}", told.response == RETURNS[told.story], told.response)
    yield from _of_children(told)


def _of_children(told: Told) -> Iterator[Claim]:
    children = told.jobs[1:]
    match told.story:
        case "cancel":
            ends = [job.status.value for job in children]
            yield Claim("the job below it is CANCELED", ends == [Status.CANCELED.value], ends)
        case "stop":
            tries = [job.attempt for job in children]
            yield Claim("the stopped job went on", len(tries) == 1 and tries[0] > 1, tries)
        case "errors":
            found = ((told.response or {}).get("error", {}).get("code"), [job.failures for job in children])
            yield Claim("the job below it threw badRequest twice", found == ("badRequest", [2]), found)


def short(value: object) -> str:
    """A value of scripts as JSON, cut to what fits into a column."""
    return cut(json.dumps(value, ensure_ascii=False), SHOWN_LENGTH)
