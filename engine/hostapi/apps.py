"""sys.app: starting and stopping the caller's own app."""

from __future__ import annotations

from typing import Any

from engine.db.pool import Connection
from engine.hostapi.args import Args
from engine.hostapi.caller import Caller
from engine.jobs import requests, store
from engine.jobs.requests import Requester
from engine.model import NewJob


async def start(caller: Caller, conn: Connection, args: Args) -> Any:
    """app.start [options] -> the id of the job that starts the app."""
    return await _create(caller, conn, requests.start_app(_by(caller), args.get(0)))


async def stop(caller: Caller, conn: Connection, args: Args) -> Any:
    """app.stop [options] -> the id of the job that stops the app, the caller's own job with it."""
    return await _create(caller, conn, requests.stop_app(_by(caller), args.get(0)))


async def deploy_endpoint(caller: Caller, conn: Connection, args: Args) -> Any:
    """app.deployEndpoint [name, options] -> the id of the job that deploys the endpoint."""
    endpoint = (await caller.manifest(conn)).endpoint(args.text(0, "endpointName"))
    return await _create(caller, conn, requests.deploy_endpoint(_by(caller), endpoint, args.get(1)))


async def undeploy_endpoint(caller: Caller, conn: Connection, args: Args) -> Any:
    """app.undeployEndpoint [name, options] -> the id of the job that undeploys it."""
    endpoint = (await caller.manifest(conn)).endpoint(args.text(0, "endpointName"))
    return await _create(caller, conn, requests.undeploy_endpoint(_by(caller), endpoint, args.get(1)))


def _by(caller: Caller) -> Requester:
    return Requester(caller.app, caller.job.run_by, caller.job.id)


async def _create(caller: Caller, conn: Connection, job: NewJob) -> str:
    await caller.manifest(conn)
    (job_id,) = await store.create(conn, [job])
    return str(job_id)
