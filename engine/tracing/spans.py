"""What the engine tells of its work, whoever listens: the interface, and the one that listens to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from engine.tracing import context

Value = str | int | float | bool


class Kind(StrEnum):
    """Which side of a conversation a span is (OpenTelemetry, SpanKind)."""

    SERVER = "server"
    CONSUMER = "consumer"
    INTERNAL = "internal"


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

    @property
    def on(self) -> bool:
        """Whether anybody listens."""

    def span(
        self, name: str, *, kind: Kind = Kind.INTERNAL, **attributes: Value | None
    ) -> AbstractContextManager[Span]:
        """A span inside the current one; an exception that leaves the block ends it."""

    def request(self, traceparent: str | None) -> AbstractContextManager[Span]:
        """A span around a request, in the caller's trace if that sent one."""

    def attempt(
        self, name: str, *, traceparent: str | None, root_id: UUID, waited_from: datetime | None, **attributes: Value
    ) -> AbstractContextManager[Span]:
        """A span around an attempt at a job, in the trace of whoever made the job, else in that of its root.

        `waited_from` adds a span for the time since then.
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

    on = False

    def span(
        self, name: str, *, kind: Kind = Kind.INTERNAL, **attributes: Value | None
    ) -> AbstractContextManager[Span]:
        """See Tracer."""
        return _NO_SPAN

    def request(self, traceparent: str | None) -> AbstractContextManager[Span]:
        """See Tracer."""
        return _NO_SPAN if traceparent is None else _handed_on(traceparent)

    def attempt(
        self, name: str, *, traceparent: str | None, root_id: UUID, waited_from: datetime | None, **attributes: Value
    ) -> AbstractContextManager[Span]:
        """See Tracer."""
        return _NO_SPAN if traceparent is None else _handed_on(traceparent)


@contextmanager
def _handed_on(traceparent: str) -> Iterator[Span]:
    with context.within(context.parsed(traceparent)):
        yield _NOTHING


OFF: Tracer = Off()


def dotted(attributes: Mapping[str, Value | None]) -> dict[str, Value]:
    """Attributes as OpenTelemetry names them."""
    return {name.replace("__", "."): value for name, value in attributes.items() if value is not None}
