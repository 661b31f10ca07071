"""API tokens: issued, found by their secret, revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.data import tokens, users
from engine.data.users import User
from engine.db.pool import Pool
from engine.errors import BadRequest, NotFound
from engine.ids import new_id
from engine.model import Scope


@pytest.fixture
async def app(pool: Pool) -> str:
    """An app with a user, and another one beside it."""
    for name in ("shop", "other"):
        await pool.execute("insert into headrace.apps (name, label, version) values ($1, $1, 1)", name)
    async with pool.acquire() as conn:
        await users.save(conn, "shop", User("ann", "Ann"))
    return "shop"


async def issue(pool: Pool, **options: Any) -> tokens.Issued:
    async with pool.acquire() as conn:
        return await tokens.issue(conn, "shop", "ann", **{"name": "ci", "scopes": ["read", "run"], **options})


async def find(pool: Pool, secret: str) -> tokens.Token | None:
    async with pool.acquire() as conn:
        return await tokens.find_by_secret(conn, secret)


async def test_a_secret_finds_its_token(pool: Pool, app: str) -> None:
    """The secret, and nothing near it, leads to the token with its app, user and scopes."""
    issued = await issue(pool)
    token = await find(pool, issued.secret)
    assert token is not None
    assert (token.app, token.user_id, token.name) == ("shop", "ann", "ci")
    assert token.scopes == {Scope.READ, Scope.RUN}
    for wrong in (issued.secret[:-1], issued.secret + "x", issued.secret.upper(), "", "\udc80"):
        assert await find(pool, wrong) is None


async def test_the_secret_is_nowhere_in_the_database(pool: Pool, app: str) -> None:
    """Whoever reads the table cannot use its tokens: only hashes are there."""
    issued = await issue(pool)
    row = await pool.fetchrow("select t::text as row, sha256 from headrace.api_tokens t")
    assert row is not None
    assert issued.secret not in row["row"]
    assert issued.secret.encode() not in row["sha256"]


async def test_expired_and_revoked_tokens_do_not_count(pool: Pool, app: str) -> None:
    """A token ends at its time, or when it is revoked; it stays in the list."""
    revoked, expiring = await issue(pool), await issue(pool, expires_at=datetime.now(UTC) + timedelta(days=1))
    async with pool.acquire() as conn:
        first = await tokens.revoke(conn, app, str(revoked.token.id))
        again = await tokens.revoke(conn, app, revoked.token.id)
        assert first.revoked_at == again.revoked_at is not None
    assert await find(pool, expiring.secret) is not None
    await pool.execute("update headrace.api_tokens set expires_at = now() where expires_at is not null")
    assert [await find(pool, each.secret) for each in (revoked, expiring)] == [None, None]
    async with pool.acquire() as conn:
        assert [each.id for each in await tokens.list_tokens(conn, app)] == [revoked.token.id, expiring.token.id]
        assert await tokens.list_tokens(conn, "other") == []


async def test_only_its_app_revokes_a_token(pool: Pool, app: str) -> None:
    """Another app's token cannot be revoked, nor one that is not there."""
    issued = await issue(pool)
    async with pool.acquire() as conn:
        for wrong in (("other", issued.token.id), (app, new_id())):
            with pytest.raises(NotFound):
                await tokens.revoke(conn, *wrong)
    assert await find(pool, issued.secret) is not None


async def test_use_is_noted_once_an_hour(pool: Pool, app: str) -> None:
    """The first use is written, the next ones are not, until an hour has passed."""
    issued = await issue(pool)

    async def used() -> datetime | None:
        row = await pool.fetchrow("select last_used_at from headrace.api_tokens")
        return None if row is None else row["last_used_at"]

    assert await used() is None
    await find(pool, issued.secret)
    first = await used()
    assert first is not None
    await find(pool, issued.secret)
    assert await used() == first
    await pool.execute("update headrace.api_tokens set last_used_at = now() - interval '61 minutes'")
    await find(pool, issued.secret)
    last = await used()
    assert last is not None
    assert last >= first


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["read", "write"]}, "scopes"),
        ({"name": " "}, "name"),
        ({"name": "a\0"}, "name"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expires"),
    ],
)
async def test_what_a_token_cannot_be(pool: Pool, app: str, options: dict[str, Any], field: str) -> None:
    """A token without a name, with scopes that do not exist or that has ended already is refused by field."""
    with pytest.raises(BadRequest) as caught:
        await issue(pool, **options)
    assert caught.value.additional_info["field"] == field


async def test_a_token_needs_a_user_and_ends_with_it(pool: Pool, app: str) -> None:
    """Nobody has a token who is no user of the app, and a user who is deleted has none left."""
    async with pool.acquire() as conn:
        for wrong in (("shop", "bob"), ("other", "ann"), ("none", "ann"), ("shop", "a\0")):
            with pytest.raises(NotFound):
                await tokens.issue(conn, *wrong, name="ci", scopes=["read"])
    issued = await issue(pool)
    await pool.execute("delete from headrace.users")
    assert await find(pool, issued.secret) is None


async def test_scopes_and_whose_jobs(pool: Pool, app: str) -> None:
    """A user manages the jobs that it ran, an admin anybody's; admin is every scope, no other implies one."""
    reader = (await issue(pool, scopes=["read", "run"])).token
    manager = (await issue(pool, scopes=["manage"])).token
    admin = (await issue(pool, scopes=["admin"])).token
    assert [reader.may_manage("ann"), manager.may_manage("ann"), admin.may_manage("ann")] == [False, True, True]
    assert [manager.may_manage("bob"), manager.may_manage(None), admin.may_manage(None)] == [False, False, True]
    assert [manager.allows(scope) for scope in Scope] == [False, False, True, False]
    assert all(admin.allows(scope) for scope in Scope)
