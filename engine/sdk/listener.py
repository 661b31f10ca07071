"""`Listener`: who hears of what happens to the jobs that a worker's handlers do (seeds 001 and 002).

A worker tells of its own handlers' jobs: job:ready before the handler runs, job:updated at each tick, and once the
end has been committed job:completed, job:failed (after the last try) or job:canceled.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, TypeVar, overload

from engine.errors import ConfigError
from engine.sdk.events import TOPICS, Event
from engine.sdk.handlers import JobHandler

log = logging.getLogger(__name__)

Callback = Callable[[Event], Awaitable[None]]
Next = Callable[[], Awaitable[None]]
Middleware = Callable[[Event, Next], Awaitable[None]]
Filter = Mapping[str, str]
C = TypeVar("C", bound=Callback)

_FILTERS = ("job", "domain", "operation", "app")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A callback and the events that it hears."""

    topic: str
    filter: Filter
    callback: Callback

    def hears(self, event: Event) -> bool:
        """Whether topic and filter match; `*` in either stands for anything."""
        known = {**event.context, **event.payload}
        return fnmatchcase(event.topic, self.topic) and all(
            fnmatchcase(str(known[name]), pattern) for name, pattern in self.filter.items()
        )


class Listener:
    """Callbacks, middleware and handlers that belong together."""

    def __init__(self) -> None:
        self.handlers: list[JobHandler] = []
        self.middleware: list[Middleware] = []
        self._subscriptions: list[Subscription] = []

    @overload
    def on(self, topic: str, filter: Filter | None = None) -> Callable[[C], C]: ...
    @overload
    def on(self, topic: str, filter: Callback) -> Listener: ...
    @overload
    def on(self, topic: str, filter: Filter | None, callback: Callback) -> Listener: ...

    def on(self, topic: str, filter: Any = None, callback: Any = None) -> Any:
        """Calls `callback(event)` at each event of the topic; `job:*` is every topic.

        `on(topic, callback)`, `on(topic, filter, callback)`, or a decorator: `@on(topic)`. Filters name job, domain,
        operation or app. What a callback raises is logged and changes nothing. ConfigError if one of them cannot be.
        """
        if callable(filter):
            filter, callback = None, filter
        _check_topic(topic)
        checked = _checked_filter(filter)

        def subscribe(callback: Any) -> Any:
            _check_coroutine(f"on({topic!r})", callback)
            self._subscriptions.append(Subscription(topic, checked, callback))
            return callback

        if callback is None:
            return subscribe
        subscribe(callback)
        return self

    def use(self, part: JobHandler | Middleware | Callable[[Listener], None]) -> Any:
        """Adds a job handler; middleware, `async def (event, next)`, around everything; or what a plugin, a function of
        the listener, adds. Also a decorator."""
        if isinstance(part, JobHandler):
            self.handlers.append(part)
        elif inspect.iscoroutinefunction(part):
            self.middleware.append(part)
        elif callable(part):
            part(self)  # type: ignore[arg-type,call-arg]
        else:
            raise ConfigError(f"use: {part!r} is not allowed; expected a job handler, an `async def` or a function")
        return part

    async def dispatch(self, event: Event) -> None:
        """Calls, one after the other, the callbacks that hear the event."""
        for subscription in self._subscriptions:
            if subscription.hears(event):
                try:
                    await subscription.callback(event)
                except Exception:
                    log.exception("job %s: a callback of %s", event.job.id, event.topic)


async def through(middleware: Sequence[Middleware], event: Event, innermost: Next) -> None:
    """Calls the first, which calls the next, up to `innermost`; who does not call its next keeps the event."""
    if not middleware:
        await innermost()
        return
    first, *rest = middleware
    await first(event, lambda: through(rest, event, innermost))


def _check_topic(topic: object) -> None:
    if not isinstance(topic, str) or not any(fnmatchcase(known, topic) for known in TOPICS):
        raise ConfigError(f"on: topic {topic!r} is not allowed; expected one of {', '.join(TOPICS)}, or job:*")


def _checked_filter(filter: object) -> Filter:
    if filter is None:
        return {}
    if not isinstance(filter, Mapping):
        raise ConfigError(f"on: filter {filter!r} is not allowed; expected a mapping with {', '.join(_FILTERS)}")
    for name, pattern in filter.items():
        if name not in _FILTERS:
            raise ConfigError(f"on: filter {name!r} is not allowed; expected one of {', '.join(_FILTERS)}")
        if not isinstance(pattern, str):
            raise ConfigError(f"on: filter {name}: {pattern!r} is not allowed; expected a text, in which * is anything")
    return dict(filter)


def _check_coroutine(what: str, callback: object) -> None:
    if not inspect.iscoroutinefunction(callback):
        raise ConfigError(f"{what}: {callback!r} is not allowed; expected an `async def` of the event")
