"""`headrace token`: who may use the HTTP API."""

from __future__ import annotations

import pytest

from engine.db.pool import Pool
from tests.cli.conftest import Call

CREATE = ("token", "create", "--app", "crm", "--user", "ann")


@pytest.fixture(autouse=True)
async def crm(pool: Pool) -> None:
    """An app without users."""
    await pool.execute("insert into headrace.apps (name, label, version) values ('crm', 'CRM', 1)")


def test_a_token_is_made_listed_and_revoked(on_database: Call) -> None:
    """The secret is on stdout alone and only once; the list tells the rest, and what was revoked."""
    made = on_database(*CREATE, "--user-name", "Ann", "--scope", "run", "--scope", "read", "--expires", "90d")
    secret = made.out.strip()
    assert (made.code, secret[:4], secret in made.err) == (0, "hrt_", False)
    (listed,) = on_database("token", "list", "--app", "crm", "--json").document
    assert (listed["user"], listed["scopes"], listed["revokeDate"]) == ("ann", ["read", "run"], None)
    assert secret not in on_database("token", "list", "--app", "crm").out
    assert on_database("token", "revoke", "--app", "crm", listed["id"]).out == f"{listed['id']} revoked\n"
    assert "revoked" in on_database("token", "list", "--app", "crm").out


def test_a_token_as_json(on_database: Call) -> None:
    """Machines get everything in one document; read is the scope that nobody has to ask for."""
    document = on_database(*CREATE, "--user-name", "Ann", "--json").document
    assert document["token"].startswith("hrt_")
    assert (document["app"], document["scopes"], document["expireDate"]) == ("crm", ["read"], None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*CREATE,), "there is no user 'ann' in app 'crm'"),
        (("token", "create", "--app", "none", "--user", "ann", "--user-name", "Ann"), "there is no app 'none'"),
        ((*CREATE, "--user-name", "Ann", "--scope", "write"), "--scope: 'write' is not allowed"),
        ((*CREATE, "--user-name", "Ann", "--expires", "soon"), "--expires: 'soon' is not allowed"),
        ((*CREATE, "--user-name", "Ann", "--name", " "), "--name: ' ' is not allowed"),
        (("token", "revoke", "--app", "crm", "x"), "tokenId: 'x' is not allowed"),
        (("token", "list"), "--app"),
    ],
)
def test_what_is_wrong_is_said(on_database: Call, words: tuple[str, ...], said: str) -> None:
    """Bad input ends with code 2, names the option, and makes neither token nor user."""
    result = on_database(*words)
    assert (result.code, said in result.err) == (2, True), result.err
    assert on_database("token", "list", "--app", "crm", "--json").document == []
