"""Jobs are drawn as the tree in which they started each other."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from engine.jobs.tree import branches
from engine.model import Job

AT = datetime(2026, 1, 1, tzinfo=UTC)


def job(number: int, parent: int | None = None) -> Job:
    row = dict.fromkeys(Job.__dataclass_fields__)
    given = {
        "id": UUID(int=number),
        "parent_id": None if parent is None else UUID(int=parent),
        "root_id": UUID(int=1),
        "app": "crm",
        "name": str(number),
        "type": "EXECUTE_SCRIPT",
        "status": "FINISHED",
        "created_at": AT,
    }
    return Job.from_row({**row, **given})


def drawn(*jobs: Job) -> list[str]:
    return [f"{branch}{job.name}" for branch, job in branches(jobs)]


def test_children_stand_below_their_parent_oldest_first() -> None:
    """Whatever the order in which the jobs were read, the tree is drawn by who started whom, and by age."""
    assert drawn(job(5, 2), job(1), job(4, 1), job(3, 2), job(2, 1)) == [
        "1",
        "├─ 2",
        "│  ├─ 3",
        "│  └─ 5",
        "└─ 4",
    ]


def test_a_job_whose_parent_was_not_read_stands_at_the_top() -> None:
    """A part of a tree, and several trees, can be drawn as well."""
    assert drawn(job(7, 1), job(8, 7), job(2)) == ["2", "7", "└─ 8"]


def test_no_jobs_draw_nothing() -> None:
    """An empty list is an empty tree."""
    assert drawn() == []
