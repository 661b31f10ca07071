"""Children that lie about what their script compiled to: whom it reaches, and how much room it takes.

The runtime is the one of an attacker who broke the compiler: it executes the script while it should compile it, and
what the script calls `image` goes to the host. A child that gets an image says so in its result.
"""

from __future__ import annotations

import os
import struct
from collections.abc import AsyncIterator, Mapping

import msgpack
import pytest_asyncio

from scripting import zygote
from scripting.host import ScriptHost
from scripting.images import Images, Key
from scripting.model import Json, Killed, Language, Limits, Outcome, Program, Returned
from scripting.runtime import Host
from tests.scripting.recorder import Recorder

FORGED = "image = 'forged'"
LIMITS = Limits(wall_ms=60_000)


class Forger:
    """A script that has run before it was compiled."""

    def __init__(self, source: str, image: str) -> None:
        self._given = image
        self._names: dict[str, object] = {"image": "", "say": say}
        if not image:
            exec(source, self._names)

    def image(self) -> str:
        """What the script wants others to run."""
        return str(self._names["image"])

    def rest(self) -> None:
        """Nothing to make."""

    def run(self, variables: Mapping[str, Json], host: Host, seed: str) -> Json:
        """The image that this child was given; before that, whatever the script left to do."""
        late = self._names.get("late")
        if callable(late):
            late()
        return self._given


def say(parts: object) -> None:
    """A frame behind the protocol's back."""
    body = msgpack.packb(parts)
    os.write(3, struct.pack("!I", len(body)) + body)


def compile(path: str, source: str, sources: Mapping[str, str], image: str = "") -> Forger:
    """See scripting.runtime.Compile."""
    return Forger(source, image)


def main() -> None:
    """The zygote's entry."""
    zygote.main(dict.fromkeys(Language, __name__))


@pytest_asyncio.fixture(loop_scope="session")
async def forgers() -> AsyncIterator[ScriptHost]:
    """A host whose children forge."""
    host = ScriptHost(entry=__name__)
    await host.start()
    yield host
    await host.close()


async def run(
    host: ScriptHost,
    source: str,
    *,
    app: str = "mallory",
    path: str = "a.py",
    language: Language = Language.PYTHON,
    sources: Mapping[str, str] | None = None,
) -> Outcome:
    """One run in a child of its own."""
    program = Program(language, path, source, sources or {})
    async with host.session(program, limits=LIMITS, app=app) as session:
        return await session.run({}, calls=Recorder(), seed="s", start_ms=0)


async def given(host: ScriptHost, source: str, **other: object) -> object:
    """The image that the next child of a program gets."""
    outcome = await run(host, source, **other)
    assert isinstance(outcome, Returned), outcome
    return outcome.value


async def test_false_code_reaches_the_same_program_of_the_same_app_alone(forgers: ScriptHost) -> None:
    """Whoever differs in app, text, path, language or shared code compiles for himself."""
    assert await given(forgers, FORGED) == ""
    assert await given(forgers, FORGED) == "forged"
    assert await given(forgers, FORGED, app="alice") == ""
    assert await given(forgers, FORGED + " ") == ""
    assert await given(forgers, FORGED, path="b.py") == ""
    assert await given(forgers, FORGED, language=Language.JAVASCRIPT) == ""
    assert await given(forgers, FORGED, sources={"lib/x.py": "y = 1"}) == ""


async def test_code_cannot_be_named_for_another_program(forgers: ScriptHost) -> None:
    """A Ready with more than its image, such as another app or a hash, ends the child, and nothing is kept."""
    source = "say([65, 'forged', 'alice', 'hash'])"
    for app in ("mallory", "alice"):
        end = await run(forgers, source, app=app)
        assert isinstance(end, Killed)
        assert end.limit == "protocol"


async def test_late_code_is_not_kept(forgers: ScriptHost) -> None:
    """A Ready out of a run, when the script is in the process, ends the child."""
    source = "late = lambda: say([65, 'forged'])"
    for _ in range(2):
        end = await run(forgers, source)
        assert isinstance(end, Killed)
        assert end.limit == "protocol"


async def test_a_second_code_in_one_turn_is_not_kept(forgers: ScriptHost) -> None:
    """Two in a row are out of turn, or at most the first one counts."""
    for _ in range(2):
        end = await run(forgers, "say([65, 'first']); image = 'second'")
        assert isinstance(end, Killed) or end.value in ("", "first"), end


async def test_oversized_code_is_not_kept(forgers: ScriptHost) -> None:
    """Beyond a sixteenth of the room for all, each child compiles for itself."""
    source = "image = 'x' * (2 * 1024 * 1024 + 1)"
    assert [await given(forgers, source) for _ in range(2)] == ["", ""]


def key(app: str, number: int) -> Key:
    """One of an app's programs."""
    return (app, Language.PYTHON, f"{number}.py", "", frozenset())


def test_images_are_bounded_and_forget_the_oldest() -> None:
    """What was not used for longest makes room."""
    images = Images(most_bytes=160)
    for number in range(16):
        images.put(key(f"app {number}", 0), "x" * 10)
    assert images.get(key("app 0", 0))
    images.put(key("app 16", 0), "x" * 10)
    assert [bool(images.get(key(f"app {number}", 0))) for number in range(3)] == [True, False, True]


def test_an_app_cannot_crowd_out_the_others() -> None:
    """A flood of programs drives out the app's own images alone."""
    images = Images(most_bytes=160)
    images.put(key("alice", 0), "x" * 10)
    for number in range(100):
        images.put(key("mallory", number), "x" * 10)
    assert images.get(key("alice", 0))
    assert [number for number in range(100) if images.get(key("mallory", number))] == [96, 97, 98, 99]


def test_an_image_that_is_too_large_takes_the_place_of_none() -> None:
    """It is not kept, and neither is the one that it was to replace."""
    images = Images(most_bytes=160)
    images.put(key("alice", 0), "x" * 10)
    images.put(key("mallory", 0), "x" * 10)
    images.put(key("mallory", 0), "x" * 11)
    assert images.get(key("alice", 0))
    assert not images.get(key("mallory", 0))
