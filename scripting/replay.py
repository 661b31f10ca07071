"""Replies that the host has sent before their calls were made, and the child's way through them.

A script that goes on where it was makes again the calls that its journal knows. Asking for each reply takes
two switches between processes; a batch of them takes none. The child compares each call with what was
recorded; at the first that differs it asks the host, which decides what that means.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable

from scripting.fingerprint import fingerprint
from scripting.model import Json, Recorded


class Ahead:
    """The replies that wait for their calls."""

    def __init__(self) -> None:
        self._waiting: deque[Recorded] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def extend(self, replies: Iterable[list[Json]]) -> None:
        """Adds replies as they travel."""
        self._waiting.extend(Recorded(*reply) for reply in replies)  # type: ignore[arg-type]

    def take(self, method: str, args: list[Json]) -> Recorded | None:
        """The reply if this call is the one that was recorded."""
        head = self._waiting[0]
        if head.method != method or head.fingerprint != fingerprint(args):
            return None
        return self._waiting.popleft()


def reply(recorded: Recorded) -> Json:
    """The value; for a call that failed {code, message, additionalInfo}."""
    value: Json = json.loads(recorded.text)
    return value
