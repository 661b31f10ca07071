"""The other side of a script in tests: calls that remember, and programs to attack with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from scripting.model import Json, Language, Outcome, Program, Recorded, Reply, Value

FAKE_ENTRY = "tests.scripting.fakes"
Answer = Callable[[str, list[Json]], Awaitable[Reply]]
RunScript = Callable[..., Awaitable[Outcome]]


async def echo(method: str, args: list[Json]) -> Reply:
    """Every call answers with what it was asked."""
    return Value([method, *args], now_ms=0)


@dataclass
class Recorder:
    """Calls that remembers what came, and answers by `answer`."""

    answer: Answer = echo
    seen: list[tuple[int, str, list[Json]]] = field(default_factory=list)
    known: list[Recorded] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    async def call(self, seq: int, method: str, args: list[Json]) -> Reply:
        """See scripting.model.Calls."""
        self.seen.append((seq, method, args))
        return await self.answer(method, args)

    async def ahead(self, seq: int) -> Sequence[Recorded]:
        """See scripting.model.Calls."""
        return self.known if seq == 1 else ()

    def at(self, place: str) -> None:
        """See scripting.model.Calls."""
        self.places.append(place)


def attack(source: str, *, language: Language = Language.PYTHON) -> Program:
    """A program for the runtime of the tests."""
    return Program(language, "actions/attack.py", source)
