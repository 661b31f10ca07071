"""`@job_handler`: a coroutine function that does the jobs of one name (seed 002, *Job Handler Plugin*).

@job_handler("space:configure")
async def configure(event, tick):
    await tick(50, "Halfway there!")
    return {"outcome": {"message": "Configured."}}
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import BadRequest, ConfigError
from engine.executors.endings import Failed
from engine.jobs.outcomes import check_outcome
from engine.model import handler_queue
from engine.sdk.events import Event
from engine.sdk.ticks import Tick

log = logging.getLogger(__name__)

Function = Callable[[Event, Tick], Awaitable[Any]]
DONE = {"outcome": {"message": "Job complete"}}


@dataclass(frozen=True, slots=True)
class JobHandler:
    """A function and the name of the jobs that it does. Calling it calls the function."""

    name: str
    function: Function
    debug: bool = False

    async def __call__(self, event: Event, tick: Tick) -> Any:
        """What the function returns."""
        return await self.function(event, tick)

    async def outcome(self, event: Event, tick: Tick) -> dict[str, Any]:
        """What the job leaves by what the function returns (seed 002, *Return Values*); raises what that raises."""
        try:
            returned = await self.function(event, tick)
            await tick.finish()
        finally:
            tick.drop()
        if self.debug:
            log.info("%s: job %s: Job complete", self.name, event.job.id)
        return completion(returned)


def job_handler(name: str, *, debug: bool = False) -> Callable[[Function], JobHandler]:
    """Makes a coroutine function the handler of the jobs of this name, such as "space:configure".

    `debug` logs when a job is received and when it is complete, and the whole traceback of what it raised.
    ConfigError if the name can name no handler, or the function is no coroutine function of event and tick.
    """
    try:
        handler_queue(name)
    except BadRequest as error:
        raise ConfigError(f"@job_handler: {error.message}") from None

    def decorate(function: Function) -> JobHandler:
        called = getattr(function, "__qualname__", repr(function))
        if not inspect.iscoroutinefunction(function):
            raise ConfigError(f"@job_handler({name!r}): {called} is not allowed; expected an `async def`")
        if not _takes_two(function):
            raise ConfigError(f"@job_handler({name!r}): {called} is not allowed; expected one that takes (event, tick)")
        return JobHandler(name, function, debug)

    return decorate


def _takes_two(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        return False
    return True


def completion(returned: object) -> dict[str, Any]:
    """What a job that is complete leaves; BadRequest if the handler returned what is no JobCompleteDetails."""
    if returned is None:
        return dict(DONE)
    if not isinstance(returned, Mapping):
        raise BadRequest.field("what the handler returned", returned, "None or {'outcome': {…}, 'info': '…'}")
    for key in returned:
        if key not in ("outcome", "info"):
            raise BadRequest.field(f"what the handler returned: {key}", returned[key], "one of outcome, info")
    kept: dict[str, Any] = {}
    if returned.get("outcome") is not None:
        kept["outcome"] = check_outcome(returned["outcome"], "what the handler returned: outcome")
    if returned.get("info") is not None:
        if not isinstance(returned["info"], str):
            raise BadRequest.field("what the handler returned: info", returned["info"], "a text")
        kept["info"] = returned["info"]
    return kept


def failure(error: Exception) -> Failed:
    """A failed attempt with the error's own message; people acknowledge it, as the vendor's plugin asks them to."""
    message = str(error) or type(error).__name__
    return Failed(
        {"code": "unknownError", "message": message},
        {"outcome": {"message": message, "acknowledge": True}},
    )
