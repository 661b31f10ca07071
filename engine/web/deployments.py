"""Deploying and undeploying the app's endpoints over HTTP: each is a job."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import Path, Response
from pydantic import Field

from engine.apps import endpoints
from engine.apps.manifest import Endpoint as EngineEndpoint
from engine.errors import NotFound
from engine.jobs import requests
from engine.jobs.requests import Requester
from engine.model import NewJob, Scope
from engine.web import appstates
from engine.web.context import Admitted, Call
from engine.web.jobshapes import Created
from engine.web.routes import Routes
from engine.web.shapes import AppName, Moment, Shape

PATH = "/apps/{app}/deployments"
Name = Annotated[str, Path(alias="endpoint", description="An endpoint of the app", examples=["stats"])]


class Endpoint(Shape):
    """An endpoint that the app's current version declares."""

    name: str = Field(examples=["stats"])
    label: str
    method: str = Field(examples=["GET"])
    path: str = Field(description="Where it answers, with its parameters in {}", examples=["/apps/crm/endpoints/stats"])
    access: str = Field(description="`public`, or the scope that a token needs")
    deployed: bool
    deploy_date: Moment | None

    @classmethod
    def of(cls, app: str, endpoint: EngineEndpoint, deployed_at: datetime | None) -> Endpoint:
        """The endpoint as it is shown."""
        return cls(
            name=endpoint.name,
            label=endpoint.label,
            method=endpoint.method,
            path=f"/apps/{app}/endpoints{endpoint.path}",
            access=endpoint.access,
            deployed=deployed_at is not None,
            deploy_date=deployed_at,
        )


class EndpointPage(Shape):
    """Endpoints in the order in which they are declared."""

    items: list[Endpoint]
    next: str | None = Field(description="Always null: an app has few")


def register(routes: Routes) -> None:
    """The routes of deployments."""
    one = f"{PATH}/{{endpoint}}"
    routes.add("GET", PATH, find, access=Scope.READ, name="findDeployments", tag="endpoints")
    routes.add("POST", one, deploy, access=Scope.ADMIN, name="deployEndpoint", tag="endpoints", status=201)
    routes.add("DELETE", one, undeploy, access=Scope.ADMIN, name="undeployEndpoint", tag="endpoints", status=202)


async def find(call: Admitted, app: AppName) -> EndpointPage:
    """List the endpoints that the app declares, and which of them answer."""
    async with call.pool.acquire() as conn:
        manifest = await call.manifest(conn)
        deployed = await endpoints.deployed(conn, call.app)
    found = [Endpoint.of(call.app, each, deployed.get(each.name)) for each in manifest.endpoints.values()]
    return EndpointPage(items=found, next=None)


async def deploy(call: Admitted, response: Response, app: AppName, name: Name) -> Created:
    """Deploy an endpoint.

    A job DEPLOY_ENDPOINT: when it has ended, the endpoint answers under `/apps/{app}/endpoints`.
    """
    return await _create(call, response, name, requests.deploy_endpoint)


async def undeploy(call: Admitted, response: Response, app: AppName, name: Name) -> Created:
    """Undeploy an endpoint.

    A job UNDEPLOY_ENDPOINT: when it has ended, the endpoint answers 404.
    """
    return await _create(call, response, name, requests.undeploy_endpoint)


async def _create(
    call: Call, response: Response, name: str, make: Callable[[Requester, EngineEndpoint, object], NewJob]
) -> Created:
    async with call.pool.acquire() as conn:
        manifest = await call.manifest(conn)
    if name not in manifest.endpoints:
        raise NotFound(f"app {call.app} has no endpoint {name!r}", additional_info={"endpoint": name})
    return await appstates.create(call, response, make(call.by, manifest.endpoints[name], {}))
