"""Users of an app: whom a job says it was run by."""

from __future__ import annotations

from dataclasses import dataclass

from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import BadRequest


@dataclass(frozen=True, slots=True)
class User:
    """A person whom the platform knows by `id`, a text of its own choice."""

    id: str
    name: str
    email: str | None = None


async def save(conn: Connection, app: str, user: User) -> None:
    """The user, made or brought up to date; badRequest if the id or the name is empty."""
    for what, value in (("id", user.id), ("name", user.name)):
        if not value.strip() or "\0" in value or len(value) > 255:
            raise BadRequest.field(what, value, "a text of 1 to 255 characters")
    await conn.execute(load("user_save"), app, user.id, user.name, user.email)


async def find_by_id(conn: Connection, app: str, user_id: str) -> User | None:
    """The user of the app, None if there is none."""
    row = await conn.fetchrow(load("user_find_by_id"), app, user_id)
    return None if row is None else User(**row)


async def find_page(conn: Connection, app: str, *, limit: int, after: str | None = None) -> list[User]:
    """Up to `limit` users of the app in the order of their ids, behind the id `after`."""
    return [User(**row) for row in await conn.fetch(load("user_list"), app, after, limit)]
