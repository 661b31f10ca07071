"""IMPORT_RECORDS, EXPORT_RECORDS and DELETE_RECORDS: work on many records that can go on after any batch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from engine.apps.manifest import Entity
from engine.data import bulk, csvimport, jsonlines, records
from engine.data.rows import Row
from engine.db.pool import Connection
from engine.errors import NotFound
from engine.executors import csvfiles
from engine.executors.csvfiles import Batch, Page, reasons_text
from engine.executors.endings import Ending, Finished
from engine.executors.results import MAX_RESULTS, error_line
from engine.executors.run import Effect, Run
from engine.jobs import store

DELETE_BATCH = 200
EXPORT_BATCH = 1000


async def import_records(run: Run) -> Ending:
    """Rows of CSV or JSON Lines become records; a bad row is counted and logged, and does not stop the rest."""
    entity = await _entity(run)

    def check(header: tuple[str, ...]) -> None:
        csvimport.check_header(entity, header)

    def read(row: Row) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        convert = jsonlines.convert if row.checkpoint.is_json else csvimport.convert
        return convert(entity, row.values)

    async def save(conn: Connection, batch: Batch[Mapping[str, Any]]) -> Mapping[int, str]:
        rows = [values for _, values in batch.good]
        saved = await bulk.save_many(conn, run.claim.app, entity, rows, cause=run.claim.cause)
        return {
            line: reasons_text(outcome.reasons)
            for (line, _), outcome in zip(batch.good, saved, strict=True)
            if isinstance(outcome, bulk.Refused)
        }

    done = await csvfiles.import_rows(run, check_header=check, read=read, save=save, takes_json=True)
    return Finished({"rowsImported": done.good, "rowsWithErrors": done.bad}, has_errors=done.bad > 0)


def imported(place: Mapping[str, Any]) -> Mapping[str, Any]:
    """The results of an import that got so far."""
    return {"rowsImported": place.get("imported", 0), "rowsWithErrors": place.get("bad", 0)}


async def delete_records(run: Run) -> Ending:
    """Removes what the query finds; the result of each record under its id (seed 003, results)."""
    entity = await _entity(run)
    place = dict(run.claim.checkpoint) or {"cursor": None, "more": True, "done": 0, "results": {}}
    if "total" not in place:
        async with run.services.pool.acquire() as conn:
            place["total"] = await records.count_pages(conn, run.claim.app, entity, run.claim.spec["query"])
    while place["more"]:
        place = await _remove_page(run, entity, place)
    failed = any(result["status"] == "error" for result in place["results"].values())
    return Finished({"results": place["results"]}, has_errors=failed)


def deleted(place: Mapping[str, Any]) -> Mapping[str, Any]:
    """The results of a removal that got so far."""
    return {"results": place.get("results", {})}


async def _remove_page(run: Run, entity: Entity, place: Mapping[str, Any]) -> dict[str, Any]:
    """One transaction: the records of a page are gone, and where the next one begins, which is the result."""

    async def work(scope: Effect) -> dict[str, Any]:
        page = await records.find_page(
            scope.conn, run.claim.app, entity, run.claim.spec["query"], cursor=place["cursor"], limit=DELETE_BATCH
        )
        results = dict(place["results"])
        for record in page.items:
            result = await _remove(run, scope, entity, record.id)
            if len(results) < MAX_RESULTS:
                results[str(record.id)] = result
        done = place["done"] + len(page.items)
        after = {**place, "cursor": page.next, "more": page.next is not None, "done": done, "results": results}
        percent = min(99, done * 100 // max(1, place["total"]))
        await store.set_progress(scope.conn, run.claim.id, percent=percent, checkpoint=after)
        return after

    return await run.transact(work, long=True)


async def _remove(run: Run, scope: Effect, entity: Entity, record_id: UUID) -> Mapping[str, str]:
    """What became of the record (seed 003, results)."""
    try:
        await records.remove(scope.conn, run.claim.app, entity, record_id, cause=run.claim.cause)
    except NotFound as error:
        scope.lines.append(error_line(run, f"{record_id}: {error.message}"))
        return {"status": "error", "errorMessage": error.message}
    return {"status": "ok"}


async def export_records(run: Run) -> Ending:
    """Writes what the query finds to a CSV file: its id, and the fields that the entity declares."""
    entity = await _entity(run)
    columns = ["id", *entity.fields]

    async def fetch(conn: Connection, cursor: str | None) -> Page:
        query = run.claim.spec["query"]
        page = await records.find_page(conn, run.claim.app, entity, query, cursor=cursor, limit=EXPORT_BATCH)
        return Page([_cells(record, columns) for record in page.items], page.next)

    async def count(conn: Connection) -> int:
        return await records.count_pages(conn, run.claim.app, entity, run.claim.spec["query"])

    exported = await csvfiles.export_rows(run, entity.name, columns, fetch, count=count, counted="recordsExported")
    return Finished(exported)


def _cells(record: records.Record, columns: Sequence[str]) -> list[str]:
    return [str(record.id), *(_cell(record.data.get(name)) for name in columns[1:])]


def _cell(value: Any) -> str:
    """A value as an import reads it back."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


async def _entity(run: Run) -> Entity:
    app = await run.app()
    return app.manifest.entity(run.claim.spec["entityName"])
