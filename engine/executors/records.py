"""IMPORT_RECORDS, EXPORT_RECORDS and DELETE_RECORDS: work on many records that can go on after any batch.

Each batch is one transaction with the job's checkpoint, fenced by the claim: a killed worker, a stop or
a hand-over neither skips nor repeats a row.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from engine.apps.manifest import Entity
from engine.data import bulk, csvimport, files, records
from engine.data.csvimport import Checkpoint, Row
from engine.data.files import CHUNK, File
from engine.errors import NotFound
from engine.executors.endings import Ending, Finished
from engine.executors.results import MAX_RESULTS, log_errors
from engine.executors.run import Run
from engine.jobs import store

IMPORT_BATCH = 1000
DELETE_BATCH = 200
EXPORT_BATCH = 1000


async def import_records(run: Run) -> Ending:
    """Rows of a CSV file become records; a bad row is counted and logged, and does not stop the rest."""
    entity = await _entity(run)
    async with run.services.pool.acquire() as conn:
        file = await files.get(conn, run.claim.app, run.claim.spec["fileId"])
    place = dict(run.claim.checkpoint) or {"imported": 0, "bad": 0, "at": None}
    start = Checkpoint.from_json(place["at"]) if place["at"] else None
    batch: list[Row] = []
    async for row in csvimport.read_rows(_chunks(run, file, start.offset if start else 0), start=start):
        csvimport.check_header(entity, row.checkpoint.header)
        batch.append(row)
        if len(batch) >= IMPORT_BATCH:
            await _import(run, entity, file, batch, place)
            batch = []
    if batch:
        await _import(run, entity, file, batch, place)
    return Finished({"rowsImported": place["imported"], "rowsWithErrors": place["bad"]}, has_errors=place["bad"] > 0)


async def _chunks(run: Run, file: File, offset: int) -> AsyncIterator[bytes]:
    """The file's bytes; no connection is held while its rows are worked on."""
    n, skip = divmod(offset, CHUNK)
    while True:
        async with run.services.pool.acquire() as conn:
            chunk = await files.read_chunk(conn, run.claim.app, file.id, n)
        if chunk is None:
            return
        yield chunk[skip:]
        n, skip = n + 1, 0


