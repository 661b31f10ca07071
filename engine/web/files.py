"""Files over HTTP, streamed both ways: neither side of an upload or a download is ever whole in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import Field
from starlette.responses import StreamingResponse

from engine.data import files
from engine.data.files import File as EngineFile
from engine.data.upload import upload
from engine.errors import BadRequest
from engine.model import Scope, check_job_id
from engine.web.context import Admitted, Call
from engine.web.paging import from_cursor, to_cursor
from engine.web.routes import Routes
from engine.web.shapes import AppName, FileId, GivenMoment, Id, Moment, PageCursor, PageSize, Shape

PATH = "/apps/{app}/files"
DEFAULT_SIZE = 50
_BINARY = {"type": "string", "format": "binary"}
_UPLOAD = {
    "required": True,
    "description": "The file's bytes as they are; Content-Type becomes the file's",
    "content": {
        "application/octet-stream": {"schema": _BINARY},
        "text/csv": {"schema": _BINARY, "example": "name,type\nAcme,a\n"},
    },
}
_DOWNLOAD: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file's bytes", "content": {"*/*": {"schema": _BINARY}}}
}


class File(Shape):
    """A file; `size` in bytes."""

    id: Id
    name: str = Field(examples=["companies.csv"])
    content_type: str = Field(examples=["text/csv"])
    size: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    create_date: Moment
    expire_date: Moment | None
    file_link: str = Field(description="Where its bytes are, with the token", examples=["/apps/crm/files/0193a5b0-…"])

    @classmethod
    def of(cls, file: EngineFile) -> File:
        """The file as it is shown."""
        return cls(
            id=str(file.id),
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            sha256=file.sha256,
            create_date=file.created_at,
            expire_date=file.expires_at,
            file_link=f"/apps/{file.app}/files/{file.id}",
        )


class FilePage(Shape):
    """Files, newest first."""

    items: list[File]
    next: str | None = Field(description="The `_cursor` of the next page; null on the last one")


def register(routes: Routes) -> None:
    """The routes of files."""
    one = f"{PATH}/{{fileId}}"
    routes.add("GET", PATH, find, access=Scope.READ, name="findFiles", tag="files")
    routes.add(
        "POST",
        PATH,
        create,
        access=Scope.RUN,
        name="uploadFile",
        tag="files",
        status=201,
        errors=(413,),
        body_limit=routes.settings.api_upload_mb << 20,
        extra={"requestBody": _UPLOAD},
    )
    routes.add(
        "GET",
        one,
        download,
        access=Scope.READ,
        name="downloadFile",
        tag="files",
        responses=_DOWNLOAD,
        response_class=StreamingResponse,
        response_model=None,
    )
    routes.add("GET", f"{one}/info", show, access=Scope.READ, name="getFile", tag="files")
    routes.add("DELETE", one, remove, access=Scope.RUN, name="removeFile", tag="files", status=204)


async def find(
    call: Admitted,
    app: AppName,
    name: Annotated[str | None, Query(description="Only files of this name")] = None,
    size: PageSize = DEFAULT_SIZE,
    cursor: PageCursor = None,
) -> FilePage:
    """List files, newest first."""
    place = from_cursor(cursor)
    after = None if place is None else check_job_id(place, "_cursor")
    async with call.pool.acquire() as conn:
        found = await files.find_page(conn, call.app, limit=size + 1, name=name, after=after)
    page = found[:size]
    return FilePage(items=[File.of(file) for file in page], next=to_cursor(page[-1].id if len(found) > size else None))


async def create(
    call: Admitted,
    request: Request,
    response: Response,
    app: AppName,
    name: Annotated[str, Query(min_length=1, max_length=files.MAX_NAME, examples=["companies.csv"])],
    expires: Annotated[GivenMoment | None, Query(description="When the file ends; never by default")] = None,
) -> File:
    """Upload a file.

    It appears when all of it is there. A second file of the same name hides the first; both have ids of their own.
    """
    if expires is not None and expires <= call.now:
        raise BadRequest.field("expires", expires.isoformat(), "a time in the future")
    kind = _content_type(request.headers.get("content-type", "application/octet-stream"))
    file = await upload(
        call.pool, call.app, name, request.stream(), content_type=kind, expires_at=expires, volume=call.volume
    )
    response.headers["Location"] = f"/apps/{call.app}/files/{file.id}"
    return File.of(file)


def _content_type(value: str) -> str:
    """The type, which a download gives back in a header."""
    if not value.isascii() or not value.isprintable() or not 0 < len(value) <= files.MAX_NAME or "/" not in value:
        raise BadRequest.field("Content-Type", value, "a type such as text/csv")
    return value


async def show(call: Admitted, app: AppName, file_id: FileId) -> File:
    """Show a file without its bytes."""
    async with call.pool.acquire() as conn:
        return File.of(await files.get(conn, call.app, file_id))


async def download(call: Admitted, app: AppName, file_id: FileId) -> StreamingResponse:
    """Download a file.

    It always comes as an attachment: no browser shows it as a page of this address.
    """
    async with call.pool.acquire() as conn:
        file = await files.get(conn, call.app, file_id)
    headers = {
        "Content-Length": str(file.size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name.rsplit('/', 1)[-1], safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "ETag": f'"{file.sha256}"',
        "Content-Type": file.content_type,
    }
    return StreamingResponse(_pieces(call, file.id), headers=headers)


async def _pieces(call: Call, file_id: UUID) -> AsyncIterator[bytes]:
    """The file's bytes; no connection is held while some are delivered."""
    offset = 0
    while True:
        async with call.pool.acquire() as conn:
            piece = await files.read_piece(conn, call.app, file_id, offset, volume=call.volume)
        if not piece:
            return
        yield piece
        offset += len(piece)


async def remove(call: Admitted, app: AppName, file_id: FileId) -> None:
    """Remove a file."""
    async with call.pool.acquire() as conn:
        await files.get(conn, call.app, file_id)
        await files.remove(conn, call.app, UUID(file_id), volume=call.volume)
