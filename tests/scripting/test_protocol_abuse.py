"""A child that breaks the protocol on purpose: it dies, and the host does not notice it in its memory."""

from __future__ import annotations

import resource
import struct
import sys

import msgpack
import pytest

from scripting.model import Json, Killed, Reply, Value
from tests.scripting.recorder import Recorder, RunScript

SOCKET = 3


def raw(data: bytes) -> str:
    """A script that writes bytes to its socket behind the protocol's back, then waits for an answer."""
    return f"import os\ndata = {data!r}\nwhile data: data = data[os.write({SOCKET}, data):]\nos.read({SOCKET}, 1)"


def frame(parts: object) -> bytes:
    """A frame with a correct header around anything."""
    body = msgpack.packb(parts)
    return struct.pack("!I", len(body)) + body


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("!I", 4) + b"\xc1\xc1\xc1\xc1",
        struct.pack("!I", 0) + b"x",
        frame("text"),
        frame([1, "python", "p", "s", {}, "app", 1, 1, 1, 1]),
        frame([3, 1, None, 0]),
        frame([65]),
        frame([66, 2, "m", []]),
        frame([66, 0, "m", []]),
        frame([66, 1, "m", [float("nan")]]),
        frame([66, 1, "m", [msgpack.ExtType(5, b"x")]]),
        frame([69, "wall", "no limit of ours"]),
        frame([70, {"seccomp": True}]),
        frame([67, 1]) + b"x",
        frame([66, 1, "m", []]) + frame([66, 2, "m", []]),
        struct.pack("!I", 3000) + b"\x91" * 3000,
    ],
    ids=[
        "garbage",
        "empty and more",
        "no tag",
        "a Load of its own",
        "a reply of its own",
        "Ready again",
        "a call ahead",
        "call zero",
        "NaN",
        "extension",
        "a limit of its own",
        "layers out of place",
        "more than the end",
        "two calls at once",
        "deep nesting",
    ],
)
async def test_a_frame_that_is_not_allowed_kills(run_script: RunScript, data: bytes) -> None:
    """Whatever does not belong here ends in Killed('protocol'), and no call is served twice."""
    calls = Recorder()
    outcome = await run_script(raw(data), calls=calls)
    assert isinstance(outcome, Killed)
    assert outcome.limit == "protocol"
    assert len(calls.seen) <= 1


async def test_an_empty_frame_kills(run_script: RunScript) -> None:
    """A length of nothing is no frame."""
    outcome = await run_script(raw(struct.pack("!I", 0)))
    assert isinstance(outcome, Killed)
    assert outcome.limit == "protocol"


@pytest.mark.parametrize("size", [8 * 1024 * 1024 + 1, 2**31, 2**32 - 1])
async def test_a_giant_length_kills_before_a_byte_of_it_is_read(run_script: RunScript, size: int) -> None:
    """The header alone is enough to refuse."""
    outcome = await run_script(raw(struct.pack("!I", size)))
    assert isinstance(outcome, Killed)
    assert outcome.limit == "frame"
    assert str(size) in outcome.message


async def test_half_a_frame_meets_the_wall_limit(run_script: RunScript) -> None:
    """A child that stops in the middle of a frame is waited for as long as any other."""
    outcome = await run_script(raw(struct.pack("!I", 100) + b"half"), wall_ms=50)
    assert outcome == Killed("wall", "the script ran longer than its 50 ms")


async def test_half_a_frame_and_an_end_is_a_crash(run_script: RunScript) -> None:
    """What was said before the end does not count."""
    source = f"import os\nos.write({SOCKET}, b'\\0\\0\\0\\x09half')\nos._exit(5)"
    assert await run_script(source) == Killed("crash", "the script's process ended with code 5")


async def test_a_flood_is_not_kept(run_script: RunScript) -> None:
    """A child that never stops writing is cut off; the host has read next to nothing of it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    source = (
        "import os\nblock = b'\\0' * 1_000_000\n"
        f"os.write({SOCKET}, {frame([66, 1, 'm', []])!r})\nwhile True: os.write({SOCKET}, block)"
    )
    outcome = await run_script(source)
    assert isinstance(outcome, Killed)
    assert outcome.limit == "protocol"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * (1 if sys.platform == "darwin" else 1024) < 16 * 1024 * 1024


async def test_a_flood_during_a_call_waits_in_the_kernel(run_script: RunScript) -> None:
    """While the host serves a call, what the child sends is a breach, and the call still ends in order."""

    async def answer(method: str, args: list[Json]) -> Reply:
        return Value(None, now_ms=0)

    source = (
        f"import os\nos.write({SOCKET}, {frame([66, 1, 'm', []])!r})\n"
        f"while True: os.write({SOCKET}, {frame([66, 2, 'm', []])!r})"
    )
    calls = Recorder(answer)
    outcome = await run_script(source, calls=calls)
    assert isinstance(outcome, Killed)
    assert outcome.limit == "protocol"


async def test_a_call_larger_than_a_frame_is_an_error_in_an_honest_child(run_script: RunScript) -> None:
    """The child refuses to send what its host would refuse, and nothing is called."""
    calls = Recorder()
    source = "try: host.call('m', ['x' * 2_000])\nexcept Exception as error: result = error.code"
    outcome = await run_script(source, calls=calls, frame_bytes=1_000)
    assert getattr(outcome, "value", outcome) == "badRequest"
    assert calls.seen == []


async def test_a_dishonest_result_beyond_its_size_is_refused(run_script: RunScript) -> None:
    """The host counts for itself."""
    outcome = await run_script(raw(frame([67, "x" * 2_000])), result_bytes=1_000, frame_bytes=10_000)
    assert isinstance(outcome, Killed)
    assert outcome.limit == "frame"


async def test_long_texts_of_an_error_are_cut(run_script: RunScript) -> None:
    """A message that fills a frame does not fill the log."""
    outcome = await run_script("raise ValueError('x' * 1_000_000)")
    assert len(getattr(outcome, "message", "")) == 20_000
