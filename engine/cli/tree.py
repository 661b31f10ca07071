"""A job and all that came of it, as a tree."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from engine.cli.follow import status_style, status_word
from engine.cli.output import Output, flat
from engine.cli.table import table
from engine.cli.words import duration
from engine.jobs.documents import job_document
from engine.jobs.tree import branches
from engine.model import Job

_HEADER = ("JOB", "STATUS", "WAITED", "TOOK", "TYPE", "ID")


def tree_lines(jobs: Sequence[Job], now: datetime, output: Output) -> list[str]:
    """One line a job, children below their parent; `jobs` begins with the root."""
    rows = [[f"{branch}{flat(job.label)}", *_cells(job, now)] for branch, job in branches(jobs)]
    styles = {str(job.id): status_style(job) for job in jobs}

    def paint(column: int, text: str, row: Sequence[str]) -> str:
        return output.paint(text, styles[row[-1]]) if column == 1 else text

    return table(_HEADER, rows, right=(2, 3), paint=paint)


def _cells(job: Job, now: datetime) -> list[str]:
    took = duration(job.duration_ms(now)) if job.started_at else "-"
    return [status_word(job), duration(job.waiting_ms(now)), took, job.type.value, str(job.id)]


def tree_document(jobs: Sequence[Job], now: datetime) -> dict[str, Any]:
    """The root as a document, with `children` in each."""
    documents = {job.id: {**job_document(job, now), "children": []} for job in jobs}
    for job in jobs[1:]:
        if job.parent_id is not None:
            documents[job.parent_id]["children"].append(documents[job.id])
    return documents[jobs[0].id]