async def _import(run: Run, entity: Entity, file: File, batch: Sequence[Row], place: dict[str, Any]) -> None:
    """One transaction: the batch's records, its errors, and where the next one begins."""
    problems = {row.line: row.problem for row in batch if row.problem}
    good: list[tuple[int, Mapping[str, Any]]] = []
    for row in batch:
        if row.problem is None:
            values, reasons = csvimport.convert(entity, row.values)
            if reasons:
                problems[row.line] = _reasons(reasons)
            else:
                good.append((row.line, values))
    async with run.effect() as scope:
        saved = await bulk.save_many(scope.conn, run.claim.app, entity, [values for _, values in good])
        for (line, _), outcome in zip(good, saved, strict=True):
            if isinstance(outcome, bulk.Refused):
                problems[line] = _reasons(outcome.reasons)
        log_errors(run, [f"line {line}: {problems[line]}" for line in sorted(problems)])
        at = batch[-1].checkpoint
        place.update(
            imported=place["imported"] + len(batch) - len(problems), bad=place["bad"] + len(problems), at=at.to_json()
        )
        percent = min(99, at.offset * 100 // max(1, file.size))
        await store.set_progress(scope.conn, run.claim.id, percent=percent, checkpoint=place)


def _reasons(reasons: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())


async def delete_records(run: Run) -> Ending:
    """Removes what the query finds; the result of each record under its id (seed 003, results)."""
    entity = await _entity(run)
    place = dict(run.claim.checkpoint) or {"cursor": None, "more": True, "done": 0, "results": {}}
    if "total" not in place:
        async with run.services.pool.acquire() as conn:
            place["total"] = await records.count(conn, run.claim.app, entity, run.claim.spec["query"])
    while place["more"]:
        async with run.effect() as scope:
            page = await records.find_page(
                scope.conn,
                run.claim.app,
                entity,
                run.claim.spec["query"],
                cursor=place["cursor"],
                limit=DELETE_BATCH,
            )
            for record in page.items:
                await _remove(run, scope.conn, entity, record.id, place)
            place.update(cursor=page.next, more=page.next is not None, done=place["done"] + len(page.items))
            percent = min(99, place["done"] * 100 // max(1, place["total"]))
            await store.set_progress(scope.conn, run.claim.id, percent=percent, checkpoint=place)
    failed = any(result["status"] == "error" for result in place["results"].values())
    return Finished({"results": place["results"]}, has_errors=failed)


async def _remove(run: Run, conn: Any, entity: Entity, record_id: UUID, place: dict[str, Any]) -> None:
    result = {"status": "ok"}
    try:
        await records.remove(conn, run.claim.app, entity, record_id)
    except NotFound as error:
        result = {"status": "error", "errorMessage": error.message}
        log_errors(run, [f"{record_id}: {error.message}"])
    if len(place["results"]) < MAX_RESULTS:
        place["results"][str(record_id)] = result


async def export_records(run: Run) -> Ending:
    """Writes what the query finds to a CSV file: id, label, and the fields that the entity declares."""
    entity = await _entity(run)
    columns = ["id", *entity.fields]
    place = dict(run.claim.checkpoint) or {"file": None, "n": 0, "cursor": None, "more": True, "done": 0, "rest": ""}
    if place["file"] is None:
        await _begin_export(run, entity, columns, place)
    while place["more"]:
        await _export_page(run, entity, columns, place)
    async with run.effect() as scope:
        file_id = UUID(place["file"])
        await files.append(scope.conn, run.claim.app, file_id, place["n"], place["rest"].encode("latin-1"))
        file = await files.finish(scope.conn, run.claim.app, file_id)
    link = f"/apps/{run.claim.app}/files/{file.id}"
    return Finished({"fileLink": link, "fileId": str(file.id), "recordsExported": place["done"]})


async def _begin_export(run: Run, entity: Entity, columns: Sequence[str], place: dict[str, Any]) -> None:
    async with run.effect() as scope:
        name = f"{entity.name}-{run.claim.id}.csv"
        file_id = await files.begin(scope.conn, run.claim.app, name, content_type="text/csv; charset=utf-8")
        place.update(file=str(file_id), rest=_csv([columns]).decode("latin-1"))
        await store.set_progress(scope.conn, run.claim.id, percent=0, checkpoint=place)


async def _export_page(run: Run, entity: Entity, columns: Sequence[str], place: dict[str, Any]) -> None:
    """One transaction: the page's lines, in whole chunks of the file, and what is left of them in the checkpoint."""
    async with run.effect() as scope:
        page = await records.find_page(
            scope.conn,
            run.claim.app,
            entity,
            run.claim.spec["query"],
            cursor=place["cursor"],
            limit=EXPORT_BATCH,
        )
        rest = place["rest"].encode("latin-1") + _csv([_cells(record, columns) for record in page.items])
        n = place["n"]
        while len(rest) > CHUNK:
            await files.append(scope.conn, run.claim.app, UUID(place["file"]), n, rest[:CHUNK])
            rest, n = rest[CHUNK:], n + 1
        place.update(n=n, rest=rest.decode("latin-1"), cursor=page.next, more=page.next is not None)
        place["done"] += len(page.items)
        await store.set_progress(scope.conn, run.claim.id, checkpoint=place)


def _cells(record: records.Record, columns: Sequence[str]) -> list[str]:
    return [str(record.id), *(_cell(record.data.get(name)) for name in columns[1:])]


def _cell(value: Any) -> str:
    """A value as an import reads it back."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    """Lines of CSV in UTF-8; a checkpoint keeps bytes as Latin-1 text, since a chunk may end inside a character."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


async def _entity(run: Run) -> Entity:
    async with run.services.pool.acquire() as conn:
        app = await run.services.apps.get(conn, run.claim.app, run.claim.app_version)
    return app.manifest.entity(run.claim.spec["entityName"])
