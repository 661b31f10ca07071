"""Runs a command's coroutine, with signals as events."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import uvloop

from engine.db import cancellation

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of the coroutine, on a loop of its own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


class Signals:
    """SIGINT and SIGTERM while a command is graceful: the first one is an event, the second ends the process."""

    def __init__(self, on_first: Callable[[], None]) -> None:
        self._on_first = on_first
        self.first: signal.Signals | None = None

    @property
    def exit_code(self) -> int | None:
        """128 and the signal's number, as shells do; None if there was none."""
        return None if self.first is None else 128 + self.first

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Inside, signals come here; outside, they are Python's again."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM)
        for number in numbers:
            loop.add_signal_handler(number, self._heard, number)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def _heard(self, number: signal.Signals) -> None:
        if self.first is None:
            self.first = number
            self._on_first()
        else:
            # Everything that matters is in PostgreSQL; children and the embedded server notice by themselves.
            os._exit(128 + number)


async def first_of(*works: Awaitable[Any]) -> None:
    """Returns when the first of them has ended, raising what it raised; the others are cancelled."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await cancellation.end(*(task for task in tasks if not task.done()))
