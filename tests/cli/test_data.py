"""`headrace record …`, `headrace user …`, `headrace app run`: each job on an app's data, from the command line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Ask, Call, Processes, write_app

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


OPTIONS = (
    "--queue slow --low-priority --delay 90s --timeout 5m --max-attempts 3 "
    "--concurrency-key k --concurrency-limit 2 --unique-key u"
)
ROW = """select concat_ws(' ', queue, low_priority, ready_at - created_at >= '90 s', max_attempts, concurrency_key,
concurrency_limit, timeout_ms, unique_key) from headrace.jobs"""


@pytest.mark.parametrize(
    "words",
    [
        "record import goods goods.csv --app shop",
        "record export goods --app shop",
        "record delete goods --query {} --app shop",
        "record run goods grow --app shop",
        "user import users.csv --app shop",
        "user export --app shop",
        "app run shop sum",
    ],
)
def test_every_job_takes_the_options_of_jobs(shop: Call, ask: Ask, words: str) -> None:
    """They are those of `headrace run`, the time-out of what runs no script among them."""
    done = shop(*words.split(), *OPTIONS.split(), "--detach")
    assert done.code == 0, done.err
    assert ask(ROW) == ["slow t t 3 k 2 300000 u"]


def test_what_is_not_said_is_up_to_the_action(shop: Call, ask: Ask, tmp_path: Path) -> None:
    """The options of an action hold where the command line says nothing."""
    own = 'queue = "slow"\nlow_priority = true\nmax_attempts = 7\ntimeout = 5000\n'
    toml = TOML.replace("[actions.sum]\n", f"[actions.sum]\n{own}")
    assert shop("push", str(write_app(tmp_path / "own", toml, SCRIPTS))).code == 0
    assert shop("app", "run", "shop", "sum", "--detach", "--max-attempts", "2").code == 0
    assert ask("select concat_ws(' ', queue, low_priority, max_attempts, timeout_ms) from headrace.jobs") == [
        "slow t 2 5000"
    ]


def test_a_live_job_with_the_unique_key_is_followed(shop: Call, ask: Ask) -> None:
    """The second import is the first one, and the file that it would have read is not kept."""
    words = ["record", "import", "goods", "goods.csv", "--app", "shop", "--unique-key", "once", "--detach"]
    first, second = shop(*words), shop(*words)
    assert (first.code, second.code, first.out) == (0, 0, second.out), second.err
    assert ask("select spec ->> 'fileId' from headrace.job_params") == ask("select id::text from headrace.files")


def test_an_export_is_written_here(shop: Call, tmp_path: Path) -> None:
    """As a file that is there when it is whole, or to stdout, which then has nothing else."""
    assert shop("user", "import", "users.csv", "--app", "shop").code == 0
    expected = "id,name,email,groups\r\nann,Ann,,\r\n"
    out = tmp_path / "out.csv"
    out.write_text("what was there")
    written = shop("user", "export", "--app", "shop", "--output", "out.csv")
    assert (written.code, written.document["usersExported"], out.read_bytes().decode()) == (0, 1, expected)
    shown = shop("user", "export", "--app", "shop", "--output", "-")
    assert (shown.code, shown.out.replace("\r", "")) == (0, expected.replace("\r", "")), shown.err
    assert "usersExported" in shown.err
    assert sorted(path.name for path in tmp_path.glob("*.csv*")) == ["goods.csv", "out.csv", "users.csv"]


def test_an_export_that_nobody_takes(shop: Call, processes: Processes, dsn: str) -> None:
    """A reader that has gone, or a full disk, ends the command as any other output does."""
    read, write = os.pipe()
    os.close(read)
    words = ["user", "export", "--app", "shop", "--database-url", dsn, "--output"]
    unread = processes.run(*words, "-", stdout=write)
    os.close(write)
    assert (unread.code, "Traceback" in unread.err) == (141, False), unread.err
    full = processes.run(*words, "/dev/full")
    assert (full.code, "cannot write the output: No space left on device" in full.err) == (5, True), full.err


def test_nothing_is_written_of_an_export_that_failed(shop: Call, ask: Ask, tmp_path: Path) -> None:
    """What was there stays; a device is written to, not replaced."""
    out = tmp_path / "out.csv"
    out.write_text("what was there")
    ask("create function no() returns trigger language plpgsql as $$ begin raise 'no'; end $$")
    ask("create trigger no before insert on headrace.files for each row execute function no()")
    failed = shop("record", "export", "goods", "--app", "shop", "--output", "out.csv")
    assert (failed.code, out.read_text()) == (1, "what was there"), failed.err
    ask("drop trigger no on headrace.files")
    assert shop("record", "export", "goods", "--app", "shop", "--output", "/dev/null").code == 0
    assert Path("/dev/null").is_char_device()
    assert [path.name for path in tmp_path.glob("out*")] == ["out.csv"]


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
        ("app run shop sum --max-attempts 0", "--max-attempts: 0 is not allowed"),
        ("app run shop sum --delay soon", "--delay: 'soon' is not allowed"),
        ("user export --app shop --queue a/b", "--queue: 'a/b' is not allowed"),
        ("user export --app shop --concurrency-limit 2", "--concurrency-limit: 2 is not allowed"),
        ("user export --app shop --timeout soon", "--timeout: 'soon' is not allowed"),
        ("user export --app shop --output none/out.csv", "--output: 'none/out.csv' is not allowed"),
        ("user export --app shop --output out.csv --detach", "--detach"),
        ("user export --app shop --output - --json", "--output"),
        ("user import goods --app shop", "FILE: 'goods' is not allowed"),
    ],
)
def test_what_is_wrong_is_said(shop: Call, ask: Ask, words: str, said: str) -> None:
    """By the word that was typed; neither a job nor a file is made."""
    done = shop(*words.split())
    assert (done.code, said in done.err) == (2, True), done.err
    assert ask("select id from headrace.jobs") + ask("select id from headrace.files") == []
