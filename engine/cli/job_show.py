"""`headrace job show`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from engine.cli import loop
from engine.cli.database import check_id, existing, find_job
from engine.cli.exits import Exit
from engine.cli.follow import status_style, status_word
from engine.cli.output import Output, flat, plain
from engine.cli.tree import tree_document, tree_lines
from engine.cli.words import duration, exact
from engine.db.pool import Pool
from engine.jobs import changes, logs, store
from engine.jobs.changes import Change
from engine.jobs.documents import change_document, job_document
from engine.jobs.logs import LogQuery
from engine.model import Job
from engine.settings import Loaded


def show(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """One job, or its tree."""
    return loop.run(_show(given, loaded, output))


async def _show(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    check_id(given.id, given.app)
    now = datetime.now(UTC)
    async with existing(loaded) as pool:
        job = await find_job(pool, given.id, given.app)
        if given.tree:
            await _show_tree(pool, job, now, output)
        else:
            await _show_one(pool, job, now, output)
    return Exit.DONE


async def _show_tree(pool: Pool, job: Job, now: datetime, output: Output) -> None:
    async with pool.acquire() as conn:
        jobs = await store.descendants(conn, job.app, job.id)
    if output.as_json:
        output.document(tree_document(jobs, now))
        return
    for line in tree_lines(jobs, now, output):
        output.line(line)


async def _show_one(pool: Pool, job: Job, now: datetime, output: Output) -> None:
    async with pool.acquire() as conn:
        left = await store.results(conn, job.app, job.id)
        happened = await changes.of_job(conn, job.app, job.id)
        lines = await logs.count(conn, job.app, job.id, LogQuery.parse({}, now))
    if output.as_json:
        changed = [change_document(change) for change in happened]
        output.document({**job_document(job, now), "results": left, "changes": changed, "logLines": lines})
        return
    for name, value in _facts(job, now, lines):
        painted = output.paint(value, status_style(job)) if name == "status" else value
        output.line(f"{output.paint(f'{name:11}', 'bold')} {painted}")
    for line in _story(happened, left or {}, output):
        output.line(line)


def _facts(job: Job, now: datetime, lines: int) -> Iterator[tuple[str, str]]:
    yield "id", str(job.id)
    yield "label", flat(job.label)
    yield "type", f"{job.type.value} {job.name}"
    yield "app", job.app if job.app_version is None else f"{job.app}, version {job.app_version}"
    yield "status", status_word(job)
    yield "progress", f"{job.progress}%" + (f", {flat(job.status_message)}" if job.status_message else "")
    yield "created", exact(job.created_at)
    yield "started", f"{exact(job.started_at)}, waited {duration(job.waiting_ms(now))}"
    yield "ended", f"{exact(job.ended_at)}, took {duration(job.duration_ms(now))}" if job.started_at else "-"
    yield "attempt", f"{job.attempt}, {job.failures} of {job.max_attempts} failed"
    yield "queue", job.queue + (", low priority" if job.low_priority else "")
    if job.ready_at is not None and job.ready_at > now:
        yield "ready", exact(job.ready_at)
    if job.run_by is not None:
        yield "run by", job.run_by_name or job.run_by
    if job.parent_id is not None:
        yield "parent", str(job.parent_id)
        yield "root", str(job.root_id)
    if job.data:
        yield "data", plain(json.dumps(job.data, ensure_ascii=False))
    yield "log", f"{lines} lines" + (f": headrace job logs {job.id}" if lines else "")


def _story(happened: Sequence[Change], left: Mapping[str, Any], output: Output) -> Iterator[str]:
    """What happened to the job beside its start and end, and what it left."""
    if happened:
        yield output.paint("changes", "bold")
    for change in happened:
        detail = f": {flat(change.detail)}" if change.detail else ""
        yield f"  {exact(change.at)} attempt {change.attempt} {change.event}{detail}"
    for name in ("error", "results"):
        if name in left:
            yield output.paint(name, "red" if name == "error" else "bold")
            text = json.dumps(left[name], ensure_ascii=False, indent=2)
            yield "\n".join(f"  {line}" for line in plain(text).split("\n"))
