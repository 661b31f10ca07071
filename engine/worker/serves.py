"""Which queues a worker takes jobs from."""

from __future__ import annotations

from collections.abc import Collection

from engine.model import CONTROL_QUEUE, HANDLER_PREFIX


class Serves:
    """Those that the settings name, all if they name none; of handlers those that the worker has.

    Every worker starts and stops apps.
    """

    def __init__(self, queues: str, handlers: Collection[str]) -> None:
        self._queues = frozenset(name.strip() for name in queues.split(",") if name.strip())
        self._handlers = handlers

    def __call__(self, queue: str) -> bool:
        if queue.startswith(HANDLER_PREFIX):
            return queue.removeprefix(HANDLER_PREFIX) in self._handlers
        return not self._queues or queue in self._queues or queue == CONTROL_QUEUE
