"""`headrace config`: the settings in force and where each came from."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from engine import __version__
from engine.settings import Settings
from tests.cli.conftest import Call


def test_each_setting_has_a_value_and_an_origin(headrace: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The later origin wins: default, file, environment, command line."""
    Path("headrace.toml").write_text("slots = 3\npoll_ms = 50\ngrace_ms = 7\n")
    monkeypatch.setenv("HEADRACE_POLL_MS", "60")
    monkeypatch.setenv("HEADRACE_GRACE_MS", "8")
    shown = headrace("config", "--json", "--grace-ms", "9").document
    assert set(shown) == {item.name for item in fields(Settings)}
    assert shown["pool_size"] == {"value": 10, "origin": "default"}
    assert shown["slots"] == {"value": 3, "origin": str(Path.cwd() / "headrace.toml")}
    assert shown["poll_ms"] == {"value": 60, "origin": "HEADRACE_POLL_MS"}
    assert shown["grace_ms"] == {"value": 9, "origin": "command line"}


def test_people_get_a_table_without_passwords(headrace: Call) -> None:
    """The address of the database is shown, its password is not."""
    result = headrace("config", "--database-url", "postgresql://me:secret@db.example/jobs", "--no-listen")
    assert re.search(r"^database_url +postgresql://me:\*\*\*@db.example/jobs +command line$", result.out, re.M)
    assert re.search(r"^listen +false +command line$", result.out, re.M)
    assert "secret" not in result.out


def test_the_mail_server_s_password_is_not_shown(headrace: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """That there is one is shown, to people and to programs."""
    monkeypatch.setenv("HEADRACE_SMTP_PASSWORD", "secret")
    for form in ((), ("--json",)):
        result = headrace("config", *form)
        assert "***" in result.out
        assert "secret" not in result.out


def test_every_setting_is_an_option(headrace: Call) -> None:
    """The help of a worker lists an option for each setting, with what it means."""
    help = headrace("worker", "--help")
    assert help.code == 0
    for item in fields(Settings):
        assert f"--{item.name.replace('_', '-')}" in help.out


def test_the_version_is_the_packages(headrace: Call) -> None:
    """`headrace --version` names the version and nothing else."""
    assert headrace("--version").out == f"headrace {__version__}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("slots = ", "headrace.toml: not valid TOML: Invalid value (at end of document)"),
        ("slotz = 3", "headrace.toml: unknown setting 'slotz'; did you mean 'slots'?"),
        ("slots = 'many'", "'many' is not allowed; expected a whole number from 1 to 10000"),
        ("slots = 0", "0 is not allowed; expected a whole number from 1 to 10000"),
        ("listen = 3", "3 is not allowed; expected true or false"),
        ("log_format = 'xml'", "'xml' is not allowed; expected one of text, json"),
        ("data_dir = 3", "3 is not allowed; expected a text that is not empty"),
    ],
)
def test_a_wrong_settings_file_is_refused_with_the_field(headrace: Call, text: str, message: str) -> None:
    """The message names the file, the setting, the value and what is allowed."""
    Path("headrace.toml").write_text(text)
    result = headrace("config")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("headrace: ")
    assert message in result.err
    assert str(Path.cwd() / "headrace.toml") in result.err


def test_a_settings_file_can_be_named(headrace: Call) -> None:
    """--config takes any file, and one that is not there is refused."""
    Path("other.toml").write_text("slots = 3\n")
    assert headrace("config", "--json", "--config", "other.toml").document["slots"]["value"] == 3
    missing = headrace("config", "--config", "missing.toml")
    assert missing.code == 2
    assert "--config: 'missing.toml' is not allowed; expected the path of a file that exists" in missing.err


def test_options_are_checked_like_all_settings(headrace: Call) -> None:
    """An option out of range names the command line as its origin."""
    result = headrace("config", "--slots", "zero")
    assert result.code == 2
    assert "slots (from command line): 'zero' is not allowed; expected a whole number from 1 to 10000" in result.err


def test_an_error_is_json_where_data_is(headrace: Call) -> None:
    """With --json the error on stderr is one document with code, message and additionalInfo."""
    import json

    result = headrace("config", "--json", "--slots", "zero")
    document = json.loads(result.err)
    assert result.code == 2
    assert document["code"] == "badRequest"
    assert document["additionalInfo"]["value"] == "'zero'"


@pytest.mark.parametrize("words", [[], ["job"], ["nonsense"], ["job", "show"], ["config", "--nonsense"]])
def test_a_line_outside_the_grammar_is_refused_with_the_usage(headrace: Call, words: list[str]) -> None:
    """What is wrong, the usage, code 2, and nothing on stdout."""
    result = headrace(*words)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("headrace: ")
    assert "usage: headrace" in result.err
