"""The frames between host and child: u32 big-endian length, then one msgpack array `[tag, field, ...]`.

    host -> child                                  child -> host
    Load     the program, its limits               Ready     it compiled
    Run      variables, seed, clock                Call      a host call, numbered from 1 in each run
    Answer   the reply to the last call            Done      the run's value
    Refusal  the host refused the last call        Failed    it threw, or did not compile
    Ahead    replies to calls yet to be made       Exceeded  the child noticed a limit itself
    Probe    report the layers (self-test)         Layers    what the self-test child found
                                                   Traced    a host call, with its place in the script

The child owes a frame for each of the host's but an Ahead, and a byte that it does not owe is a breach. The host says a
Run right after its Load; otherwise the two take turns.
Authority belongs to the socket, never to what a frame says, so no frame carries an identity. Decoding
believes nothing: sizes, nesting, types, tags.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from types import NoneType
from typing import TypeVar

import msgpack  # type: ignore[import-untyped]

from scripting.model import Json
from scripting.values import BadValue, check, is_plain

HEADER = struct.Struct("!I")

# A container costs at least one byte in a frame and 56 in memory; without this bound a frame of 8 MiB
# of empty lists would take half a gigabyte of the host.
MAX_CONTAINERS = 500_000
_SMALL = 256 * 1024


class ProtocolError(Exception):
    """A frame is not what the protocol allows; the child that sent it has to die."""


class FrameTooLarge(ProtocolError):
    """A frame is larger than the session's `frame_bytes`."""


@dataclass(frozen=True, slots=True)
class Load:
    """The program, and the limits that the child sets on itself before it compiles. kept: it may run more than once."""

    language: str
    path: str
    source: str
    sources: Mapping[str, str]
    app: str
    memory_bytes: int
    cpu_ms: int
    frame_bytes: int
    result_bytes: int
    image: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One run, in fresh globals."""

    variables: Mapping[str, Json]
    seed: str
    start_ms: int
    traced: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The value of the last call; `now_ms` is the script's clock from here on."""

    seq: int
    value: Json
    now_ms: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """The host refused the last call."""

    seq: int
    code: str
    message: str
    additional_info: Mapping[str, Json]
    now_ms: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """What was recorded of the next calls: the fields of `Recorded`, for each."""

    replies: list[list[Json]]


