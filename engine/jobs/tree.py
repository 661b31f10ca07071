"""Jobs as a tree: each one below the job that started it, with the branch on which it hangs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    # A stack, not recursion: a chain of jobs may be longer than Python's stack is deep.
    stack = [("", "", job) for job in reversed(below.get(None, []))]
    while stack:
        branch, stem, job = stack.pop()
        yield branch, job
        children = below.get(job.id, [])
        for child in reversed(children):
            last = child is children[-1]
            stack.append((f"{stem}{'└─ ' if last else '├─ '}", f"{stem}{'   ' if last else '│  '}", child))
