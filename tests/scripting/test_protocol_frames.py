"""The frames between host and child."""

from __future__ import annotations

import struct

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripting import protocol, values
from scripting.protocol import DOWN, HEADER, UP, Answer, Call, Done, FrameTooLarge, ProtocolError, Ready, Run
from scripting.values import MAX_DEPTH, BadValue, check, is_plain

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
JSON = st.recursive(
    SCALARS | TEXT, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5)
)


def body(frame: protocol.Frame) -> bytes:
    """The frame without its header."""
    return protocol.encode(frame, max_bytes=2**20)[HEADER.size :]


@given(JSON)
def test_every_json_value_crosses_unchanged(value: object) -> None:
    """What JSON can say arrives as it was sent, with its types."""
    assert protocol.decode(body(Done(value)), UP) == Done(value)
    assert protocol.decode(body(Answer(1, value, 2)), DOWN) == Answer(1, value, 2)


@given(st.binary(max_size=200))
def test_random_bytes_are_never_more_than_a_protocol_error(data: bytes) -> None:
    """The decoder has one way to refuse, whatever comes."""
    try:
        frame = protocol.decode(data, UP)
    except ProtocolError:
        return
    assert isinstance(frame, tuple(entry[0] for entry in UP.values()))


def test_a_frame_is_its_length_and_its_body() -> None:
    """The header is the body's size as an unsigned 32-bit integer, big-endian."""
    data = protocol.encode(Ready(), max_bytes=100)
    assert struct.unpack("!I", data[:4])[0] == len(data) - 4
    assert protocol.body_size(data[:4], max_bytes=100) == len(data) - 4


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a": [1, float("nan")]}, "args.a[1]: NaN"),
        (float("inf"), "args: Infinity"),
        ([float("-inf")], "args[0]: -Infinity"),
        (2**63, "args: an integer beyond 64 bits"),
        (-(2**63) - 1, "args: an integer beyond 64 bits"),
        ("a\0b", "args: the character NUL"),
        ({"k": "é\0"}, "args.k: the character NUL"),
        (["\ud800"], "args[0]: half of a surrogate pair"),
        ({"\udfff": 1}, "args: half of a surrogate pair"),
        ({"\0": 1}, "args: the character NUL"),
        ({1: 2}, "args: a key of type int"),
        ([{"x": b"bytes"}], "args[0].x: a value of type bytes"),
        ([{1, 2}], "args[0]: a value of type set"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(value: object, place: str) -> None:
    """The sender hears which part of the value may not cross."""
    with pytest.raises(BadValue, match="^" + place.replace("[", r"\[").replace(".", r"\.")):
        check(value, "args")


def test_nesting_has_a_limit() -> None:
    """A value nested deeper than MAX_DEPTH is refused, one of that depth is not."""
    nested: object = None
    for _ in range(MAX_DEPTH):
        nested = [nested]
    check(nested, "value")
    with pytest.raises(BadValue, match="nested deeper"):
        check([nested], "value")


def test_a_value_that_contains_itself_is_refused() -> None:
    """A cycle ends at the limit of nesting, not in the stack."""
    cycle: list[object] = []
    cycle.append(cycle)
    with pytest.raises(BadValue, match="nested deeper"):
        check(cycle, "value")


NO_JSON = st.sampled_from(
    [float("nan"), float("inf"), 2**63, -(2**63) - 1, "\0", "\ud800", b"", {1: 2}, {"\0": 1}, {1}]
)


@given(st.recursive(SCALARS | TEXT | NO_JSON, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner)))
def test_nothing_is_plain_that_may_not_cross(value: object) -> None:
    """The quick look and the thorough one never contradict each other."""
    if is_plain(value):
        check(value, "value")
        values._check(value, ("value", None), MAX_DEPTH)


def test_a_quick_look_ends_at_the_limit_of_nesting() -> None:
    """A value that is too deep, or holds itself twice, is not plain, and that is found out at once."""
    nested: list[object] = []
    for _ in range(MAX_DEPTH):
        nested = [nested]
    twice: list[object] = []
    twice += [twice, twice]
    assert not is_plain(nested)
    assert not is_plain(twice)
    with pytest.raises(BadValue, match="nested deeper"):
        check(nested, "value")
    with pytest.raises(BadValue, match="nested deeper"):
        check(twice, "value")


@pytest.mark.parametrize(
    "parts",
    [
        None,
        [],
        {"tag": 65},
        [True],
        [1000],
        ["Ready"],
        [65, 1],
        [66, 1, "m"],
        [66, True, "m", []],
        [66, 1, "m", {}],
        [66, 1, None, []],
        [66, 1, "m", [msgpack.ExtType(1, b"x")]],
        [66, 1, "m", [msgpack.Timestamp(0)]],
        [66, 1, "m", [b"bytes"]],
        [66, 1, "m", [{1: 1}]],
        [66, 2**63, "m", []],
        [67, float("nan")],
        [67, "\0"],
    ],
)
def test_a_body_that_is_no_frame_is_a_protocol_error(parts: object) -> None:
    """Tags, the number of fields, their exact types and their values are all checked."""
    with pytest.raises(ProtocolError):
        protocol.decode(msgpack.packb(parts), UP)


@pytest.mark.parametrize(
    "data",
    [b"", b"\xc1", b"\x91", b"\xdd\xff\xff\xff\xff", b"\x91\x41\x00", b"\x92\x43\xa1\xff", b"\x91" * 3000],
    ids=["empty", "reserved", "cut", "long array", "trailing", "not utf-8", "deep"],
)
def test_broken_msgpack_is_a_protocol_error(data: bytes) -> None:
    """Whatever the decoder of msgpack dislikes has the same name here."""
    with pytest.raises(ProtocolError):
        protocol.decode(data, UP)


def test_a_side_accepts_only_the_other_sides_frames() -> None:
    """A child cannot send what only a host says."""
    with pytest.raises(ProtocolError, match="known tag"):
        protocol.decode(body(Run({}, "seed", 0)), UP)
    with pytest.raises(ProtocolError, match="known tag"):
        protocol.decode(body(Call(1, "jobs.find", [])), DOWN)


def test_a_bomb_of_empty_lists_is_refused() -> None:
    """A frame that would take many times its size of memory is stopped while it is decoded."""
    bomb = b"\x92\x43\xdd" + struct.pack("!I", 1_000_000) + b"\x90" * 1_000_000
    with pytest.raises(ProtocolError, match="lists and maps"):
        protocol.decode(bomb, UP)


def test_a_frame_beyond_its_size_is_refused_on_both_sides() -> None:
    """The sender refuses to send it, the receiver refuses its header."""
    with pytest.raises(FrameTooLarge):
        protocol.encode(Done("x" * 100), max_bytes=100)
    with pytest.raises(FrameTooLarge):
        protocol.body_size(struct.pack("!I", 101), max_bytes=100)
