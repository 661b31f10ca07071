"""`headrace record …`, `headrace user …`, `headrace app run`: each job on an app's data, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Ask, Call, write_app

TOML = """
[app]
name = "shop"
label = "The shop"
[entities.goods]
label = "Goods"
label_field = "name"
[entities.goods.fields]
name = { type = "text", required = true }
size = { type = "integer" }
[entities.goods.actions.grow]
kind = "one"
script = "actions/grow.js"
[actions.sum]
script = "actions/sum.js"
"""
SCRIPTS = {"actions/grow.js": "return params.by;", "actions/sum.js": "return params.a + params.b;"}


@pytest.fixture
def shop(on_database: Call, tmp_path: Path) -> Call:
    """The command line, with an app that is pushed and files to import in the working folder."""
    assert on_database("push", str(write_app(tmp_path / "app", TOML, SCRIPTS))).code == 0
    (tmp_path / "goods.csv").write_text("name,size\nA,1\n,2\nB,3\n")
    (tmp_path / "users.csv").write_text("id,name\nann,Ann\n")
    return on_database


def test_records_are_imported_changed_exported_and_deleted(shop: Call, ask: Ask) -> None:
    """Each is a job that is followed; its results are the output; a bad row makes the exit code 1."""
    imported = shop("record", "import", "goods", "goods.csv", "--app", "shop")
    assert (imported.code, imported.document) == (1, {"rowsImported": 2, "rowsWithErrors": 1}), imported.err
    assert "line 3: name: is required" in imported.err
    grown = shop("record", "run", "goods", "grow", "--app", "shop", "--param", "by=2", "--query", '{"name": "B"}')
    assert (grown.code, [*grown.document["results"].values()]) == (0, [{"status": "ok", "response": 2}]), grown.err
    exported = shop("record", "export", "goods", "--app", "shop", "--low-priority")
    assert (exported.code, exported.document["recordsExported"]) == (0, 2), exported.err
    deleted = shop("record", "delete", "goods", "--app", "shop", "--query", '{"name": "A"}')
    assert (deleted.code, [*deleted.document["results"].values()]) == (0, [{"status": "ok"}]), deleted.err
    assert ask("select data ->> 'name' from headrace.records") == ["B"]
    assert ask("select type from headrace.jobs order by id") == [
        "IMPORT_RECORDS", "EXECUTE_ACTION", "EXPORT_RECORDS", "DELETE_RECORDS",
    ]  # fmt: skip


def test_users_and_a_global_action(shop: Call) -> None:
    """Users have no results but the export's; an action's are those that scripts read."""
    assert shop("user", "import", "users.csv", "--app", "shop").code == 0
    assert shop("user", "export", "--app", "shop").document["usersExported"] == 1
    added = shop("app", "run", "shop", "sum", "--param", "a=1", "--param", "b=2")
    assert (added.code, added.document) == (0, {"results": {"status": "ok", "response": 3}}), added.err


def test_without_waiting(shop: Call, ask: Ask) -> None:
    """--detach prints the job's id."""
    done = shop("user", "import", "users.csv", "--app", "shop", "--notify", "--detach")
    assert ask("select concat_ws(' ', id, type, status) from headrace.jobs") == [
        f"{done.out.strip()} IMPORT_USERS PENDING"
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("record import goods none.csv --app shop", "FILE: 'none.csv' is not allowed"),
        ("record import nothing goods.csv --app shop", "ENTITY: 'nothing' is not allowed"),
        ("record import goods goods.csv --app none", "there is no app 'none'"),
        ("record import goods goods.csv", "--app"),
        ("record export goods --app shop --query 1", "--query: '1' is not allowed"),
        ("record export goods --app shop --query {", "--query: '{' is not allowed"),
        ('record export goods --app shop --query {"color":1}', "color"),
        ("record delete goods --app shop", "--query"),
        ("record run goods sum --app shop", "ACTION: 'sum' is not allowed"),
        ("record run goods grow --app shop --param by", "--param: 'by' is not allowed"),
        ("app run shop grow", "ACTION: 'grow' is not allowed"),
        ("user import goods --app shop", "FILE: 'goods' is not allowed"),
    ],
)
def test_what_is_wrong_is_said(shop: Call, ask: Ask, words: str, said: str) -> None:
    """By the word that was typed; neither a job nor a file is made."""
    done = shop(*words.split())
    assert (done.code, said in done.err) == (2, True), done.err
    assert ask("select id from headrace.jobs") + ask("select id from headrace.files") == []
