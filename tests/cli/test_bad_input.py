"""Bad input at the command line: a message that names what is wrong and what is allowed, a code, and no change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Ask, Call

ABSENT = "0193a5b0-7c1e-7d3a-9a1b-2c3d4e5f6071"
NOWHERE = "postgresql://me:secret@127.0.0.1:1/jobs"


@pytest.fixture
def scripts() -> None:
    """Scripts with every kind of fault, in the working folder."""
    Path("folder.js").mkdir()
    Path("good.js").write_text("return 1;")
    Path("notes.txt").write_text("no script")
    Path("bad.js").write_text("var a = 1;\nvar b = = 2;\n")
    Path("bad.py").write_text("if True:\n\tx = = 2\n")
    Path("forbidden.py").write_text("import os\nx.__class__\n")
    Path("latin.js").write_bytes(b"// caf\xe9\n")
    Path("nul.js").write_bytes(b"var a;\nvar \0b;\n")
    Path("long.js").write_text("//" + "x" * (1 << 20))


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("missing.js", "there is no file missing.js\n"),
        ("folder.js", "script: 'folder.js' is not allowed; expected a file; this is a folder"),
        ("notes.txt", "script: 'notes.txt' is not allowed; expected a file whose name ends with .js or .py"),
        ("bad.js", "bad.js:2:9: SyntaxError: unexpected token in expression: '='\n    var b = = 2;\n            ^\n"),
        ("bad.py", "bad.py:2:6: invalid syntax\n    \tx = = 2\n    \t    ^\n"),
        ("forbidden.py", "forbidden.py:1:1: there is no module os"),
        ("forbidden.py", "forbidden.py:2:3: the attribute __class__ is not available in scripts"),
        ("latin.js", "latin.js:1: is not UTF-8"),
        ("nul.js", "nul.js:2: has a character NUL"),
        ("long.js", "long.js: is 1048578 bytes long; a script may have 1048576"),
    ],
)
def test_a_script_that_cannot_run_is_refused_before_there_is_a_job(
    headrace: Call, scripts: None, script: str, message: str
) -> None:
    """File, line, column and the line itself; no database is asked, so it may even be down."""
    result = headrace("run", script, "--database-url", NOWHERE)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("headrace: ")
    assert message in result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--param", "n"], "--param: 'n' is not allowed; expected KEY=VALUE"),
        (["--param", "=3"], "--param: '=3' is not allowed; expected KEY=VALUE"),
        (["--param", "n=1", "--param", "n=2"], "--param: 'n=2' is not allowed; expected each key once"),
        (["--param", 'a="\\u0000"'], "expected a text without the character NUL"),
        (["--param", 'a="\\ud800"'], "expected a text without halves of characters"),
        (["--param", "a=\udcff"], "expected a text without halves of characters"),
        (["--param", "a=1e999"], "expected JSON: its numbers are finite"),
        (["--param", "a=" + "[" * 100_000], "expected a value that is not nested so deeply"),
        (["--app", "no app"], "--app: 'no app' is not allowed; expected a name of 1 to 63"),
        (["--queue", ""], "--queue: '' is not allowed; expected a name of 1 to 63"),
        (["--timeout", "soon"], "--timeout: 'soon' is not allowed; expected milliseconds, or a duration such as 90s"),
        (["--delay", "-1"], "--delay: '-1' is not allowed; expected milliseconds"),
        (["--max-attempts", "0"], "--max-attempts: 0 is not allowed; expected a whole number from 1 to 1000"),
        (["--max-attempts", "٣"], "--max-attempts: '٣' is not allowed; expected a whole number from 1 to 1000"),
        (["--concurrency-key", ""], "--concurrency-key: '' is not allowed; expected a text of 1 to 500 characters"),
        (["--concurrency-limit", "2"], "--concurrency-limit: 2 is not allowed; expected beside options.concurrencyKey"),
        (["--unique-key", ""], "--unique-key: '' is not allowed; expected a text of 1 to 500 characters"),
    ],
)
def test_a_run_with_a_wrong_option_is_refused(headrace: Call, scripts: None, words: list[str], message: str) -> None:
    """The message names the option as it was typed, its value and what is allowed."""
    words = [f"{words[0]}={words[1]}"] if words[1].startswith("-") else words
    result = headrace("run", "good.js", "--database-url", NOWHERE, *words)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "nonsense"], "ID: 'nonsense' is not allowed; expected the id of a job, such as 0193"),
        (["logs", "nonsense"], "ID: 'nonsense' is not allowed"),
        (["tail", "nonsense"], "ID: 'nonsense' is not allowed"),
        (["stop", ABSENT, "nonsense"], "ID: 'nonsense' is not allowed"),
        (["show", ABSENT, "--app", "a b"], "--app: 'a b' is not allowed"),
        (["logs", ABSENT, "--level", "DEBUG"], "--level: 'DEBUG' is not allowed; expected one of INFO, ERROR"),
        (["logs", ABSENT, "--period", "soon"], "--period: 'soon' is not allowed; expected today, yesterday, or a"),
        (["logs", ABSENT, "--from", "soon"], "--from: 'soon' is not allowed; expected ms since the epoch, a time"),
        (["tail", ABSENT, "--lines", "-"], "--lines: '-' is not allowed; expected a whole number from 0 to 100000"),
        (["list", "--status", "DONE"], "--status: 'DONE' is not allowed; expected one of PENDING, RUNNING"),
        (["list", "--type", "x"], "--type: 'X' is not allowed; expected one of IMPORT_RECORDS"),
        (["list", "--has-errors", "maybe"], "--has-errors: 'maybe' is not allowed; expected true or false"),
        (["list", "--size", "0"], "--size: 0 is not allowed; expected a whole number from 1 to 100000"),
        (["list", "--offset", "x"], "--offset: 'x' is not allowed; expected a whole number from 0 to 10000000"),
        (["list", "--create-from", "whenever"], "--create-from: 'whenever' is not allowed; expected ms since"),
        (["list", "--end-to", "9" * 30], f"--end-to: '{'9' * 30}' is not allowed; expected a whole number from 0"),
        (["list", "--start-from", "0001-01-01"], "--start-from: '0001-01-01' is not allowed"),
    ],
)
def test_a_question_about_jobs_that_makes_no_sense_is_refused(headrace: Call, words: list[str], message: str) -> None:
    """Before the database is opened: the message is about the words, not about the connection."""
    result = headrace("job", *words, "--database-url", NOWHERE)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


@pytest.mark.parametrize("command", ["show", "logs", "tail", "stop", "resume", "cancel", "low-priority"])
def test_an_unknown_job_is_not_found(on_database: Call, command: str) -> None:
    """Every command about a job says that there is none."""
    result = on_database("job", command, ABSENT)
    assert result.code == 2
    assert f"there is no job {ABSENT}" in result.err


@pytest.mark.parametrize(
    ("before", "command", "message"),
    [
        (None, "resume", "it is PENDING; expected STOPPED"),
        ("stop", "stop", "it is STOPPED; expected PENDING, RUNNING"),
        ("cancel", "stop", "it is CANCELED; expected PENDING, RUNNING"),
        ("cancel", "resume", "it is CANCELED; expected STOPPED"),
        ("cancel", "cancel", "it is CANCELED; expected PENDING, RUNNING, STOPPED, STOPPING"),
    ],
)
def test_a_command_in_the_wrong_status_is_refused(
    on_database: Call, scripts: None, before: str | None, command: str, message: str
) -> None:
    """What the job is, what it would have to be, and nothing changes."""
    job = on_database("run", "good.js", "--detach").out.strip()
    if before is not None:
        assert on_database("job", before, job).code == 0
    was = on_database("job", "show", job, "--json").document["status"]
    result = on_database("job", command, job)
    assert result.code == 2
    assert f"cannot {command} job {job}: {message}" in result.err
    assert on_database("job", "show", job, "--json").document["status"] == was


def test_one_wrong_job_does_not_keep_the_others_waiting(on_database: Call, scripts: None) -> None:
    """Each id is told by itself; the code says that one could not be."""
    job = on_database("run", "good.js", "--detach").out.strip()
    result = on_database("job", "cancel", ABSENT, job, "--json")
    assert result.code == 2
    assert [told["status"] for told in result.document] == ["CANCELED"]
    assert json.loads(result.err)["code"] == "notFound"


def test_an_unknown_app_is_refused_with_the_way_out(on_database: Call, scripts: None, ask: Ask) -> None:
    """A run in an app that nobody pushed makes no job."""
    result = on_database("run", "good.js", "--app", "nobody")
    assert result.code == 2
    assert "there is no app 'nobody' in this database: `headrace push` its folder first" in result.err
    assert ask("select id from headrace.jobs") == []


def test_a_data_folder_that_cannot_be_made_is_refused(headrace: Call) -> None:
    """A path through a file is nobody's data folder."""
    Path("file").write_text("")
    result = headrace("migrate", "--data-dir", "file/data")
    assert result.code == 2
    assert f"cannot make the data folder {Path.cwd() / 'file' / 'data'}" in result.err


@pytest.mark.parametrize("words", [["job", "list"], ["job", "show", ABSENT], ["job", "cancel", ABSENT]])
def test_looking_makes_no_database(headrace: Call, words: list[str]) -> None:
    """Who looks at jobs in the wrong folder is told so, and finds no new server there."""
    result = headrace(*words)
    assert result.code == 2
    assert f"there is no database in {Path.cwd() / '.headrace'} yet: start `headrace dev` here" in result.err
    assert not Path(".headrace").exists()
