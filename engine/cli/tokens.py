"""`headrace token create`, `token list` and `token revoke`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.apps import store
from engine.cli import loop
from engine.cli.database import existing
from engine.cli.exits import Exit
from engine.cli.options import spelled
from engine.cli.output import Output, flat
from engine.cli.table import table
from engine.cli.words import duration_ms, local
from engine.data import tokens, users
from engine.data.tokens import Token
from engine.data.users import User
from engine.db.pool import Connection
from engine.jobs.documents import time_text
from engine.model import Scope, check_name
from engine.settings import Loaded

_HEADER = ("ID", "STATE", "USER", "SCOPES", "CREATED", "USED", "NAME")


def create(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """A new token: its secret on stdout, this once."""
    return loop.run(_create(given, loaded, output))


async def _create(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    app = check_name("--app", given.app)
    async with existing(loaded) as pool:
        with spelled(scopes="--scope", name="--name", id="--user", expires="--expires"):
            expires = None if given.expires is None else _after(given.expires)
            async with pool.transaction() as conn:
                if given.user_name is not None:
                    await _make_user(conn, app, given.user, given.user_name)
                issued = await tokens.issue(
                    conn, app, given.user, name=given.name, scopes=given.scope or [Scope.READ], expires_at=expires
                )
    if output.as_json:
        output.document({**_document(issued.token), "token": issued.secret})
        return Exit.DONE
    output.note(f"token {issued.token.id} of {given.user} in {app}: {_scopes(issued.token)}; it is not shown again")
    output.line(issued.secret)
    return Exit.DONE


def _after(text: str) -> datetime:
    return datetime.now(UTC) + timedelta(milliseconds=duration_ms("--expires", text))


async def _make_user(conn: Connection, app: str, user_id: str, name: str) -> None:
    await store.current_version(conn, app)
    if await users.find_by_id(conn, app, user_id) is None:
        await users.save(conn, app, User(user_id, name))


def list_tokens(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The app's tokens, without their secrets, which nobody has but their holders."""
    return loop.run(_list(given, loaded, output))


async def _list(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    app, now = check_name("--app", given.app), datetime.now(UTC)
    async with existing(loaded) as pool, pool.acquire() as conn:
        found = await tokens.list_tokens(conn, app)
    if output.as_json:
        output.document([_document(token) for token in found])
        return Exit.DONE
    if not found:
        output.note(f"app {app} has no tokens")
        return Exit.DONE
    for line in table(_HEADER, [_row(token, now) for token in found], width=output.width()):
        output.line(line)
    return Exit.DONE


def revoke(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """All of the tokens count no more, or, if one is not there, none is touched."""
    return loop.run(_revoke(given, loaded, output))


async def _revoke(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    app = check_name("--app", given.app)
    async with existing(loaded) as pool, pool.transaction() as conn:
        revoked = [await tokens.revoke(conn, app, token_id) for token_id in given.ids]
    if output.as_json:
        output.document([_document(token) for token in revoked])
        return Exit.DONE
    for token in revoked:
        output.line(f"{token.id} revoked")
    return Exit.DONE


def _row(token: Token, now: datetime) -> list[str]:
    return [
        str(token.id),
        _state(token, now),
        flat(token.user_id),
        _scopes(token),
        local(token.created_at, now),
        local(token.last_used_at, now),
        flat(token.name),
    ]


def _state(token: Token, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at is None:
        return "valid"
    return "expired" if token.expires_at <= now else f"until {token.expires_at.astimezone():%Y-%m-%d}"


def _scopes(token: Token) -> str:
    return ",".join(scope for scope in Scope if scope in token.scopes)


def _document(token: Token) -> dict[str, Any]:
    return {
        "id": str(token.id),
        "app": token.app,
        "user": token.user_id,
        "name": token.name,
        "scopes": [scope.value for scope in Scope if scope in token.scopes],
        "createDate": time_text(token.created_at),
        "expireDate": time_text(token.expires_at),
        "revokeDate": time_text(token.revoked_at),
        "lastUseDate": time_text(token.last_used_at),
    }
