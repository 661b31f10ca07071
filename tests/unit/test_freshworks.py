"""Freshworks' words: the manifest and every fault in it, the statuses, the veil over parameters, the vault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.apps.folder import load_folder
from engine.apps.iparams import check
from engine.apps.manifest import Manifest
from engine.apps.veil import Veil
from engine.errors import BadRequest, ConfigError
from engine.jobs.freshworks import WORDS, End, Word, end_of
from engine.jobs.limits import QueueLimit
from engine.model import Status
from engine.vault import Vault, new_key
from tests.documents import ROOT

SERVER = "exports = {};"


def write(folder: Path, manifest: Any, server: str | None = SERVER) -> Path:
    """An app's folder of this kind."""
    folder.mkdir(exist_ok=True)
    text = manifest if isinstance(manifest, str) else json.dumps(manifest)
    (folder / "manifest.json").write_text(text)
    if server is not None:
        (folder / "server.js").write_text(server)
    return folder


def test_jobs_become_global_actions(tmp_path: Path) -> None:
    """Wherever the seed's samples have them; with the vendor's limits, and the manifest as it is stored."""
    manifest = {
        "platform-version": "3.0",
        "modules": {"common": {"jobs": {"a": {}}}, "support_ticket": {"jobs": {"b": {"timeout": 0.5}}}},
        "common": {"jobs": {"c": {"timeout": 15}}},
        "jobs": {"d": {}},
        "dependencies": {"axios": "1.7.5"},
        "whitelisted-domains": ["https://*.freshdesk.com"],
        "headrace": {"name": "desk", "label": "Desk", "hosts": ["api.github.com"]},
    }
    app = load_folder(write(tmp_path / "x", manifest))
    found = app.manifest
    assert {name: action.timeout for name, action in found.actions.items()} == {
        "a": 120_000,
        "b": 30_000,
        "c": 900_000,
        "d": 120_000,
    }
    assert (found.name, found.label, found.hosts) == ("desk", "Desk", ("api.github.com", "*.freshdesk.com"))
    assert found.queues["freshworks"].limit == QueueLimit(15)
    assert {action.queue for action in found.actions.values()} == {"freshworks"}
    assert sorted(script.path for script in app.scripts) == [*(f"jobs/{name}.js" for name in "abcd"), "server.js"]
    assert Manifest.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_longer_time_out_is_of_cpu_time_too(tmp_path: Path) -> None:
    """Unless the app limits that itself, as it may limit whatever an app.toml may."""
    jobs = {"a": {}, "c": {"timeout": 15}}
    found = load_folder(write(tmp_path / "desk", {"jobs": jobs})).manifest
    assert [found.script_limits({"actionName": name}).cpu_ms for name in jobs] == [None, 900_000]
    own = {"limits": {"cpu_ms": 5000, "memory_mb": 64}}
    found = load_folder(write(tmp_path / "desk", {"jobs": jobs, "headrace": own})).manifest
    limits = [found.script_limits({"actionName": name}) for name in jobs]
    assert [(limit.cpu_ms, limit.memory_mb) for limit in limits] == [(5000, 64)] * 2


def test_the_name_is_the_folder_s_or_the_one_given(tmp_path: Path) -> None:
    """The vendor's manifest has none; one that cannot be a name is a fault that says where to say another."""
    folder = write(tmp_path / "my-app", {"jobs": {"a": {}}})
    assert load_folder(folder).manifest.name == "my-app"
    assert load_folder(folder, name="desk").manifest.name == "desk"
    with pytest.raises(ConfigError, match=r"headrace\.name: '1 app' is not allowed; .*--app"):
        load_folder(write(tmp_path / "1 app", {"jobs": {"a": {}}}))


@pytest.mark.parametrize(
    ("manifest", "fault"),
    [
        ("{", "manifest.json:1: not valid JSON"),
        ("[]", "manifest.json: is no object"),
        ({}, "names no jobs; expected modules.common.jobs"),
        ({"jobs": []}, "manifest.json: jobs: [] is not allowed; expected a table"),
        ({"jobs": {"a": 1}}, "manifest.json: jobs.a: 1 is not allowed"),
        ({"jobs": {"a-b": {}}}, "manifest.json: jobs.a-b: is not a name"),
        (
            {"jobs": {"a": {"timeout": 0}}},
            "jobs.a.timeout: 0 is not allowed; expected minutes, more than 0, up to 1440",
        ),
        ({"jobs": {"a": {"timeout": 1441}}}, "jobs.a.timeout: 1441 is not allowed"),
        ({"jobs": {"a": {"timeout": "2m"}}}, "jobs.a.timeout: '2m' is not allowed; expected a number"),
        ({"jobs": {"a": {"timout": 2}}}, "jobs.a.timout: is not known here; did you mean 'timeout'?"),
        ({"jobs": {"a": {}}, "common": {"jobs": {"a": {}}}}, "common.jobs.a: is there twice"),
        ({"jobs": {"a": {}}, "dependencies": {"lodash": "4"}}, "dependencies.lodash: is not served here, axios is"),
        ({"jobs": {"a": {}}, "headrace": {"hosts": ["http://x"]}}, "headrace.hosts: 'http://x' is not allowed"),
        ({"jobs": {"a": {}}, "headrace": {"hots": []}}, "headrace.hots: is not known here; did you mean 'hosts'?"),
        ({"jobs": {"a": {}}, "headrace": {"limits": {"calls": 0}}}, "headrace.limits.calls: 0 is not allowed"),
        ({"jobs": {"a": {}}, "headrace": {"concurrency": -1}}, "headrace.concurrency: -1 is not allowed"),
    ],
)
def test_a_fault_in_manifest_json_names_its_place(tmp_path: Path, manifest: Any, fault: str) -> None:
    """File and field, the value and what is allowed."""
    with pytest.raises(ConfigError) as caught:
        load_folder(write(tmp_path / "desk", manifest))
    assert fault in caught.value.message


