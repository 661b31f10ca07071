"""What the engine tells of its work, whoever listens: the interface, and the one that listens to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from engine.tracing import context

Value = str | int | float | bool


class Claimed(Protocol):
    """A job that is worked on, as far as its span tells of it."""

    @property
    def id(self) -> UUID:
        """The job."""

    @property
    def root_id(self) -> UUID:
        """The job from which all of its family came."""

    @property
    def app(self) -> str:
        """Whose it is."""

    @property
    def queue(self) -> str:
        """Where it waited."""

    @property
    def type(self) -> StrEnum:
        """What kind of work it is."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def attempt(self) -> int:
        """The number of the attempt, from 1."""

    @property
    def created_s(self) -> float:
        """Since when it exists, in seconds since 1970."""

    @property
    def spec(self) -> Mapping[str, Any]:
        """What its executor needs, and the place in a trace from which it comes."""


class Span(Protocol):
    """A piece of work while it goes on."""

    def name(self, name: str) -> None:
        """Another name, known only now."""

    def set(self, **attributes: Value | None) -> None:
        """Attributes; `__` in a name stands for a dot, None is left out."""

    def fail(self, code: str) -> None:
        """It ended with this error. Messages stay out: they may quote what users typed."""


class Tracer(Protocol):
    """Where the engine's spans go."""

    def span(self, name: str, **attributes: Value | None) -> AbstractContextManager[Span]:
        """A span inside the current one; an exception that leaves the block ends it."""

    def request(self, traceparent: str | None) -> AbstractContextManager[Span]:
        """A span around a request, in the caller's trace if that sent one."""

    def attempt(self, claim: Claimed) -> AbstractContextManager[Span]:
        """A span around an attempt at a job, in the trace of whoever made the job, else in that of its root.

        The first attempt has one beside it for the time that the job waited.
        """


class _Nothing:
    def name(self, name: str) -> None:
        """Nobody listens."""

    def set(self, **attributes: Value | None) -> None:
        """Nobody listens."""

    def fail(self, code: str) -> None:
        """Nobody listens."""


_NOTHING = _Nothing()
_NO_SPAN: AbstractContextManager[Span] = nullcontext(_NOTHING)


class Off:
    """Listens to nothing, and hands on the callers' contexts, so that a trace goes through a process without traces."""

    def span(self, name: str, **attributes: Value | None) -> AbstractContextManager[Span]:
        """See Tracer."""
        return _NO_SPAN

    def request(self, traceparent: str | None) -> AbstractContextManager[Span]:
        """See Tracer."""
        return _NO_SPAN if traceparent is None else _handed_on(traceparent)

    def attempt(self, claim: Claimed) -> AbstractContextManager[Span]:
        """See Tracer."""
        traceparent = claim.spec.get(context.KEY)
        return _NO_SPAN if traceparent is None else _handed_on(traceparent)


@contextmanager
def _handed_on(traceparent: str) -> Iterator[Span]:
    with context.within(context.parsed(traceparent)):
        yield _NOTHING


OFF: Tracer = Off()


def dotted(attributes: Mapping[str, Value | None]) -> dict[str, Value]:
    """Attributes as OpenTelemetry names them."""
    return {name.replace("__", "."): value for name, value in attributes.items() if value is not None}
