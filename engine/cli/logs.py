"""The log of a worker's process: structured lines on stderr, as text or JSON.

Everything in the engine logs through `logging`; what structlog's context variables hold at that moment (worker,
job, app, attempt) goes onto each line.
"""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType
from typing import Any, TextIO

import structlog

from engine.settings import Settings
from engine.tracing import context
from engine.worker.speaker import speaker

log = logging.getLogger(__name__)


def configure(settings: Settings, *, level: str | None = None, stream: TextIO | None = None) -> None:
    """From now on the process logs to `stream`, default stderr, in the format of the settings, from their level on
    or from `level`."""
    target = sys.stderr if stream is None else stream
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_common(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(settings, target)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel((level or settings.log_level).upper())
    logging.captureWarnings(True)
    sys.excepthook = _died
    threading.excepthook = lambda ended: _died(ended.exc_type, ended.exc_value, ended.exc_traceback)
    # What these say below a warning is about themselves.
    for name in ("asyncio", "uvicorn", "uvicorn.error"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _died(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    """What nobody caught ends a thread or the process; for whoever collects lines it is a line like all others."""
    log.critical("uncaught %s", kind.__name__, exc_info=None if error is None else (kind, error, traceback))


def _common() -> list[Any]:
    return [
        _spelled_out,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.StackInfoRenderer(),
    ]


def _spelled_out(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A worker's lines carry the worker, and the job, app and attempt that they are about."""
    said_by = speaker.get()
    if said_by is not None:
        worker, claim = said_by
        event["worker"] = str(worker)
        if claim is not None:
            event |= {"job": str(claim.id), "app": claim.app, "attempt": claim.attempt}
    here = context.current()
    if here is not None:
        event["trace"] = here
    return event


def _renderers(settings: Settings, target: TextIO) -> list[Any]:
    if settings.log_format == "json":
        return [
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.EventRenamer("message"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    return [
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False, key="timestamp"),
        _without("logger"),
        structlog.dev.ConsoleRenderer(
            colors=target.isatty(), pad_event_to=40, exception_formatter=structlog.dev.plain_traceback
        ),
    ]


def _without(key: str) -> Any:
    def drop(logger: Any, method: str, event: Any) -> Any:
        event.pop(key, None)
        return event

    return drop