def test_an_app_without_server_js_is_refused(tmp_path: Path) -> None:
    """The jobs are its functions."""
    with pytest.raises(ConfigError, match=r"there is no server\.js beside it"):
        load_folder(write(tmp_path / "desk", {"jobs": {"a": {}}}, server=None))


def test_every_status_and_ending_has_one_of_the_vendor_s_words() -> None:
    """The table is whole: in-progress while we go on, and each of the other three for an end."""
    assert set(WORDS) == {(status, end) for status in Status for end in End}
    for (status, _), word in WORDS.items():
        assert (word is Word.IN_PROGRESS) is not status.is_final
    assert {WORDS[Status.FINISHED, end] for end in End} == {Word.SUCCESS, Word.FAILED, Word.TIMEOUT}
    assert {WORDS[Status.CANCELED, end] for end in End} == {Word.FAILED}


def test_the_page_says_what_the_table_says() -> None:
    """docs/from-freshworks.md has each of our statuses in a row with its word."""
    text = (ROOT / "docs" / "from-freshworks.md").read_text()
    rows = [line.split("|")[1:3] for line in text.split("| ours |")[1].split("\n\n")[0].splitlines()[2:]]
    said = {
        (status, word)
        for ours, theirs in rows
        for status in Status
        for word in Word
        if status in ours.replace(",", " ").split() and f"`{word}`" in theirs
    }
    assert said == {(status, word) for (status, _), word in WORDS.items()}


@pytest.mark.parametrize(
    ("left", "end"),
    [
        (None, End.WELL),
        ({}, End.WELL),
        ({"results": {"status": "ok"}}, End.WELL),
        ({"error": {"code": "javascriptException", "message": "x"}}, End.ERROR),
        ({"error": {"code": "timeout", "message": "a wait was too long"}}, End.ERROR),
        ({"error": {"code": "timeout", "limit": "wall"}}, End.TIME),
        ({"error": {"code": "timeout", "limit": "cpu"}}, End.TIME),
        ({"error": {"code": "systemException", "limit": "memory"}}, End.ERROR),
    ],
)
def test_what_a_job_left_says_how_it_ended(left: Any, end: End) -> None:
    """A time-out that the script met while it waited is an error; one that ended the script is a time-out."""
    assert end_of(left) is end


def test_the_veil_hides_and_reveals() -> None:
    """Texts of four characters and more, nested ones too, the longest first, in JSON and in addresses as well."""
    veil = Veil.over({"key": "abcd/ef", "deep": {"list": ["abcd/efgh", "xyz"]}, "n": 12345, "quote": 'a"b"c'})
    assert [mark for mark, _ in veil.marks] == ["<%= iparam.deep.list.0 %>", "<%= iparam.key %>", "<%= iparam.quote %>"]
    secret = {"a": ["abcd/efgh and abcd/ef", 12345], "abcd/ef": "xyz"}
    hidden = veil.hide(secret)
    assert hidden == {
        "a": ["<%= iparam.deep.list.0 %> and <%= iparam.key %>", 12345],
        "<%= iparam.key %>": "xyz",
    }
    assert veil.reveal(hidden) == secret
    assert veil.hide(json.dumps({"q": 'a"b"c'})) == '{"q": "<%= iparam.quote %>"}'
    assert veil.hide("https://x/?k=abcd%2Fef") == "https://x/?k=<%= iparam.key %>"


def test_parameters_are_checked_without_being_shown() -> None:
    """A fault names the parameter; its value is in no error."""
    for values, said in (
        ([], "expected an object"),
        ({"": "hidden"}, "names of 1 to 200"),
        ({"key": "hidden\0"}, r"iparams\.key"),
        ({"key": {"a": float("nan"), "b": "hidden"}}, r"iparams\.key"),
    ):
        with pytest.raises(BadRequest, match=said) as caught:
            check(values)
        assert "hidden" not in json.dumps(caught.value.to_json())


def test_no_new_key_begins_like_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    """One in 64 would: `--vault-keys -S…` has no value for a command line."""
    made = iter([b"-" + b"A" * 42 + b"=", b"B" * 43 + b"="])
    monkeypatch.setattr("engine.vault.Fernet.generate_key", lambda: next(made))
    assert new_key() == "B" * 43 + "="


def test_the_vault_opens_what_it_sealed_for_the_same_owner() -> None:
    """Under any of its keys; for another owner, with another key or without one it says what is wrong, and no key."""
    old, new = new_key(), new_key()
    sealed = Vault(old).seal("desk", {"api_key": "x"})
    assert b"api_key" not in sealed
    assert Vault(f"{new}, {old}").open("desk", sealed) == {"api_key": "x"}
    with pytest.raises(ConfigError, match="sealed for another"):
        Vault(old).open("crm", sealed)
    with pytest.raises(ConfigError, match="vault_keys: no key in it reads"):
        Vault(new).open("desk", sealed)
    with pytest.raises(ConfigError, match="vault_keys is missing"):
        Vault(None).open("desk", sealed)
    with pytest.raises(ConfigError, match="key 2 is not allowed") as caught:
        Vault(f"{new},short")
    assert "short" not in caught.value.message and new not in caught.value.message
