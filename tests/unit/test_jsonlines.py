"""Rows of JSON Lines: what is one, what is none and why, and that reading can begin behind each of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from engine.apps.manifest import Entity, Field, FieldType
from engine.data import jsonlines
from engine.data.csvlines import MAX_RECORD
from engine.data.importrows import read_rows
from engine.data.rows import Row

ENTITY = Entity(
    name="things",
    label="Things",
    fields={
        "name": Field(name="name", type=FieldType.TEXT, label="Name", required=True, max_length=5),
        "size": Field(name="size", type=FieldType.INTEGER, label="Size"),
        "notes": Field(name="notes", type=FieldType.JSON, label="Notes"),
    },
    actions={},
)


async def chunked(data: bytes, size: int) -> AsyncIterator[bytes]:
    """The bytes in pieces."""
    for at in range(0, len(data), size):
        yield data[at : at + size]


async def rows(data: bytes, *, size: int = 7) -> list[Row]:
    """All rows of the file."""
    return [row async for row in read_rows(chunked(data, size))]


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("begin", [b"", b"\xef\xbb\xbf", b"\n \n", b"\xef\xbb\xbf\r\n"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
async def test_lines(size: int, begin: bytes, end: bytes) -> None:
    """Objects by line, whatever the ends of lines, with a BOM and empty lines or without, in chunks of any size."""
    data = begin + '{"name": "Ä"}\n\n{"size": 2}'.encode() + end
    first = 1 + begin.count(b"\n")
    assert [(row.line, row.values, row.problem) for row in await rows(data, size=size)] == [
        (first, {"name": "Ä"}, None),
        (first + 2, {"size": 2}, None),
    ]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
async def test_going_on_behind_each_row(line_end: bytes) -> None:
    """Whoever goes on behind a row, in whatever chunk, sees the rows after it and no other."""
    lines = [json.dumps({"name": f"Ä{n}"}, ensure_ascii=False).encode() for n in range(6)]
    lines[2:2] = [b"", b"no JSON"]
    data = b"\xef\xbb\xbf" + line_end.join(lines)
    every = await rows(data)
    assert len(every) == 7
    for at, row in enumerate(every):
        rest = data[row.checkpoint.offset :]
        later = [one async for one in read_rows(chunked(rest, 5), start=row.checkpoint)]
        assert later == every[at + 1 :]


BAD = {
    b'{"name": }': "the line is not JSON: Expecting value, at character 10",
    b'{"name": "A"} {}': "the line is not JSON: Extra data, at character 15",
    b"[1]": "the line is [1]; expected an object of the record's fields",
    b"null": "the line is null; expected an object of the record's fields",
    b'{"size": NaN}': "the line is not JSON: NaN is no number of JSON",
    b'{"size": -Infinity}': "the line is not JSON: -Infinity is no number of JSON",
    b'{"a": 1, "a": 2}': 'the line has "a" twice',
    b'{"name": "\xff"}': "byte 11 of the line is not UTF-8",
    b'{"notes": ' + b"[" * 100_000 + b"]" * 100_000 + b"}": "the line is nested too deeply",
    b'{"name": "' + b"x" * MAX_RECORD + b'"}': f"the line has {MAX_RECORD + 13} bytes; expected at most {MAX_RECORD}",
    b'{"size": ' + b"9" * 5000 + b"}": None,
}


@pytest.mark.parametrize(("line", "problem"), BAD.items(), ids=[str(n) for n in range(len(BAD))])
async def test_a_bad_line_is_a_row(line: bytes, problem: str | None) -> None:
    """It has a reason, and the lines around it are read."""
    before, bad, after = await rows(b'{"size": 1}\n' + line + b'\n{"size": 3}\n', size=4096)
    assert (before.values, after.values, after.line) == ({"size": 1}, {"size": 3}, 3)
    assert bad.line == 2
    assert bad.problem == problem if problem else bad.problem


def test_values() -> None:
    """Values go into their fields in their stored form; each that is wrong is named, with the reason."""
    assert jsonlines.convert(ENTITY, {"id": "x", "name": "A", "size": 2.0, "notes": None}) == (
        {"name": "A", "size": 2},
        {},
    )
    _, reasons = jsonlines.convert(ENTITY, {"name": "too long", "size": "2", "\0\ud800": 1})
    assert reasons == {
        "name": '"too long": expected a text of at most 5 characters, not 8',
        "size": '"2": expected a whole number',
        '"\\u0000\\ud800"': "is not a field of things; the fields: name, size, notes",
    }


async def test_csv_is_still_csv() -> None:
    """A file that does not begin with an object has a header."""
    (row,) = await rows(b"\xef\xbb\xbfname;size\r\nA;1\r\n")
    assert (row.line, row.values, row.checkpoint.is_json) == (2, {"name": "A", "size": "1"}, False)
