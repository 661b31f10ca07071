"""Files of an app, in large objects of PostgreSQL or on a volume: written and read in pieces, never whole in memory.

A file appears when it is finished. A writer that must survive a crash keeps the file's size with its own
checkpoint, and calls `append` in the same transaction.

A file stays where it was begun, whatever the setting says later: `volume` is the process's, if it has one.

Only SQL functions touch large objects (lo_put, lo_get): the client's interface needs a session, and PgBouncer gives
none. A trigger removes an object with its row.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from engine.data.volume import PIECE, Volume
from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import BadRequest, HeadraceError, NotFound
from engine.ids import new_id

MAX_NAME = 255
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


@dataclass(frozen=True, slots=True)
class File:
    """A finished file; `size` in bytes."""

    id: UUID
    app: str
    name: str
    content_type: str
    size: int
    sha256: str
    created_at: datetime
    expires_at: datetime | None


async def begin(
    conn: Connection,
    app: str,
    name: str,
    *,
    content_type: str = "application/octet-stream",
    expires_at: datetime | None = None,
    volume: Volume | None = None,
) -> UUID:
    """The id of a new file that nobody can find until it is finished."""
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME or "\0" in name:
        raise BadRequest.field("name", name, f"the name of a file, 1 to {MAX_NAME} characters")
    file_id = new_id()
    await conn.execute(load("file_insert"), file_id, app, name, content_type, expires_at, volume is not None)
    return file_id


async def append(
    conn: Connection, app: str, file_id: UUID, size: int, data: bytes, *, volume: Volume | None = None
) -> int:
    """How many bytes the file has once these are behind the `size` that it has, in the caller's transaction.

    NotFound if it is not being written, or has not that size: somebody else has written on.
    """
    row = await conn.fetchrow(load("file_extend"), app, file_id, size, len(data))
    if row is None:
        raise NotFound(f"there is no file {file_id} being written, of {size} bytes")
    if row["content"] is None:
        await _there(volume, file_id).write(file_id, size, data)
    else:
        await conn.execute(load("file_write"), row["content"], size, data)
    return size + len(data)


def _there(volume: Volume | None, file_id: UUID) -> Volume:
    if volume is None:
        raise HeadraceError(
            f"file {file_id} is on a volume, and this process has none: set files_dir as where it began"
        )
    return volume


async def finish(
    conn: Connection,
    app: str,
    file_id: UUID,
    *,
    expires_at: datetime | None = None,
    volume: Volume | None = None,
) -> File:
    """The file, whole and visible from now on; NotFound if it is not being written.

    `expires_at` is for a writer that may take longer than its file is to be kept.
    """
    digest, size = hashlib.sha256(), 0
    async for piece in read(conn, app, file_id, volume=volume):
        digest.update(piece)
        size += len(piece)
    return await seal(conn, app, file_id, size=size, sha256=digest.hexdigest(), expires_at=expires_at)


async def seal(
    conn: Connection, app: str, file_id: UUID, *, size: int, sha256: str, expires_at: datetime | None = None
) -> File:
    """Like `finish`, for a writer that knows the size and the hash of what it wrote."""
    row = await conn.fetchrow(load("file_finish"), app, file_id, size, sha256, expires_at)
    if row is None:
        raise NotFound(f"there is no file {file_id} being written, of {size} bytes")
    return File(**row)


async def store(
    conn: Connection,
    app: str,
    name: str,
    pieces: AsyncIterable[bytes] | Iterable[bytes],
    *,
    content_type: str = "application/octet-stream",
    expires_at: datetime | None = None,
) -> File:
    """The finished file with these bytes, cut anyhow, in PostgreSQL. A second file of the name hides the first."""
    digest, size = hashlib.sha256(), 0
    async with conn.transaction():
        file_id = await begin(conn, app, name, content_type=content_type, expires_at=expires_at)
        async for piece in even_pieces(pieces):
            digest.update(piece)
            size = await append(conn, app, file_id, size, piece)
        return await seal(conn, app, file_id, size=size, sha256=digest.hexdigest())


async def find(conn: Connection, app: str, id_or_name: str | UUID) -> File | None:
    """The finished file with this id, or the latest with this name; None if there is none."""
    if isinstance(id_or_name, UUID) or _UUID.match(id_or_name):
        row = await conn.fetchrow(load("file_find_by_id"), app, UUID(str(id_or_name)))
    else:
        row = await conn.fetchrow(load("file_find_by_name"), app, id_or_name)
    return None if row is None else File(**row)


async def get(conn: Connection, app: str, id_or_name: object) -> File:
    """Like `find`; NotFound if there is none, badRequest if it cannot be an id or a name."""
    if not isinstance(id_or_name, str | UUID) or not id_or_name or "\0" in str(id_or_name):
        raise BadRequest.field("fileId", id_or_name, "the id or the name of a file")
    file = await find(conn, app, id_or_name)
    if file is None:
        raise NotFound(f"there is no file {str(id_or_name)!r}")
    return file


async def find_page(
    conn: Connection, app: str, *, limit: int, name: str | None = None, after: UUID | None = None
) -> list[File]:
    """Up to `limit` finished files, newest first, behind the file `after`; with `name` those of that name only."""
    return [File(**row) for row in await conn.fetch(load("file_list"), app, name, after, limit)]


async def remove(conn: Connection, app: str, file_id: UUID, *, volume: Volume | None = None) -> File:
    """The file that is no more, finished or not; NotFound if there was none."""
    row = await conn.fetchrow(load("file_delete"), app, file_id)
    if row is None:
        raise NotFound(f"there is no file '{file_id}'")
    if volume is not None:
        await volume.remove([file_id])
    return File(**row)


async def sweep(conn: Connection, *, limit: int = 100, volume: Volume | None = None) -> int:
    """How many files were deleted that had expired, or whose writer left them unfinished long ago."""
    gone = [row["id"] for row in await conn.fetch(load("file_sweep"), limit)]
    if volume is not None:
        # Before the commit: nobody can read them any more, and if it fails they are swept once more.
        await volume.remove(gone)
    return len(gone)


async def unlink_remains(conn: Connection, *, limit: int) -> int:
    """How many large objects were removed of those that a statement left behind which deleted many files at once."""
    return int(await conn.fetchval(load("file_unlink_remains"), limit))


async def sweep_volume(conn: Connection, volume: Volume) -> int:
    """How many files of the volume were removed that PostgreSQL does not know: their writer, or remover, died."""
    old = await volume.old()
    known = {row["id"] for row in await conn.fetch(load("file_known"), old)}
    orphans = [file_id for file_id in old if file_id not in known]
    await volume.remove(orphans)
    return len(orphans)


async def read_piece(conn: Connection, app: str, file_id: UUID, offset: int, *, volume: Volume | None = None) -> bytes:
    """The file's bytes from `offset` on, up to 256 KiB; none past its end, or if there is no such file."""
    row = await conn.fetchrow(load("file_read"), app, file_id, offset, PIECE)
    if row is None:
        return b""
    if row["on_volume"]:
        return await _there(volume, file_id).read(file_id, offset)
    if row["bytes"] is None:
        raise HeadraceError(f"the bytes of file {file_id} are lost: was this database restored without large objects?")
    return bytes(row["bytes"])


async def read(
    conn: Connection, app: str, file_id: UUID, *, offset: int = 0, volume: Volume | None = None
) -> AsyncIterator[bytes]:
    """The file's bytes from `offset` on."""
    while piece := await read_piece(conn, app, file_id, offset, volume=volume):
        yield piece
        offset += len(piece)


async def even_pieces(pieces: AsyncIterable[bytes] | Iterable[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in pieces of 256 KiB; the last may be smaller."""
    buffer = bytearray()
    async for piece in _each(pieces):
        buffer += piece
        while len(buffer) >= PIECE:
            yield bytes(buffer[:PIECE])
            del buffer[:PIECE]
    if buffer:
        yield bytes(buffer)


async def _each(pieces: AsyncIterable[bytes] | Iterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(pieces, AsyncIterable):
        async for piece in pieces:
            yield piece
        return
    for piece in pieces:
        yield piece
