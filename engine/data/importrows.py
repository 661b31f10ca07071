"""Rows of a file that is imported, CSV or JSON Lines: the first byte that is not blank tells which.

No column of an import is called `{…`, so a file that begins so is JSON Lines, whatever its name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from engine.data import csvimport, jsonlines
from engine.data.csvlines import BOM
from engine.data.rows import Checkpoint, Row


async def read_rows(chunks: AsyncIterator[bytes], *, start: Checkpoint | None = None) -> AsyncIterator[Row]:
    """The rows of the file, or those after `start`; the chunks then begin at the byte `start.offset`."""
    head = b""
    if start is None:
        async for chunk in chunks:
            head += chunk
            if len(head) >= len(BOM) and head.removeprefix(BOM).strip():
                break
        if head.removeprefix(BOM).lstrip().startswith(b"{"):
            start = Checkpoint(len(head) - len(head.removeprefix(BOM)), 1)
            head = head.removeprefix(BOM)
    rest = csvimport.joined(head, chunks)
    rows = jsonlines.read_rows(rest, start=start) if start and start.is_json else csvimport.read_rows(rest, start=start)
    async for row in rows:
        yield row
