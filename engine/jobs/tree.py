"""Jobs as a tree: each one below the job that started it, with the branch on which it hangs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from engine.model import Job


def branches(jobs: Sequence[Job]) -> Iterator[tuple[str, Job]]:
    """Each job behind what draws its branch ("", "├─ ", "│  └─ "), oldest first below each parent.

    A job whose parent is not among them stands at the top.
    """
    below: dict[UUID | None, list[Job]] = {}
    known = {job.id for job in jobs}
    for job in sorted(jobs, key=lambda job: job.id):
        below.setdefault(job.parent_id if job.parent_id in known else None, []).append(job)
    for job in below.get(None, ()):
        yield "", job
        yield from _children(below, job.id, "")


def _children(below: Mapping[UUID | None, Sequence[Job]], parent: UUID, stem: str) -> Iterator[tuple[str, Job]]:
    children = below.get(parent, ())
    for job in children:
        last = job is children[-1]
        yield f"{stem}{'└─ ' if last else '├─ '}", job
        yield from _children(below, job.id, f"{stem}{'   ' if last else '│  '}")
