"""Files of rows in and out for jobs that can go on after any batch: what imports and exports of any kind share.

Each batch is one transaction with the job's checkpoint, fenced by the claim: a killed worker, a stop or
a hand-over neither skips nor repeats a row.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from engine.data import files
from engine.data.files import File
from engine.data.importrows import read_rows
from engine.data.rows import Checkpoint, Row
from engine.data.volume import Volume, volume_of
from engine.db import cancellation
from engine.db.pool import Connection
from engine.errors import BadRequest
from engine.executors.results import error_lines
from engine.executors.run import Effect, Run
from engine.jobs import store

IMPORT_BATCH = 1000

T = TypeVar("T")
CheckHeader = Callable[[tuple[str, ...]], None]
Fetch = Callable[[Connection, str | None], Awaitable["Page"]]
Count = Callable[[Connection], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """Rows that are written together: those that could be read, by line, why others could not, and what comes next."""

    good: Sequence[tuple[int, T]]
    problems: Mapping[int, str]
    next: Checkpoint


Read = Callable[[Row], tuple[T, Mapping[str, str]]]
Save = Callable[[Connection, Batch[T]], Awaitable[Mapping[int, str]]]


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows became something, and how many could not."""

    good: int
    bad: int


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of cells, and where the next page begins; None after the last."""

    rows: Sequence[Sequence[str]]
    next: str | None


async def import_rows(
    run: Run, *, check_header: CheckHeader, read: Read[T], save: Save[T], takes_json: bool = False
) -> Imported:
    """What became of the rows of the job's file `fileId`, which is CSV or, with `takes_json`, JSON Lines.

    `read` makes a value of a row, or has a reason for each cell that is wrong; `save` stores the values of a batch in
    the caller's transaction, and has the reason for each line that it refused. A bad row is counted and logged, and
    does not stop the rest. While PostgreSQL works on a batch the next one is read.
    """
    async with run.services.pool.acquire() as conn:
        file = await files.get(conn, run.claim.app, run.claim.spec["fileId"])
    place = dict(run.claim.checkpoint) or {"imported": 0, "bad": 0, "at": None}
    start = Checkpoint.from_json(place["at"]) if place["at"] else None
    rows = read_rows(_pieces(run, file, start.offset if start else 0), start=start)
    async with _ahead(_batches(_checked(rows, file, check_header, takes_json), read)) as batches:
        async for batch in batches:
            place = await _import(run, file, batch, place, save)
    return Imported(place["imported"], place["bad"])


async def _checked(
    rows: AsyncIterator[Row], file: File, check_header: CheckHeader, takes_json: bool
) -> AsyncIterator[Row]:
    """The rows of a file that this job takes."""
    header = None
    async for row in rows:
        if row.checkpoint.is_json:
            if not takes_json:
                raise BadRequest.field("file", file.name, "a file of CSV, not of JSON Lines")
        elif row.checkpoint.header is not header:
            header = row.checkpoint.header
            check_header(header)
        yield row


async def _batches(rows: AsyncIterator[Row], read: Read[T]) -> AsyncIterator[Batch[T]]:
    good: list[tuple[int, T]] = []
    problems: dict[int, str] = {}
    row = None
    async for row in rows:
        problem = row.problem
        if problem is None:
            value, reasons = read(row)
            problem = reasons_text(reasons)
            good += [] if reasons else [(row.line, value)]
        if problem:
            problems[row.line] = problem
        if len(good) + len(problems) >= IMPORT_BATCH:
            yield Batch(good, problems, row.checkpoint)
            good, problems = [], {}
    if row is not None and (good or problems):
        yield Batch(good, problems, row.checkpoint)


@asynccontextmanager
async def _ahead(items: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """The items, each of which is made ready while its predecessor is used."""
    end = object()

    def another() -> asyncio.Task[Any]:
        return asyncio.ensure_future(anext(items, end))

    ahead = another()

    async def each() -> AsyncIterator[T]:
        nonlocal ahead
        while (item := await ahead) is not end:
            ahead = another()
            yield item

    try:
        yield each()
    finally:
        await cancellation.end(ahead)


def reasons_text(reasons: Mapping[str, str]) -> str:
    """The reason for each cell that is wrong, as a line of a log."""
    return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())


async def _pieces(run: Run, file: File, offset: int) -> AsyncIterator[bytes]:
    """The file's bytes; no connection is held while its rows are worked on."""
    while True:
        async with run.services.pool.acquire() as conn:
            piece = await files.read_piece(conn, run.claim.app, file.id, offset, volume=_volume(run))
        if not piece:
            return
        yield piece
        offset += len(piece)


