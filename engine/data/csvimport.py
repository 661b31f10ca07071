"""Rows of a CSV file for an import that can stop after any row and go on from there.

The first record names the columns. A row that cannot be read is a value with its reason, not the end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from engine.apps.manifest import Entity
from engine.data.csvlines import BOM, MAX_RECORD, cells, find_delimiter, lines
from engine.data.fields import Invalid, from_text
from engine.data.rows import Checkpoint, Row
from engine.errors import BadRequest

IGNORED = ("id",)


async def read_rows(chunks: AsyncIterator[bytes], *, start: Checkpoint | None = None) -> AsyncIterator[Row]:
    """The rows of the file, or those after `start`; the chunks then begin at the byte `start.offset`.

    Comma, semicolon or tab is found out from the header. Empty lines are passed over.
    badRequest if the header cannot be read, has a column without a name or one twice.
    """
    if start is None:
        start, chunks = await _read_header(chunks)
    assert start.delimiter is not None, "a file of CSV has a delimiter"
    async for line in lines(chunks, offset=start.offset, number=start.line, delimiter=start.delimiter):
        checkpoint = Checkpoint(line.next_offset, line.next_number, start.header, start.delimiter)
        if line.problem:
            yield Row(line.number, checkpoint, problem=line.problem)
        elif line.content:
            yield _row(line.number, line.content, checkpoint, start.delimiter)


def convert(entity: Entity, values: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The row's texts as the types that the entity declares, and the reason for each cell that is wrong."""
    data, reasons = {}, {}
    for name, text in values.items():
        if name in IGNORED:
            continue
        try:
            value = from_text(entity.fields[name], text)
            if value is not None:
                data[name] = value
        except Invalid as error:
            reasons[name] = f"{text[:80]!r}: {error}"
    return data, reasons


def check_header(entity: Entity, header: tuple[str, ...]) -> None:
    """Pass if every column is a field of the entity (or `id`, which an import ignores); else badRequest."""
    for name in header:
        if name not in entity.fields and name not in IGNORED:
            raise BadRequest.field("column", name, f"a field of {entity.name}: {', '.join(entity.fields)}")


async def _read_header(chunks: AsyncIterator[bytes]) -> tuple[Checkpoint, AsyncIterator[bytes]]:
    head = b""
    async for chunk in chunks:
        head += chunk
        if len(head) > MAX_RECORD:
            break
    skipped = len(BOM) if head.startswith(BOM) else 0
    delimiter = find_delimiter(head[skipped:].split(b"\n", 1)[0])
    line = await anext(lines(joined(head[skipped:]), offset=skipped, number=1, delimiter=delimiter), None)
    if line is None or not line.content:
        raise BadRequest("the CSV file is empty; expected a first line with the names of the columns")
    if line.problem:
        raise BadRequest(f"the CSV file's header cannot be read: {line.problem}")
    start = Checkpoint(line.next_offset, line.next_number, _header(line.content, delimiter), delimiter)
    return start, joined(head[line.next_offset :], chunks)


def _header(content: bytes, delimiter: str) -> tuple[str, ...]:
    try:
        header = tuple(name.strip() for name in cells(content, delimiter))
    except ValueError as error:
        raise BadRequest(f"the CSV file's header cannot be read: {error}") from None
    for name in header:
        if not name or header.count(name) > 1:
            raise BadRequest.field("header", name, "a name for each column, each only once")
    return header


async def joined(first: bytes, chunks: AsyncIterator[bytes] | None = None) -> AsyncIterator[bytes]:
    """The bytes, and then the chunks."""
    yield first
    if chunks is not None:
        async for chunk in chunks:
            yield chunk


def _row(number: int, content: bytes, checkpoint: Checkpoint, delimiter: str) -> Row:
    try:
        texts = cells(content, delimiter)
    except ValueError as error:
        return Row(number, checkpoint, problem=str(error))
    header = checkpoint.header
    if len(texts) != len(header):
        return Row(number, checkpoint, problem=f"the row has {len(texts)} cells, the header has {len(header)}")
    return Row(number, checkpoint, values=dict(zip(header, texts, strict=True)))
