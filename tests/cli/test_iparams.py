"""`headrace iparams` and `headrace push` of a Freshworks app."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.db.pool import Pool
from engine.vault import new_key
from tests.cli.conftest import Ask, Call

OLD, NEW = new_key(), new_key()


@pytest.fixture(autouse=True)
async def desk(pool: Pool) -> None:
    """Two apps without anything."""
    for name in ("desk", "crm"):
        await pool.execute("insert into headrace.apps (name, label, version) values ($1, $1, 1)", name)
        await pool.execute(
            "insert into headrace.app_versions (app, version, sha256, manifest) values ($1, 1, '', '{}')", name
        )


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Parameters in a file."""
    (tmp_path / "iparams.json").write_text('{"domain": "acme", "api_key": "hidden"}')
    return str(tmp_path / "iparams.json")


def test_parameters_are_set_named_and_removed(on_database: Call, ask: Ask, file: str) -> None:
    """From a file; what is printed has names alone."""
    made = on_database("iparams", "set", file, "--app", "desk", "--vault-keys", OLD)
    assert (made.code, made.out) == (0, "desk has api_key, domain\n")
    named = on_database("iparams", "names", "--app", "desk", "--vault-keys", OLD, "--json")
    assert named.document == {"app": "desk", "names": ["api_key", "domain"]}
    assert ask("select app from headrace.app_iparams") == ["desk"]
    assert on_database("iparams", "remove", "--app", "desk").out == "desk has no installation parameters\n"
    assert on_database("iparams", "remove", "--app", "desk").code == 2


def test_keys_are_rotated(on_database: Call, ask: Ask, file: str) -> None:
    """All apps' parameters get the first key; with one that reads only some of them nothing changes."""
    for app in ("desk", "crm"):
        on_database("iparams", "set", file, "--app", app, "--vault-keys", OLD)
    before = ask("select sealed from headrace.app_iparams order by app")
    assert on_database("iparams", "rotate", "--vault-keys", NEW).code == 2
    assert ask("select sealed from headrace.app_iparams order by app") == before
    rotated = on_database("iparams", "rotate", "--vault-keys", f"{NEW},{OLD}")
    assert rotated.out == "the parameters of 2 apps are under the first key\n"
    for key, code in ((NEW, 0), (OLD, 2)):
        assert on_database("iparams", "names", "--app", "crm", "--vault-keys", key).code == code


def test_a_new_key_can_be_used(on_database: Call, file: str) -> None:
    """What new-key prints is what the setting takes."""
    key = on_database("iparams", "new-key").out.strip()
    assert on_database("iparams", "set", file, "--app", "desk", "--vault-keys", key).code == 0
    assert key not in on_database("config", "--vault-keys", key).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "FILE", "--app", "desk"), "setting vault_keys is missing: installation parameters need it"),
        (("set", "FILE", "--app", "desk", "--vault-keys", "short"), "setting vault_keys: key 1 is not allowed"),
        (("set", "FILE", "--app", "none", "--vault-keys", OLD), "there is no app 'none'"),
        (("set", "FILE", "--app", "a b", "--vault-keys", OLD), "--app: 'a b' is not allowed"),
        (("set", "nothing.json", "--app", "desk", "--vault-keys", OLD), "nothing.json: cannot be read"),
        (("set", "broken.json", "--app", "desk", "--vault-keys", OLD), "broken.json:2: not valid JSON"),
        (("set", "list.json", "--app", "desk", "--vault-keys", OLD), "iparams: expected an object"),
        (("names", "--app", "none", "--vault-keys", OLD), "there is no app 'none'"),
        (("remove", "--app", "desk"), "app 'desk' has no installation parameters"),
    ],
)
def test_what_is_wrong_is_said(
    on_database: Call, ask: Ask, file: str, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    """Code 2, the option or the setting, no value, and nothing is stored."""
    (tmp_path / "broken.json").write_text('{"api_key":\n hidden}')
    (tmp_path / "list.json").write_text('["hidden"]')
    result = on_database("iparams", *(file if word == "FILE" else word for word in words))
    assert (result.code, said in result.err) == (2, True), result.err
    assert "hidden" not in result.err
    assert ask("select app from headrace.app_iparams") == []


def test_a_freshworks_app_is_pushed(on_database: Call, ask: Ask, tmp_path: Path) -> None:
    """Under --app, with a script for each job; a server.js that does not compile names its line."""
    folder = tmp_path / "my app"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"jobs": {"go": {}}}))
    (folder / "server.js").write_text('import axios from "axios";\nexports = { go: async () => {} };\n')
    pushed = on_database("push", str(folder), "--app", "helpdesk")
    assert (pushed.code, pushed.out) == (0, "helpdesk: version 1 (2 scripts)\n"), pushed.err
    assert ask("select path from headrace.app_scripts order by path") == ["jobs/go.js", "server.js"]
    limits = on_database("limit", "list", "--app", "helpdesk", "--json").document
    assert [(limit["queue"], limit["concurrency"], limit["source"]) for limit in limits] == [("freshworks", 15, "app")]
    (folder / "server.js").write_text('import axios from "axios";\nexports = { go: = };\n')
    refused = on_database("push", str(folder), "--app", "helpdesk")
    assert (refused.code, "server.js:2" in refused.err) == (2, True), refused.err
