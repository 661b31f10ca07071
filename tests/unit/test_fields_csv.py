"""CSV for imports: what rows are read, and that a reader goes on after any of them."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.apps.manifest import Entity, Field, FieldType
from engine.data.csvimport import Checkpoint, Row, check_header, convert, read_rows
from engine.errors import BadRequest


async def stream(content: bytes, size: int = 1 << 18) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def rows(content: bytes, size: int = 1 << 18, start: Checkpoint | None = None) -> list[Row]:
    rest = content[start.offset :] if start else content
    return [row async for row in read_rows(stream(rest, size), start=start)]


async def test_values_by_column_with_their_lines() -> None:
    """Each row has its texts by column and the line where it starts, line ends inside quotes counted."""
    found = await rows(b'name,city\n"a ""b""\nc",x\r\n\nd,"y,z"')
    assert [(row.line, dict(row.values)) for row in found] == [
        (2, {"name": 'a "b"\nc', "city": "x"}),
        (5, {"name": "d", "city": "y,z"}),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
async def test_delimiter_is_found_out(delimiter: str) -> None:
    """Comma, semicolon and tab are told from the header, whatever is inside its quotes."""
    content = f'"a,;b"{delimiter}c\n1{delimiter}2\n'.encode()
    assert [dict(row.values) for row in await rows(content)] == [{"a,;b": "1", "c": "2"}]


async def test_byte_order_mark_is_no_part_of_the_first_name() -> None:
    """A UTF-8 byte order mark is passed over, however the bytes arrive."""
    for size in (1, 2, 100):
        assert [dict(row.values) for row in await rows(b"\xef\xbb\xbfname\nx\n", size)] == [{"name": "x"}]


async def test_bad_rows_are_values_with_a_reason() -> None:
    """A row that cannot be read says why, and the rows after it are read."""
    found = await rows(b'a,b\n1\n\xff,2\n1,2,3\n3,\0\n"x,y\n5,6\n')
    assert [(row.line, row.problem) for row in found] == [
        (2, "the row has 1 cells, the header has 2"),
        (3, "byte 1 of the row is not UTF-8"),
        (4, "the row has 3 cells, the header has 2"),
        (5, "the row has a character NUL"),
        (6, "a quote is opened and never closed"),
        (7, None),
    ]


async def test_quote_that_never_closes_costs_one_row() -> None:
    """A quote left open in a file longer than a record may be loses its own line only."""
    content = b'name\n"oops\n' + b"fine\n" * 100_000
    found = await rows(content)
    assert [row.line for row in found if row.problem] == [2]
    assert (len(found), found[-1].line) == (100_001, 100_002)


async def test_quote_inside_a_plain_cell_is_a_character() -> None:
    """A cell that does not begin with a quote keeps the quotes in it."""
    assert [dict(row.values) for row in await rows(b'size,n\n5" pipe,1\n6" pipe,2\n')] == [
        {"size": '5" pipe', "n": "1"},
        {"size": '6" pipe', "n": "2"},
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"a,,b\n", "a name for each column"),
        (b"a,b,a\n", "header: 'a' is not allowed"),
        (b"\xff\n1", "header cannot be read"),
        (b'"a\n1', "header cannot be read"),
    ],
)
async def test_header_that_is_refused(content: bytes, said: str) -> None:
    """A file without a usable header is refused before any row."""
    with pytest.raises(BadRequest, match=said):
        await rows(content)


cell = st.text(alphabet=st.sampled_from('ab,;"\r\n\té '), max_size=8)


@given(st.lists(st.tuples(cell, cell), max_size=12), st.integers(1, 40))
async def test_reads_what_a_writer_wrote_and_goes_on_anywhere(table: list[tuple[str, str]], size: int) -> None:
    """What csv.writer wrote comes back in chunks of any size, and from each checkpoint the rest is the same."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(("x", "y"))
    writer.writerows(table)
    content = text.getvalue().encode()
    found = await rows(content, size)
    assert [(row.values["x"], row.values["y"]) for row in found] == table
    for n, row in enumerate(found):
        again = Checkpoint.from_json(row.checkpoint.to_json())
        assert await rows(content, size, again) == found[n + 1 :]


@given(st.binary(max_size=200), st.integers(1, 50))
async def test_any_bytes_are_read_or_refused(content: bytes, size: int) -> None:
    """Whatever a file holds, each row has values or a reason, or the header is refused; lines only grow."""
    try:
        found = await rows(content, size)
    except BadRequest:
        return
    assert all(bool(row.values) != bool(row.problem) for row in found)
    assert [row.line for row in found] == sorted({row.line for row in found})


ENTITY = Entity(
    name="things",
    label="Things",
    fields={
        "name": Field("name", FieldType.TEXT, "Name"),
        "size": Field("size", FieldType.INTEGER, "Size"),
    },
)


def test_cells_become_typed_values() -> None:
    """Texts become the declared types; an empty cell is no value; a wrong one has its reason; an id is ignored."""
    assert convert(ENTITY, {"id": "7", "name": "", "size": "12"}) == ({"size": 12}, {})
    assert convert(ENTITY, {"name": "x", "size": "big"}) == ({"name": "x"}, {"size": "'big': expected a whole number"})


def test_columns_must_be_fields() -> None:
    """A column that is no field is refused by name; `id` is let through."""
    check_header(ENTITY, ("id", "name"))
    with pytest.raises(BadRequest, match="column: 'nmae' is not allowed; expected a field of things: name, size"):
        check_header(ENTITY, ("nmae",))
