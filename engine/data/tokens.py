"""API tokens: who may do what to an app over HTTP, without the secret itself.

A secret is 256 random bits, so its SHA-256 is as good as any slow hash: there is no dictionary to try.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from engine.data import users
from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import BadRequest, NotFound
from engine.ids import new_id
from engine.model import Scope, check_job_id

# Scanners of repositories and logs find a leaked token by its prefix.
PREFIX = "hrt_"
MAX_NAME = 255


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a user of an app. `last_used_at` is exact to an hour."""

    id: UUID
    app: str
    user_id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Token:
        """A token from a row of sql/queries/token_*.sql."""
        return cls(**{**row, "scopes": frozenset(Scope(scope) for scope in row["scopes"])})

    def allows(self, scope: Scope) -> bool:
        """Whether the holder may do what needs this scope."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def may_manage(self, run_by: str | None) -> bool:
        """Whether the holder may stop, resume, cancel and prioritize a job that this user ran."""
        return Scope.ADMIN in self.scopes or (Scope.MANAGE in self.scopes and run_by == self.user_id)


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token, and its secret, which is nowhere else and never shown again."""

    token: Token
    secret: str


async def issue(
    conn: Connection,
    app: str,
    user_id: str,
    *,
    name: str,
    scopes: Collection[str],
    expires_at: datetime | None = None,
) -> Issued:
    """A new token of the user; NotFound if the app has no such user, BadRequest names what is not allowed."""
    if not name.strip() or len(name) > MAX_NAME or "\0" in name:
        raise BadRequest.field("name", name, f"a text of 1 to {MAX_NAME} characters")
    wanted = [_scope(scope) for scope in dict.fromkeys(scopes)]
    if not wanted:
        raise BadRequest.field("scopes", list(scopes), f"one or more of {', '.join(Scope)}")
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise BadRequest.field("expires", expires_at.isoformat(), "a time in the future")
    if "\0" in app + user_id or await users.find_by_id(conn, app, user_id) is None:
        raise NotFound(f"there is no user {user_id!r} in app {app!r}", additional_info={"userId": user_id})
    secret = PREFIX + secrets.token_urlsafe(32)
    row = await conn.fetchrow(
        load("token_insert"),
        new_id(),
        app,
        user_id,
        name,
        _sha256(secret),
        [scope.value for scope in wanted],
        expires_at,
    )
    assert row is not None, "an insert returns its row"
    return Issued(Token.from_row(row), secret)


async def find_by_secret(conn: Connection, secret: str) -> Token | None:
    """The token of this secret; None if there is none, or it is expired or revoked. Notes that it was used."""
    row = await conn.fetchrow(load("token_find"), _sha256(secret))
    if row is None:
        return None
    token = Token.from_row(row)
    if token.last_used_at is None or (datetime.now(UTC) - token.last_used_at).total_seconds() > 3600:
        await conn.execute(load("token_touch"), token.id)
    return token


async def list_tokens(conn: Connection, app: str) -> list[Token]:
    """The app's tokens, oldest first, expired and revoked ones included."""
    return [Token.from_row(row) for row in await conn.fetch(load("token_list"), app)]


async def revoke(conn: Connection, app: str, token_id: object) -> Token:
    """The token, which counts no more; NotFound if the app has none with this id."""
    row = await conn.fetchrow(load("token_revoke"), app, check_job_id(token_id, "tokenId"))
    if row is None:
        raise NotFound(f"there is no token {token_id} in app {app!r}")
    return Token.from_row(row)


def _scope(value: str) -> Scope:
    if value not in list(Scope):
        raise BadRequest.field("scopes", value, f"one of {', '.join(Scope)}")
    return Scope(value)


def _sha256(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
