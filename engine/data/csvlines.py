"""Records of a CSV stream (RFC 4180, with a delimiter that is found out), each with where the next begins.

Works on bytes, so a position is exact and an import can go on from it; a record is decoded when it is whole.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t")
MAX_RECORD = 1 << 18
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """One record as bytes: the line where it starts (from 1), and the offset and line where the next one does."""

    number: int
    content: bytes
    next_offset: int
    next_number: int
    problem: str | None = None


async def lines(chunks: AsyncIterator[bytes], *, offset: int, number: int, delimiter: str) -> AsyncIterator[Line]:
    """The records of a stream that begins at byte `offset`, which is in line `number`.

    A line end inside quotes belongs to the record. A record of more than 256 KiB is one with a problem:
    its quote was never closed, and the lines after its first are read on their own.
    """
    pieces = _Pieces(chunks)
    while taken := await _record(pieces, delimiter.encode()):
        problem = None
        if taken.is_open:
            problem = "a quote is opened and never closed"
            pieces.give_back(taken.lines[1:])
            del taken.lines[1:]
        content = b"".join(taken.lines)
        offset, after = offset + len(content), number + content.count(b"\n")
        yield Line(number, content.rstrip(b"\r\n"), offset, after, problem)
        number = after


@dataclass(slots=True)
class _Taken:
    """The lines of one record; `is_open` if its quote was not closed before it grew too long or the stream ended."""

    lines: list[bytes]
    is_open: bool

    def __bool__(self) -> bool:
        return bool(self.lines)


async def _record(pieces: _Pieces, delimiter: bytes) -> _Taken:
    taken, size = _Taken([], False), 0
    while size <= MAX_RECORD and (piece := await pieces.next()) is not None:
        taken.lines.append(piece)
        size += len(piece)
        taken.is_open = _open_after(piece, delimiter, taken.is_open)
        if not taken.is_open:
            break
    return taken


class _Pieces:
    """The stream's lines, some of which were given back."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._held: deque[bytes] = deque()
        self._physical = physical(chunks)

    async def next(self) -> bytes | None:
        return self._held.popleft() if self._held else await anext(self._physical, None)

    def give_back(self, pieces: list[bytes]) -> None:
        self._held.extendleft(reversed(pieces))


async def physical(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The stream's lines with their ends; a line that is too long comes in pieces."""
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line + b"\n"
        if len(rest) > MAX_RECORD:
            yield rest
            rest = b""
    if rest:
        yield rest


def _open_after(line: bytes, delimiter: bytes, is_open: bool) -> bool:
    """Whether a quoted field is still open at the line's end, given whether one was at its start."""
    if b'"' not in line:
        return is_open
    at = 0
    while True:
        if is_open:
            at = line.find(b'"', at)
            if at < 0:
                return True
            doubled = line[at + 1 : at + 2] == b'"'
            is_open, at = doubled, at + 1 + doubled
            continue
        if line[at : at + 1] == b'"':
            is_open, at = True, at + 1
            continue
        at = line.find(delimiter, at)
        if at < 0:
            return False
        at += 1


def cells(content: bytes, delimiter: str) -> list[str]:
    """The cells of one record; ValueError with the reason if they cannot be read."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start + 1} of the row is not UTF-8") from None
    if "\0" in text:
        raise ValueError("the row has a character NUL")
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error as error:
        raise ValueError(f"the row is not CSV: {error}") from None


def find_delimiter(header: bytes) -> str:
    """The delimiter that the header line has most of, outside quotes; a comma if it has none."""
    text = header.decode("utf-8", "replace")
    outside = "".join(text.split('"')[::2])
    return max(DELIMITERS, key=lambda delimiter: (outside.count(delimiter), -DELIMITERS.index(delimiter)))
