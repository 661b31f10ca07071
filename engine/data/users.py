"""Users of an app: whom a job says it was run by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import BadRequest


@dataclass(frozen=True, slots=True)
class User:
    """A person whom the platform knows by `id`, a text of its own choice, in the groups of these names."""

    id: str
    name: str
    email: str | None = None
    groups: tuple[str, ...] = ()

    @classmethod
    def from_row(cls, row: Any) -> User:
        """The user of this row."""
        return cls(row["id"], row["name"], row["email"], tuple(row["groups"]))


async def save(conn: Connection, app: str, user: User) -> None:
    """The user, made or brought up to date, its groups left alone; badRequest if the id or the name is empty."""
    for what, value in (("id", user.id), ("name", user.name)):
        if not value.strip() or "\0" in value or len(value) > 255:
            raise BadRequest.field(what, value, "a text of 1 to 255 characters")
    await conn.execute(load("user_save"), app, user.id, user.name, user.email)


async def save_many(
    conn: Connection,
    app: str,
    users: Sequence[User],
    *,
    keep_email: bool = False,
    keep_groups: bool = False,
    told_by: UUID | None = None,
) -> None:
    """The users, made or brought up to date; of one id the last counts.

    keep_email, keep_groups: what a known user has there stays. told_by: the job that will mail the new ones.
    """
    rows = [
        {"id": user.id, "name": user.name, "email": user.email, "groups": list(user.groups)}
        for user in {user.id: user for user in users}.values()
    ]
    await conn.execute(load("user_save_many"), app, rows, not keep_email, not keep_groups, told_by)


async def unmailed(conn: Connection, app: str, job_id: UUID, *, limit: int) -> list[User]:
    """Up to `limit` users whom the job made and has not told yet."""
    return [User.from_row(row) for row in await conn.fetch(load("user_unmailed"), app, job_id, limit)]


async def mailed(conn: Connection, app: str, user_id: str, job_id: UUID) -> None:
    """From now on the user is not among the job's `unmailed`."""
    await conn.execute(load("user_mailed"), app, user_id, job_id)


async def find_by_id(conn: Connection, app: str, user_id: str) -> User | None:
    """The user of the app, None if there is none."""
    row = await conn.fetchrow(load("user_find_by_id"), app, user_id)
    return None if row is None else User.from_row(row)


async def count(conn: Connection, app: str) -> int:
    """How many users the app has."""
    return int(await conn.fetchval(load("user_count"), app))


async def find_page(conn: Connection, app: str, *, limit: int, after: str | None = None) -> list[User]:
    """Up to `limit` users of the app in the order of their ids, behind the id `after`."""
    return [User.from_row(row) for row in await conn.fetch(load("user_list"), app, after, limit)]
