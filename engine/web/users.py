"""Users over HTTP, to be read."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import Field

from engine.data import users
from engine.data.users import User as EngineUser
from engine.errors import NotFound
from engine.model import Scope
from engine.web.context import Admitted
from engine.web.paging import from_cursor, to_cursor
from engine.web.routes import Routes
from engine.web.shapes import AppName, PageCursor, PageSize, Shape

PATH = "/apps/{app}/users"
DEFAULT_SIZE = 100
UserId = Annotated[str, Path(alias="userId", description="A user", examples=["ann"])]


class User(Shape):
    """A person whom the platform knows by `id`."""

    id: str = Field(examples=["ann"])
    name: str = Field(examples=["Ann Smith"])
    email: str | None
    groups: list[str] = Field(examples=[["sales"]])

    @classmethod
    def of(cls, user: EngineUser) -> User:
        """The user as it is shown."""
        return cls(id=user.id, name=user.name, email=user.email, groups=list(user.groups))


class UserPage(Shape):
    """Users in the order of their ids."""

    items: list[User]
    next: str | None = Field(description="The `_cursor` of the next page; null on the last one")


def register(routes: Routes) -> None:
    """The routes of users."""
    routes.add("GET", PATH, find, access=Scope.READ, name="findUsers", tag="users")
    routes.add("GET", f"{PATH}/{{userId}}", show, access=Scope.READ, name="getUser", tag="users")


async def find(call: Admitted, app: AppName, size: PageSize = DEFAULT_SIZE, cursor: PageCursor = None) -> UserPage:
    """List users in the order of their ids."""
    async with call.pool.acquire() as conn:
        found = await users.find_page(conn, call.app, limit=size + 1, after=from_cursor(cursor))
    page = found[:size]
    return UserPage(items=[User.of(user) for user in page], next=to_cursor(page[-1].id if len(found) > size else None))


async def show(call: Admitted, app: AppName, user_id: UserId) -> User:
    """Show a user."""
    async with call.pool.acquire() as conn:
        found = await users.find_by_id(conn, call.app, user_id)
    if found is None:
        raise NotFound(f"there is no user {user_id!r} in this app", additional_info={"userId": user_id})
    return User.of(found)
