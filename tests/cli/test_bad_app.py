"""`headrace push` of folders with faults: every fault is named with its place, and nothing is pushed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Ask, Call, write_app

APP = '[app]\nname = "shop"\n'
ENTITY = APP + '[entities.things.fields]\nname = { type = "text" }\n'
ACTION = APP + '[actions.go]\nscript = "actions/go.js"\n'


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("[app", "app.toml:1: not valid TOML"),
        ('[app]\nname = "shop"\nx = = 1\n', "app.toml:3: not valid TOML: Invalid value"),
        ("", "app.toml: app: is missing; expected a table"),
        ("[app]\n", "app.toml: app.name: is missing; expected a text"),
        (APP + 'nmae = "x"\n', "app.toml: app.nmae: is not known here; did you mean 'name'?"),
        (APP + "[entity.x]\n", "app.toml: entity: is not known here; did you mean 'entities'?"),
        (
            APP + '[entities.things.fields]\nname = { type = "string" }\n',
            "app.toml: entities.things.fields.name.type: 'string' is not allowed; expected one of text,",
        ),
        (
            APP + '[entities.things.fields]\nname = { type = "text", size = 3 }\n',
            "app.toml: entities.things.fields.name.size: is not known here",
        ),
        (ACTION, "app.toml: actions.go.script: there is no file 'actions/go.js'"),
    ],
)
def test_a_fault_in_app_toml_names_its_place(
    on_database: Call, ask: Ask, tmp_path: Path, manifest: str, message: str
) -> None:
    """File and line where it is no TOML, file and field where it is; code 2; no version."""
    result = on_database("push", str(write_app(tmp_path / "shop", manifest)))
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert ask("select name from headrace.apps") == []


def test_every_script_is_checked_before_anything_is_pushed(on_database: Call, ask: Ask, tmp_path: Path) -> None:
    """All faults of all scripts in one message, in both languages, also those that nothing names; no version."""
    files = {"actions/go.js": "return 1;", "lib/a.js": "\nvar a = = 1;\n", "lib/b.py": "x = (\n"}
    folder = write_app(tmp_path / "shop", ACTION, files)
    result = on_database("push", str(folder))
    assert result.code == 2
    assert f"the app in {folder} has 2 problems:" in result.err
    assert "  lib/a.js:2:9: SyntaxError: unexpected token in expression: '='\n      var a = = 1;\n" in result.err
    assert "  lib/b.py:1:5: '(' was never closed\n" in result.err
    assert ask("select name from headrace.apps") == []


@pytest.mark.parametrize("name", ["missing", "file"])
def test_what_is_no_folder_is_refused(headrace: Call, name: str) -> None:
    """The message names the path."""
    Path("file").write_text("")
    result = headrace("push", name)
    assert result.code == 2
    assert f"app folder: '{name}' is not allowed; expected a folder with an app.toml" in result.err


def test_a_good_folder_is_pushed_once(on_database: Call, tmp_path: Path) -> None:
    """The first push makes version 1, the same folder again changes nothing, an edit makes version 2."""
    folder = write_app(tmp_path / "shop", ACTION, {"actions/go.js": "return 1;"})
    assert on_database("push", str(folder)).out == "shop: version 1 (1 script)\n"
    assert on_database("push", str(folder)).out == "shop: unchanged, version 1 stays (1 script)\n"
    (folder / "actions" / "go.js").write_text("return 2;")
    pushed = on_database("push", str(folder), "--json").document
    assert pushed == {"app": "shop", "version": 2, "changed": True, "scripts": 1, "files": 0, "waiting": False}


def test_a_check_needs_no_database(headrace: Call, tmp_path: Path) -> None:
    """`push --check` says that all is well, or what is not, and pushes nothing."""
    folder = write_app(tmp_path / "shop", ACTION, {"actions/go.js": "return 1;"})
    assert headrace("push", "--check", str(folder)).out == "shop: 1 script and 0 data files, all well\n"
    (folder / "actions" / "go.js").write_text("return (")
    assert headrace("push", "--check", str(folder)).code == 2


def test_a_script_in_an_apps_folder_runs_in_that_app(on_database: Call, tmp_path: Path) -> None:
    """Without --app the nearest app.toml above the script names it; if it was not pushed, the way out is told."""
    folder = write_app(tmp_path / "shop", ACTION, {"actions/go.js": "return 1;"})
    script = str(folder / "actions" / "go.js")
    refused = on_database("run", script, "--detach")
    assert refused.code == 2
    assert f"there is no app 'shop' in this database: `headrace push {folder}` first" in refused.err
    assert on_database("push", str(folder)).code == 0
    job = on_database("run", script, "--detach").out.strip()
    assert on_database("job", "show", job, "--json").document["app"] == "shop"
