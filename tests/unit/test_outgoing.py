"""Notifications, database actions and topics of an app.toml."""

from __future__ import annotations

import pytest

from engine.apps.declarations import read_manifest
from engine.apps.manifest import Manifest
from engine.apps.outgoing import DatabaseAction, Notification, Topic, filled
from engine.apps.toml import Problems, Table

GOOD = """
[app]
name = "shop"

[notifications.late]
webhook = "https://example.org/hooks?a=b"
secret = "0123456789abcdef"

[notifications.weekly]
mail_to = ["ann@example.org"]
text = "{team}: {n}, {team}"

[database_actions.failures]
statement = "select $days::int, $days, $name, $1, $$text$$, $tag$text$tag$"
params = { days = 7, name = "x" }

[topics.orders]
exchange = "shop"
"""


def read(toml: str) -> tuple[Manifest, list[str]]:
    """The manifest, and what is wrong with it."""
    problems = Problems()
    root = Table.parse(toml, file="app.toml", problems=problems)
    assert root is not None
    return read_manifest(root), problems.found


def test_what_goes_out_is_declared() -> None:
    """Every table is read with its defaults, and survives JSON."""
    manifest, problems = read(GOOD)
    assert problems == []
    assert manifest.notification("late") == Notification(
        "late", "late", "https://example.org/hooks?a=b", "0123456789abcdef"
    )
    assert manifest.notification("weekly").names == ["team", "n"]
    assert filled("{team}: {n} {}", {"team": "a", "n": [1]}) == "a: [1] {}"
    assert manifest.topic("orders") == Topic("orders", "orders", "shop", "orders")
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_names_become_numbers() -> None:
    """Each `$name` is one parameter, however often it is there; quoted texts of PostgreSQL's stay."""
    text, names = DatabaseAction("a", "a", "select $days::int, $days, $name, $$text$$, $tag$text$tag$").numbered()
    assert text == "select ($1::text)::int, ($1::text), ($2::text), $$text$$, $tag$text$tag$"
    assert names == ["days", "name"]


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        (
            '[notifications.n]\nsecret = "0123456789abcdef"',
            "n: a notification has either webhook or mail_to",
        ),
        ('[notifications.n]\nwebhook = "https://e.org"', "notifications.n.secret: a webhook has a secret"),
        ('[notifications.n]\nwebhook = "ftp://e.org"\nsecret = "0123456789abcdef"', "webhook: 'ftp://e.org' is not"),
        ('[notifications.n]\nwebhook = "http://e:99999"\nsecret = "0123456789abcdef"', "webhook: 'http://e:99999' is"),
        ('[notifications.n]\nwebhook = "https://e.org"\nsecret = "short"', "secret: is not allowed; expected a text"),
        ('[notifications.n]\nmail_to = ["ann@e.org"]', "notifications.n.text: is missing"),
        ('[notifications.n]\nmail_to = ["ann"]\ntext = "x"', "mail_to: 'ann' is not allowed"),
        ("[database_actions.d]\nparams = { a = 1 }", "database_actions.d.statement: is missing"),
        ('[database_actions.d]\nstatement = "select $a"', "params: has no 'a', which the statement names"),
        ('[database_actions.d]\nstatement = "select 1"\nparams = { a = [1] }', "params.a: [1] is not allowed"),
        ('[database_actions.d]\nstatement = "select 1"\nrows = 0', "rows: 0 is not allowed"),
        ("[topics.t]\nnonsense = 1", "topics.t.nonsense: is not known"),
    ],
)
def test_what_is_wrong_is_named(toml: str, problem: str) -> None:
    """Each problem has its place, the value and what is allowed."""
    _, problems = read('[app]\nname = "shop"\n' + toml)
    assert any(problem in found for found in problems), problems
