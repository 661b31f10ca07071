"""Records over HTTP: found by query maps, created, saved in the version that was read, removed."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Body, Header, Request, Response
from pydantic import Field

from engine.data import records
from engine.data.records import Record as EngineRecord
from engine.errors import BadRequest, NotFound, OptimisticLocking, PreconditionFailed
from engine.model import Scope
from engine.web.context import Admitted, Call
from engine.web.paging import from_cursor, to_cursor
from engine.web.routes import Routes
from engine.web.shapes import MAX_PAGE, AppName, EntityName, Given, Id, Moment, PageCursor, PageSize, RecordId, Shape

PATH = "/apps/{app}/records/{entity}"
DEFAULT_SIZE = 100
_ETAG = re.compile(r'"(\d{1,9})"\Z')
_EXAMPLE = {"name": "Acme", "type": "a"}
_QUERY_PARAMETER = {
    "name": "query",
    "in": "query",
    "required": False,
    "style": "form",
    "explode": True,
    "description": "Conditions by field, such as `type=a,b` or `name=like(acme)`; `_sortField`, `_sortType`, `_offset`",
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
    "example": {"type": "a,b", "_sortField": "name"},
}


class Record(Shape):
    """A record. `version` counts its saves, from 1."""

    id: Id
    entity: str = Field(examples=["companies"])
    label: str
    version: int = Field(ge=1)
    data: dict[str, Any] = Field(examples=[_EXAMPLE])
    create_date: Moment
    update_date: Moment

    @classmethod
    def of(cls, record: EngineRecord) -> Record:
        """The record as it is shown."""
        return cls(
            **record.to_wire() | {"data": dict(record.data)},
            create_date=record.created_at,
            update_date=record.updated_at,
        )


class RecordPage(Shape):
    """Records, in the order of creation unless the query sorts."""

    items: list[Record]
    next: str | None = Field(description="The `_cursor` of the next page; null on the last one")
    count: int | None = Field(None, ge=0, description="How many match, if that was asked for")


class RecordQuery(Given):
    """A query map, and which page of what it finds."""

    query: dict[str, Any] = Field(default_factory=dict, examples=[{"type": ["a", "b"], "_sortField": "name"}])
    size: int = Field(DEFAULT_SIZE, ge=1, le=MAX_PAGE)
    cursor: str | None = None
    count: bool = Field(False, description="Count all that match as well")


class NewRecord(Given):
    """A record to be created."""

    data: dict[str, Any] = Field(examples=[_EXAMPLE])


class SavedRecord(Given):
    """A record to be saved: all of its data, and the version that it is based on unless If-Match names it."""

    data: dict[str, Any] = Field(examples=[_EXAMPLE])
    version: int | None = Field(None, ge=0, le=2**31 - 1, examples=[1])


IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="The ETag that the record had when it was read", examples=['"1"'])
]


def register(routes: Routes) -> None:
    """The routes of records."""
    one, body = f"{PATH}/{{recordId}}", (413, 415)
    routes.add(
        "GET",
        PATH,
        find,
        access=Scope.READ,
        name="findRecords",
        tag="records",
        free_query=True,
        extra={"parameters": [_QUERY_PARAMETER]},
    )
    routes.add(
        "POST",
        "/apps/{app}/queries/{entity}",
        find_by_map,
        access=Scope.READ,
        name="queryRecords",
        tag="records",
        errors=body,
    )
    routes.add(
        "POST", PATH, create, access=Scope.RUN, name="createRecord", tag="records", status=201, errors=(*body, 422)
    )
    routes.add("GET", one, show, access=Scope.READ, name="getRecord", tag="records")
    routes.add("PUT", one, save, access=Scope.RUN, name="saveRecord", tag="records", errors=(*body, 409, 412, 422))
    routes.add("DELETE", one, remove, access=Scope.RUN, name="removeRecord", tag="records", status=204, errors=(412,))


async def find(
    call: Admitted,
    request: Request,
    app: AppName,
    entity: EntityName,
    size: PageSize = DEFAULT_SIZE,
    cursor: PageCursor = None,
) -> RecordPage:
    """Find records by conditions in the address.

    Every parameter but `_size` and `_cursor` is a key of the query map; one that is given several times is a list of
    values as they are.
    """
    given = request.query_params
    query: dict[str, Any] = {}
    for key in given.keys() - {"_size", "_cursor"}:
        values = given.getlist(key)
        query[key] = values[0] if len(values) == 1 else values
    return await _page(call, entity, query, size=size, cursor=cursor, count=False)


async def find_by_map(
    call: Admitted, app: AppName, entity: EntityName, wanted: Annotated[RecordQuery, Body()]
) -> RecordPage:
    """Find records by a query map, as `sys.data.find` takes it."""
    return await _page(call, entity, wanted.query, size=wanted.size, cursor=wanted.cursor, count=wanted.count)


async def _page(
    call: Call, name: str, query: dict[str, Any], *, size: int, cursor: str | None, count: bool
) -> RecordPage:
    async with call.pool.acquire() as conn:
        entity = await call.entity(conn, name)
        page = await records.find_page(conn, call.app, entity, query, cursor=from_cursor(cursor), limit=size)
        matches = await records.count(conn, call.app, entity, query) if count else None
    return RecordPage(items=[Record.of(item) for item in page.items], next=to_cursor(page.next), count=matches)


async def create(
    call: Admitted, response: Response, app: AppName, entity: EntityName, record: Annotated[NewRecord, Body()]
) -> Record:
    """Create a record."""
    async with call.pool.transaction() as conn:
        declared = await call.entity(conn, entity)
        saved = await records.save(conn, call.app, declared, record.data, cause=call.cause)
    response.headers["Location"] = f"/apps/{call.app}/records/{declared.name}/{saved.id}"
    return _tagged(response, saved)


async def show(call: Admitted, response: Response, app: AppName, entity: EntityName, record_id: RecordId) -> Record:
    """Show a record; its ETag is its version."""
    async with call.pool.acquire() as conn:
        found = await records.find_by_id(conn, call.app, await call.entity(conn, entity), record_id)
    if found is None:
        raise NotFound(f"there is no record {record_id} of {entity}")
    return _tagged(response, found)


async def save(
    call: Admitted,
    response: Response,
    app: AppName,
    entity: EntityName,
    record_id: RecordId,
    record: Annotated[SavedRecord, Body()],
    if_match: IfMatch = None,
) -> Record:
    """Save a record in the version that was read.

    Send that version as `version` (another one is 409) or its ETag as If-Match (another one is 412).
    """
    version = _version(if_match) if if_match is not None else record.version
    if version is None:
        raise BadRequest.field("version", None, "the version that was read, here or as If-Match")
    try:
        async with call.pool.transaction() as conn:
            declared = await call.entity(conn, entity)
            saved = await records.save(
                conn, call.app, declared, record.data, record_id=record_id, version=version, cause=call.cause
            )
    except OptimisticLocking as error:
        raise _conflict(error, if_match) from error
    return _tagged(response, saved)


async def remove(
    call: Admitted, app: AppName, entity: EntityName, record_id: RecordId, if_match: IfMatch = None
) -> None:
    """Remove a record; with If-Match only in that version."""
    version = None if if_match is None else _version(if_match)
    try:
        async with call.pool.transaction() as conn:
            declared = await call.entity(conn, entity)
            await records.remove(conn, call.app, declared, record_id, version=version, cause=call.cause)
    except OptimisticLocking as error:
        raise _conflict(error, if_match) from error


def _tagged(response: Response, record: EngineRecord) -> Record:
    response.headers["ETag"] = f'"{record.version}"'
    return Record.of(record)


def _version(if_match: str) -> int:
    found = _ETAG.match(if_match.strip())
    if found is None:
        raise BadRequest.field("If-Match", if_match, 'the ETag of the record, such as "1"')
    return int(found[1])


def _conflict(error: OptimisticLocking, if_match: str | None) -> OptimisticLocking:
    if if_match is None:
        return error
    return PreconditionFailed(error.message, additional_info=error.additional_info)
