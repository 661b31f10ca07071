"""Apps over HTTP: the token's own, and new versions of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Query, Request
from pydantic import Field

from engine.apps import archive, store
from engine.events.push import push
from engine.model import Scope
from engine.web.context import Admitted
from engine.web.routes import Routes
from engine.web.shapes import AppName, GivenFlag, Moment, Shape

PATH = "/apps/{app}"
_ARCHIVE = {
    "required": True,
    "description": "The app's folder as a .tar.gz: `tar cz -C FOLDER .`",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


class App(Shape):
    """An app as lists show it."""

    name: str = Field(examples=["crm"])
    label: str = Field(examples=["Customers"])
    version: int = Field(ge=1, description="The version that new jobs start on")
    push_date: Moment
    pushed_by: str | None
    state: store.AppState = Field(description="A stopped app's jobs wait; a sleeping one is woken by a call as well")
    waiting_version: int | None = Field(description="What a start with `pushChanges` makes the current version")

    @classmethod
    def of(cls, app: store.Pushed) -> App:
        """The app as it is shown."""
        return cls(
            name=app.name,
            label=app.label,
            version=app.version,
            push_date=app.pushed_at,
            pushed_by=app.pushed_by,
            state=app.state,
            waiting_version=app.waiting_version,
        )


class AppPage(Shape):
    """Apps, by name."""

    items: list[App]
    next: str | None = Field(description="Always null: a token sees one app")


class AppDetails(App):
    """An app with what its current version declares."""

    manifest: dict[str, Any] = Field(description="What app.toml declares: entities, actions, listeners, endpoints")
    scripts: list[str] = Field(description="The paths of its scripts", examples=[["actions/report.js"]])


class Pushed(Shape):
    """What a push did."""

    app: str = Field(examples=["crm"])
    version: int = Field(ge=1)
    changed: bool = Field(description="False if the archive is what the current version was made of")
    scripts: int = Field(ge=0)
    files: int = Field(ge=0, description="Data files that were uploaded")
    waiting: bool = Field(description="Whether it waits for a start with `pushChanges`")


def register(routes: Routes) -> None:
    """The routes of apps."""
    routes.add("GET", "/apps", find, access=Scope.READ, name="findApps", tag="apps")
    routes.add("GET", PATH, show, access=Scope.READ, name="getApp", tag="apps")
    routes.add(
        "POST",
        f"{PATH}/versions",
        push_version,
        access=Scope.ADMIN,
        name="pushVersion",
        tag="apps",
        status=201,
        errors=(413,),
        body_limit=archive.MAX_ARCHIVE,
        extra={"requestBody": _ARCHIVE},
    )


async def find(call: Admitted) -> AppPage:
    """List the apps that the token sees."""
    async with call.pool.acquire() as conn:
        return AppPage(items=[App.of(await store.get_pushed(conn, call.app))], next=None)


async def show(call: Admitted, app: AppName) -> AppDetails:
    """Show an app with what its current version declares."""
    async with call.pool.acquire() as conn:
        pushed = await store.get_pushed(conn, call.app)
        version = await call.web.apps.get(conn, call.app, pushed.version)
    listed = App.of(pushed)
    return AppDetails(
        **{name: getattr(listed, name) for name in App.model_fields},
        manifest=version.manifest.to_json(),
        scripts=sorted(version.scripts),
    )


async def push_version(
    call: Admitted,
    request: Request,
    app: AppName,
    wait: Annotated[GivenFlag, Query(description="Whether the version waits for a start with `pushChanges`")] = False,
) -> Pushed:
    """Push a version of the app.

    All of it or nothing. Jobs under way stay on their version. A folder that is wrong is 400 with every problem.
    """
    async with archive.unpacked(request.stream(), call.app) as folder:
        archive.check_name(folder, call.app)
        async with call.pool.acquire() as conn:
            done = await push(conn, folder, by=call.token.user_id, check=call.web.check, wait=wait)
    return Pushed.model_validate(asdict(done))
