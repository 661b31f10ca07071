"""Users of an app."""

from __future__ import annotations

import pytest

from engine.data import users
from engine.data.users import User
from engine.db.pool import Pool
from engine.errors import BadRequest


async def test_users_of_an_app(pool: Pool) -> None:
    """A user is made, brought up to date, and found in its own app only."""
    for app in ("shop", "other"):
        await pool.execute("insert into headrace.apps (name, label, version) values ($1, $1, 1)", app)
    async with pool.transaction() as conn:
        await users.save(conn, "shop", User("u1", "Ann"))
        await users.save(conn, "shop", User("u1", "Anna", "anna@example.org"))
        assert await users.find_by_id(conn, "shop", "u1") == User("u1", "Anna", "anna@example.org")
        assert await users.find_by_id(conn, "other", "u1") is None
        assert [await users.count(conn, app) for app in ("shop", "other")] == [1, 0]
        for wrong in (User("", "Ann"), User("u2", " "), User("u\0", "Ann")):
            with pytest.raises(BadRequest):
                await users.save(conn, "shop", wrong)
