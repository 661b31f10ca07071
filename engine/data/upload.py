"""A file that comes from outside: written piece by piece, each in a transaction of its own.

A sender may be slow, and many may be: none holds a connection while it is waited for. What a sender that
breaks off has left is removed at once; a process that dies leaves it to the sweep.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable
from datetime import datetime
from uuid import UUID

from engine.data import files
from engine.data.files import File, even_pieces
from engine.data.volume import Volume
from engine.db.pool import Pool


async def upload(
    pool: Pool,
    app: str,
    name: str,
    pieces: AsyncIterable[bytes],
    *,
    content_type: str,
    expires_at: datetime | None = None,
    volume: Volume | None = None,
) -> File:
    """The finished file with these bytes; nothing is left of it if the pieces end with an error."""
    async with pool.acquire() as conn:
        file_id = await files.begin(conn, app, name, content_type=content_type, expires_at=expires_at, volume=volume)
    try:
        return await _write(pool, app, file_id, pieces, volume)
    except BaseException:
        async with pool.acquire() as conn:
            await files.remove(conn, app, file_id, volume=volume)
        raise


async def _write(pool: Pool, app: str, file_id: UUID, pieces: AsyncIterable[bytes], volume: Volume | None) -> File:
    digest, size = hashlib.sha256(), 0
    async for piece in even_pieces(pieces):
        digest.update(piece)
        async with pool.transaction() as conn:
            size = await files.append(conn, app, file_id, size, piece, volume=volume)
    async with pool.acquire() as conn:
        return await files.seal(conn, app, file_id, size=size, sha256=digest.hexdigest())
