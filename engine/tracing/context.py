"""The place in a trace of what happens now, as text: W3C Trace Context, level 1 (`traceparent`).

Kept apart from OpenTelemetry, so that a process without it hands on what its caller gave it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import blake2b
from uuid import UUID

HEADER = "traceparent"
# What a job's spec keeps it under.
KEY = "traceparent"
_FORMAT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}\Z")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def current() -> str | None:
    """The `traceparent` of what happens now; None outside of any trace."""
    return _current.get()


def parsed(value: object) -> str | None:
    """The value if it is a `traceparent`; None for anything else, which the standard says to ignore."""
    return value if isinstance(value, str) and _FORMAT.match(value) else None


@contextmanager
def within(traceparent: str | None) -> Iterator[None]:
    """What happens in the block belongs there."""
    token = _current.set(traceparent)
    try:
        yield
    finally:
        _current.reset(token)


def trace_of(root_id: UUID) -> int:
    """The trace of a family of jobs that nobody's trace started: all attempts and descendants find the same one.

    A hash, not the id itself: samplers by ratio want all bits of a trace's number to be random.
    """
    return int.from_bytes(blake2b(root_id.bytes, digest_size=16, person=b"trace").digest()) or 1
