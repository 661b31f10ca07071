"""DEPLOY_ENDPOINT, UNDEPLOY_ENDPOINT, and CALL_ENDPOINT: a request that an endpoint's script answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from engine.apps import endpoints
from engine.apps.answers import Answer
from engine.apps.manifest import Endpoint
from engine.db.pool import Connection
from engine.errors import BadRequest
from engine.executors import script
from engine.executors.endings import Ending, Failed, Finished
from engine.executors.run import Effect, Run
from engine.hostapi.caller import Origin


async def deploy(run: Run) -> Ending:
    """The endpoint answers from now on."""
    await _declared(run)
    return await _change(run, endpoints.deploy, "is deployed", "was deployed before")


async def undeploy(run: Run) -> Ending:
    """The endpoint answers no more."""
    return await _change(run, endpoints.undeploy, "is not deployed any more", "was not deployed")


async def _change(
    run: Run, change: Callable[[Connection, str, str], Awaitable[bool]], done: str, was_so: str
) -> Ending:
    name = run.claim.spec["endpointName"]

    async def work(scope: Effect) -> None:
        changed = await change(scope.conn, run.claim.app, name)
        scope.lines.append(run.line(f"the endpoint {name} {done if changed else was_so}"))

    await run.transact(work)
    return Finished({})


async def call(run: Run) -> Ending:
    """The script's value is the answer; one that cannot be sent is the script's failure."""
    ending = await script.once(run, begin(run, await _declared(run)))
    if isinstance(ending, Finished) and ending.results is not None:
        try:
            Answer.of(ending.results["results"]["response"])
        except BadRequest as error:
            message = f"what the endpoint returned is no answer: {error.message}"
            return Failed({"code": "endpointException", "message": message}, retryable=False)
    return ending


def begin(run: Run, endpoint: Endpoint) -> Origin:
    """Where the script of an endpoint begins."""
    return script.start(run, {"path": endpoint.script}, {"request": run.claim.spec["request"]})


async def _declared(run: Run) -> Endpoint:
    async with run.services.pool.acquire() as conn:
        app = await run.services.apps.get(conn, run.claim.app, run.claim.app_version)
    return app.manifest.endpoint(run.claim.spec["endpointName"])