@dataclass(frozen=True, slots=True)
class Probe:
    """Asks a self-test child which layers hold."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The program compiled; `image` is what spares other children of the same program the work (runtime.Runtime)."""

    image: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the host API, by name."""

    seq: int
    method: str
    args: list[Json]


@dataclass(frozen=True, slots=True)
class Traced:
    """A call in a traced run; `place` is path:line, empty if no line of the script is to blame."""

    seq: int
    method: str
    args: list[Json]
    place: str


@dataclass(frozen=True, slots=True)
class Done:
    """The run ended by itself."""

    value: Json


@dataclass(frozen=True, slots=True)
class Failed:
    """The run ended with an uncaught error, or the program does not compile; fields as in `Threw`."""

    code: str
    message: str
    additional_info: Mapping[str, Json]
    path: str | None
    line: int | None
    column: int | None
    quoted: str | None
    stack: str | None


@dataclass(frozen=True, slots=True)
class Exceeded:
    """The child noticed that the run passed a limit."""

    limit: str
    message: str


@dataclass(frozen=True, slots=True)
class Layers:
    """What the self-test child found, by name of the layer; seccomp shows in how it dies."""

    held: Mapping[str, Json]


Frame = Load | Run | Answer | Refusal | Ahead | Probe | Ready | Call | Traced | Done | Failed | Exceeded | Layers
_Types = tuple[type, ...]
Table = Mapping[int, tuple[type[Frame], tuple[_Types, ...]]]

_TEXT, _INT, _MAP, _LIST, _FLAG = (str,), (int,), (dict,), (list,), (bool,)
_ANY = (object,)
_TEXT_OR_NONE, _INT_OR_NONE = (str, NoneType), (int, NoneType)

# What the child accepts.
DOWN: Table = {
    1: (Load, (_TEXT, _TEXT, _TEXT, _MAP, _TEXT, _INT, _INT, _INT, _INT, _TEXT, _FLAG)),
    2: (Run, (_MAP, _TEXT, _INT, _FLAG)),
    3: (Answer, (_INT, _ANY, _INT)),
    4: (Refusal, (_INT, _TEXT, _TEXT, _MAP, _INT)),
    5: (Probe, ()),
    6: (Ahead, (_LIST,)),
}
# What the host accepts.
UP: Table = {
    65: (Ready, (_TEXT,)),
    66: (Call, (_INT, _TEXT, _LIST)),
    67: (Done, (_ANY,)),
    68: (
        Failed,
        (_TEXT, _TEXT, _MAP, _TEXT_OR_NONE, _INT_OR_NONE, _INT_OR_NONE, _TEXT_OR_NONE, _TEXT_OR_NONE),
    ),
    69: (Exceeded, (_TEXT, _TEXT)),
    70: (Layers, (_MAP,)),
    71: (Traced, (_INT, _TEXT, _LIST, _TEXT)),
}
_TAGS = {frame: tag for table in (DOWN, UP) for tag, (frame, _) in table.items()}
_FIELDS = {frame: tuple(field.name for field in fields(frame)) for frame in _TAGS}
_F = TypeVar("_F")


def _values_of(names: tuple[str, ...]) -> Callable[[Frame], tuple[Json, ...]]:
    # A function of C where there is one.
    return attrgetter(*names) if len(names) > 1 else lambda frame: tuple(getattr(frame, name) for name in names)


_VALUES = {frame: _values_of(names) for frame, names in _FIELDS.items()}


def encode(frame: Frame, *, max_bytes: int) -> bytes:
    """The frame with its header. BadValue names what is not JSON; FrameTooLarge if it passes `max_bytes`."""
    kind = type(frame)
    parts: list[Json] = [_TAGS[kind], *_VALUES[kind](frame)]
    if not is_plain(parts):
        for name, value in zip(_FIELDS[kind], parts[1:], strict=True):
            check(value, name)
    body: bytes = msgpack.packb(parts)
    if len(body) > max_bytes:
        raise FrameTooLarge(f"{len(body)} bytes are more than the {max_bytes} that one frame may have")
    return HEADER.pack(len(body)) + body


def body_size(header: bytes | bytearray, *, max_bytes: int) -> int:
    """How many bytes follow the header, which is the first of these; FrameTooLarge, before any of them is read."""
    size: int = HEADER.unpack_from(header)[0]
    if size > max_bytes:
        raise FrameTooLarge(f"a frame of {size} bytes is more than the {max_bytes} that one frame may have")
    return size


def decode(body: bytes | bytearray, table: Table) -> Frame:
    """The frame in `body`, one of `table`. ProtocolError if it is anything else."""
    parts = _unpack(body)
    if type(parts) is not list or not parts or type(parts[0]) is not int or parts[0] not in table:
        raise ProtocolError("a frame without a known tag")
    frame, shape = table[parts[0]]
    if len(parts) != len(shape) + 1:
        raise ProtocolError(f"{frame.__name__} with {len(parts) - 1} fields instead of {len(shape)}")
    for types, part in zip(shape, parts[1:], strict=True):
        # bool is an int to isinstance, so exact types are compared.
        if types is not _ANY and type(part) not in types:
            raise ProtocolError(f"{frame.__name__} with a field of type {type(part).__name__}")
    if not is_plain(parts):
        _check_fields(frame, parts[1:])
    return frame(*parts[1:])


def _check_fields(frame: type[Frame], parts: list[Json]) -> None:
    for part in parts:
        try:
            check(part, frame.__name__)
        except BadValue as error:
            raise ProtocolError(str(error)) from None


def _unpack(body: bytes | bytearray) -> Json:
    # The hook costs a Python call per container, so only frames that could do harm are counted.
    count = _Counter() if len(body) > _SMALL else None
    try:
        return msgpack.unpackb(
            body,
            raw=False,
            strict_map_key=True,
            ext_hook=_no_extension,
            max_bin_len=0,
            max_ext_len=0,
            list_hook=count,
            object_hook=count,
        )
    except ProtocolError:
        raise
    except Exception as error:  # every way in which msgpack refuses, RecursionError-like StackError included
        raise ProtocolError(f"a frame that is not msgpack: {type(error).__name__}") from None


def _no_extension(code: int, data: bytes) -> Json:
    raise ProtocolError(f"a frame with extension type {code}")


class _Counter:
    """Stops the decoder once a frame has more containers than any honest one."""

    def __init__(self) -> None:
        self.left = MAX_CONTAINERS

    def __call__(self, container: _F) -> _F:
        self.left -= 1
        if self.left < 0:
            raise ProtocolError(f"a frame with more than {MAX_CONTAINERS} lists and maps")
        return container