async def _import(run: Run, file: File, batch: Batch[T], place: Mapping[str, Any], save: Save[T]) -> dict[str, Any]:
    """One transaction: what the batch makes, its errors, and where the next one begins, which is the result."""

    async def work(scope: Effect) -> dict[str, Any]:
        problems = {**batch.problems, **await save(scope.conn, batch)}
        scope.lines.extend(error_lines(run, [f"line {line}: {problems[line]}" for line in sorted(problems)]))
        good = len(batch.good) + len(batch.problems) - len(problems)
        counts = {"imported": place["imported"] + good, "bad": place["bad"] + len(problems)}
        after = {**place, **counts, "at": batch.next.to_json()}
        percent = min(99, batch.next.offset * 100 // max(1, file.size))
        await store.set_progress(scope.conn, run.claim.id, percent=percent, checkpoint=after)
        return after

    return await run.transact(work, long=True)


async def export_rows(
    run: Run, name: str, columns: Sequence[str], fetch: Fetch, *, count: Count, counted: str
) -> dict[str, Any]:
    """The results of an export (seed 003): `fileLink`, `fileId` and under `counted` how many rows the file has.

    `count` is asked once, for the progress alone: rows may come and go while the file is written.
    """
    place = dict(run.claim.checkpoint)
    # A place without a total is that of an export by an earlier version, whose file is left to the sweep.
    if "total" not in place:
        async with run.services.pool.acquire() as conn:
            place = {"size": 0, "cursor": None, "more": True, "done": 0, "total": await count(conn)}
        await _begin_export(run, name, columns, place)
    while place["more"]:
        await _export_page(run, place, fetch)
    async with run.effect() as scope:
        file = await files.finish(
            scope.conn, run.claim.app, UUID(place["file"]), expires_at=_expires_at(run), volume=_volume(run)
        )
    link = f"/apps/{run.claim.app}/files/{file.id}"
    return {"fileLink": link, "fileId": str(file.id), counted: place["done"]}


def _volume(run: Run) -> Volume | None:
    return volume_of(run.services.settings.files_dir)


def _expires_at(run: Run) -> datetime | None:
    """From its end on: an export may be stopped for longer than its file is kept."""
    days = run.services.settings.export_days
    return datetime.fromtimestamp(run.services.clock_ms() / 1000, UTC) + timedelta(days=days) if days else None


async def _begin_export(run: Run, name: str, columns: Sequence[str], place: dict[str, Any]) -> None:
    async with run.effect() as scope:
        named = f"{name}-{run.claim.id}.csv"
        kind = "text/csv; charset=utf-8"
        file_id = await files.begin(scope.conn, run.claim.app, named, content_type=kind, volume=_volume(run))
        place.update(file=str(file_id))
        await _append(run, scope.conn, place, [columns])
        await store.set_progress(scope.conn, run.claim.id, percent=0, checkpoint=place)


async def _export_page(run: Run, place: dict[str, Any], fetch: Fetch) -> None:
    """One transaction: the page's lines in the file, and where the next page begins. The page is read before it begins:
    commands that are for the job would wait for a slow query."""
    async with run.services.pool.acquire() as conn:
        page = await fetch(conn, place["cursor"])
    async with run.effect() as scope:
        await _append(run, scope.conn, place, page.rows)
        place.update(cursor=page.next, more=page.next is not None, done=place["done"] + len(page.rows))
        percent = min(99, place["done"] * 100 // max(1, place["total"]))
        await store.set_progress(scope.conn, run.claim.id, percent=percent, checkpoint=place)


async def _append(run: Run, conn: Connection, place: dict[str, Any], rows: Sequence[Sequence[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    data = text.getvalue().encode()
    place["size"] = await files.append(
        conn, run.claim.app, UUID(place["file"]), place["size"], data, volume=_volume(run)
    )
