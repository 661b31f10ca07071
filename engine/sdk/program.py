"""The handlers of a worker: collected from modules, and run as the engine's handlers."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from engine.errors import ConfigError, HeadraceError
from engine.executors.endings import Ending, Failed
from engine.executors.interruptible import PASSING
from engine.model import Status
from engine.sdk.events import READY, UPDATED, Event, EventJob, end_topic
from engine.sdk.handlers import JobHandler, failure
from engine.sdk.listener import Listener, Middleware, through
from engine.sdk.ticks import Tick

log = logging.getLogger(__name__)

Runs = Callable[[EventJob], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Program:
    """Handlers by name, and the listeners that hear of their jobs."""

    handlers: Mapping[str, JobHandler]
    listeners: Sequence[Listener]

    def for_worker(self) -> Mapping[str, Runs]:
        """What `open_worker(handlers=…)` takes."""
        return {name: self._runs(handler) for name, handler in self.handlers.items()}

    def _runs(self, handler: JobHandler) -> Runs:
        async def run(job: EventJob) -> Any:
            return await _Attempt(self, handler, job).run()

        return run

    @property
    def middleware(self) -> list[Middleware]:
        """Of all listeners, the first listener's outermost."""
        return [each for listener in self.listeners for each in listener.middleware]

    async def dispatch(self, event: Event) -> None:
        """Tells all listeners, inside their middleware; what that raises is logged."""
        try:
            await through(self.middleware, event, lambda: self.tell(event))
        except Exception:
            log.exception("job %s: middleware at %s", event.job.id, event.topic)

    async def tell(self, event: Event) -> None:
        """Calls the callbacks of all listeners."""
        for listener in self.listeners:
            await listener.dispatch(event)


class _Attempt:
    """One attempt at a job by its handler."""

    def __init__(self, program: Program, handler: JobHandler, job: EventJob) -> None:
        self._program = program
        self._handler = handler
        self._job = job

    async def run(self) -> Any:
        """What the job leaves: what its handler returned, or the message of what anybody raised."""
        self._job.afterwards(self._over)
        if self._handler.debug:
            log.info("%s: job %s: received, attempt %s", self._handler.name, self._job.id, self._job.attempt)
        try:
            return await self._handled()
        except PASSING:
            raise
        except Exception as error:
            trace = error if self._handler.debug else None
            log.error("%s: job %s: %s", self._handler.name, self._job.id, error, exc_info=trace)
            return failure(error)

    async def _handled(self) -> Any:
        """The handler runs inside the middleware, at job:ready; the job fails if that keeps the event."""
        event, tick = self._event(READY, {"status": "executing"}), Tick(self._tick)
        left: list[Any] = []

        async def handle() -> None:
            await self._program.tell(event)
            left.append(await self._handler.outcome(event, tick))

        await through(self._program.middleware, event, handle)
        if not left:
            raise RuntimeError("the listener's middleware did not call next")
        return left[-1]

    async def _tick(self, progress: int, info: str | None) -> None:
        await self._job.progress(progress, info)
        news = {"status": "executing", "progress": progress, **({} if info is None else {"info": info})}
        await self._program.dispatch(self._event(UPDATED, news))

    async def _over(self, status: Status | None, ending: Ending) -> None:
        topic = end_topic(status, failed=isinstance(ending, Failed))
        if topic is not None:
            await self._program.dispatch(self._event(topic, _end_news(topic, ending)))

    def _event(self, topic: str, news: Mapping[str, Any]) -> Event:
        return Event(topic, self._job, self._handler.name, news)


def _end_news(topic: str, ending: Ending) -> dict[str, Any]:
    news: dict[str, Any] = {"status": {"job:completed": "complete"}.get(topic, topic.removeprefix("job:"))}
    if isinstance(ending, Failed):
        outcome = (ending.results or {}).get("outcome") or {"message": ending.error["message"], "acknowledge": True}
        return {**news, "outcome": outcome, "info": ending.error["message"]}
    left = (getattr(ending, "results", None) or {}).get("results", {}).get("response", {})
    return {**news, **left}


def load_program(names: str) -> Program:
    """The program of these modules, separated by commas, imported as from the current folder.

    ConfigError if one cannot be imported, two handlers have one name, or there is none at all.
    """
    modules = [_imported(name.strip()) for name in names.split(",")]
    listeners = _unique(part for module in modules for part in vars(module).values() if isinstance(part, Listener))
    found = _unique(part for module in modules for part in vars(module).values() if isinstance(part, JobHandler))
    found = _unique([*found, *(handler for listener in listeners for handler in listener.handlers)])
    if not found:
        raise ConfigError(
            f"setting handlers: {names!r} is not allowed; expected modules with handlers: among their names "
            "is neither a @job_handler(…) nor a Listener that uses one"
        )
    return Program(_by_name(found), listeners)


def _imported(name: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    try:
        return import_module(name)
    except ConfigError:
        raise
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise ConfigError(
                f"setting handlers: {name!r} is not allowed; expected a module that can be imported from {here}: "
                f"{error.msg}"
            ) from error
        raise _broken(name, error) from error
    except (Exception, SystemExit) as error:
        raise _broken(name, error) from error


def _broken(name: str, error: BaseException) -> ConfigError:
    """What the module's own code raised, and its innermost line outside of the import machinery."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<frozen")]
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if len(frames) > 1 else ""
    message = error.message if isinstance(error, HeadraceError) else str(error)
    return ConfigError(f"setting handlers: module {name} cannot be imported: {type(error).__name__}: {message}{place}")


def _unique(parts: Iterable[Any]) -> list[Any]:
    """Each object once, though several names may lead to it."""
    return list({id(part): part for part in parts}.values())


def _by_name(found: Sequence[JobHandler]) -> dict[str, JobHandler]:
    named: dict[str, JobHandler] = {}
    for handler in found:
        other = named.setdefault(handler.name, handler)
        if other is not handler:
            one, two = (getattr(each.function, "__qualname__", "?") for each in (other, handler))
            raise ConfigError(
                f"setting handlers: two handlers are named {handler.name!r}, {one} and {two}; a name has one handler"
            )
    return named
