"""What the command line says of a job's options; the grammar is in jobwords."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from engine.cli.words import duration_ms, number
from engine.jobs.filters import whole
from engine.model import check_name

SPELLED = {
    "options.uniqueKey": "--unique-key",
    "options.concurrencyKey": "--concurrency-key",
    "options.concurrencyLimit": "--concurrency-limit",
}
"""The fields that an error of `requests` may name, as people typed them."""


def read(given: argparse.Namespace) -> dict[str, Any]:
    """The options of `requests`; what was not typed is not there: the app decides, or the engine."""
    options = {
        "queue": _if_given(given.queue, lambda text: check_name("--queue", text)),
        "lowPriority": given.low_priority,
        "delay": _if_given(given.delay, lambda text: duration_ms("--delay", text)),
        "timeout": _if_given(given.timeout, lambda text: duration_ms("--timeout", text)),
        "maxAttempts": _if_given(given.max_attempts, _attempts),
        "uniqueKey": given.unique_key,
        "concurrencyKey": given.concurrency_key,
        "concurrencyLimit": _if_given(given.concurrency_limit, number),
    }
    return {name: value for name, value in options.items() if value is not None}


def _if_given(text: str | None, read: Callable[[str], Any]) -> Any:
    return None if text is None else read(text)


def _attempts(text: str) -> int:
    return whole("--max-attempts", number(text), low=1, high=1000)
