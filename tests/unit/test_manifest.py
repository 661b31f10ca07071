"""App folders: what load_folder accepts, and every way in which it says no."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine.apps.folder import check_scripts, load_folder
from engine.apps.manifest import ActionKind, FieldType, Manifest, Queue, Trigger
from engine.errors import BadRequest, ConfigError
from engine.jobs.requests import Requester, run_action

CRM = Path(__file__).parents[2] / "examples" / "crm"

GOOD = """
[app]
name = "shop"

[entities.items.fields]
name = { type = "text", required = true }
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A folder with one action script and one data file, and no app.toml yet."""
    folder = tmp_path / "shop"
    (folder / "actions").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "actions" / "go.js").write_text("return 1;")
    (folder / "data" / "items.csv").write_text("name\nhammer\n")
    return folder


def problems(app: Path, toml: str) -> list[str]:
    (app / "app.toml").write_text(toml)
    with pytest.raises(ConfigError) as caught:
        load_folder(app)
    found: list[str] = caught.value.additional_info["problems"]
    assert all(problem in caught.value.message for problem in found)
    return found


def load(app: Path, toml: str) -> Manifest:
    (app / "app.toml").write_text(toml)
    return load_folder(app).manifest


def test_example_has_actions_of_every_kind_in_both_languages() -> None:
    """The example app loads, and shows each kind of action and both languages."""
    folder = load_folder(CRM)
    companies = folder.manifest.entity("companies")
    assert {action.kind for action in companies.actions.values()} == set(ActionKind)
    assert {script.language for script in folder.scripts} == {"javascript", "python"}
    assert {listener.on for listener in folder.manifest.listeners.values()} == set(Trigger)
    assert {field.type for entity in folder.manifest.entities.values() for field in entity.fields.values()} == set(
        FieldType
    )
    assert [(file.name, file.content_type) for file in folder.files] == [("data/companies.csv", "text/csv")]


def test_example_stories_exist_in_both_languages() -> None:
    """Every story script of the example has its twin in the other language."""
    names = {path.stem for path in (CRM / "scripts").iterdir()}
    assert names and all((CRM / "scripts" / f"{name}{suffix}").is_file() for name in names for suffix in (".js", ".py"))


def test_manifest_survives_json() -> None:
    """A manifest read back from its JSON is equal to the one that was written."""
    manifest = load_folder(CRM).manifest
    assert Manifest.from_json(json.loads(json.dumps(manifest.to_json()))) == manifest


def test_defaults_of_an_action(app: Path) -> None:
    """An action that says nothing else returns its response, runs once and waits in the queue `default`."""
    action = load(app, GOOD + '[actions.go]\nscript = "actions/go.js"').action(None, "go")
    assert (action.kind, action.return_response, action.queue, action.max_attempts, action.timeout) == (
        ActionKind.GLOBAL,
        True,
        "default",
        1,
        None,
    )


def test_json_default_may_be_an_empty_object(app: Path) -> None:
    """An empty object as a default is not lost on the way through JSON."""
    manifest = load(app, GOOD + 'notes = { type = "json", default = {} }')
    again = Manifest.from_json(json.loads(json.dumps(manifest.to_json())))
    assert again.entity("items").field("notes").default == {}


def test_digest_depends_on_everything_and_only_that(app: Path) -> None:
    """The same content has the same sha256; another script, file or declaration has another one."""
    (app / "app.toml").write_text(GOOD)
    seen = {load_folder(app).sha256}
    assert load_folder(app).sha256 in seen
    for path, text in (("actions/go.js", "return 2;"), ("data/items.csv", "name\nsaw\n"), ("app.toml", GOOD + "#")):
        (app / path).write_text(text)
        seen.add(load_folder(app).sha256)
    assert len(seen) == 3, "a comment in app.toml declares nothing"


def test_files_that_are_not_part_of_the_app(app: Path, tmp_path: Path) -> None:
    """Hidden files, other suffixes and links that lead out of the folder are left alone."""
    (tmp_path / "secret.js").write_text("return 'secret';")
    (app / "actions" / "leak.js").symlink_to(tmp_path / "secret.js")
    (app / "actions" / ".hidden.js").write_text("(")
    (app / "data" / "make.py").write_text("print()")
    (app / "app.toml").write_text(GOOD)
    folder = load_folder(app)
    assert [script.path for script in folder.scripts] == ["actions/go.js"]
    assert [file.name for file in folder.files] == ["data/items.csv"]


def test_unknown_names_list_what_there_is(app: Path) -> None:
    """Asking a manifest for an entity, an action or a field that it lacks names what it has."""
    manifest = load(app, GOOD + '[entities.items.actions.go]\nkind = "one"\nscript = "actions/go.js"')
    for ask, listed in (
        (lambda: manifest.entity("itmes"), "items"),
        (lambda: manifest.action("items", "og"), "go"),
        (lambda: manifest.action(None, "go"), "it has none"),
        (lambda: manifest.entity("items").field("nmae"), "name"),
    ):
        with pytest.raises(BadRequest, match=listed):
            ask()


def test_not_a_folder(tmp_path: Path) -> None:
    """A path that is no folder is refused by name."""
    with pytest.raises(ConfigError, match=r"nothing.*expected a folder with an app\.toml"):
        load_folder(tmp_path / "nothing")


def test_no_app_toml(app: Path) -> None:
    """A folder without app.toml is told what it lacks."""
    with pytest.raises(ConfigError, match=r"app\.toml: there is no such file"):
        load_folder(app)


def test_broken_toml_names_the_line(app: Path) -> None:
    """Broken TOML is refused with file and line, also where it breaks at the end of the file."""
    assert problems(app, '[app]\nname = "x\n')[0].startswith("app.toml:2: not valid TOML")
    assert problems(app, "[app]\nname = [1,\n\n")[0].startswith("app.toml:")
    assert problems(app, "[app]\n[app]\n")[0].startswith("app.toml:2: not valid TOML")


def test_app_toml_that_is_not_utf8_names_the_line(app: Path) -> None:
    """Bytes that are not UTF-8 are refused with their line."""
    (app / "app.toml").write_bytes(b'[app]\nname = "\xff"\n')
    with pytest.raises(ConfigError, match=r"app\.toml:2: is not UTF-8"):
        load_folder(app)


CASES = [
    ("", "app.toml: app: is missing"),
    ("[app]\n", "app.toml: app.name: is missing"),
    ("[app]\nname = 5", "app.toml: app.name: 5 is not allowed; expected a text"),
    ('[app]\nname = "9 lives"', "app.name: '9 lives' is not allowed"),
    ('[app]\nname = "x"\nlabl = "X"', "app.labl: is not known here; did you mean 'label'?"),
    ('entitys = 1\n[app]\nname = "x"', "entitys: is not known here; did you mean 'entities'?"),
    (GOOD + "[settings]\nday = 2026-01-01", "settings.day: 2026-01-01 is not allowed"),
    (GOOD + 'price = { type = "numbr" }', "fields.price.type: 'numbr' is not allowed; expected one of text, number"),
    (GOOD + 'price = { type = "numbr" }', "did you mean 'number'?"),
    (GOOD + "price = 5", "fields.price: 5 is not allowed; expected a table"),
    (GOOD + 'id = { type = "text" }', "fields.id: this name is taken"),
    (GOOD + '"my field" = { type = "text" }', "fields.my field: is not a name"),
    (GOOD + 'color = { type = "choice" }', "fields.color.choices: is missing"),
    (GOOD + 'color = { type = "choice", choices = ["red", "red"] }', "choices: 'red' is there twice"),
    (GOOD + 'color = { type = "choice", choices = ["red"], default = "blue" }', "default: 'blue' is not allowed"),
    (GOOD + 'maker = { type = "relation" }', "fields.maker.entity: is missing"),
    (GOOD + 'maker = { type = "relation", entity = "makers" }', "'makers' is not an entity; the entities: items"),
    (GOOD + 'n = { type = "text", min = 1 }', "fields.n.min: is only for fields of type number or integer"),
    (GOOD + 'n = { type = "number", min = 2, max = 1 }', "fields.n.min: 2 is more than max, 1"),
    (GOOD + 'n = { type = "json", unique = true }', "fields.n.unique: is only for fields of type"),
    (GOOD + 'n = { type = "text", required = "yes" }', "required: 'yes' is not allowed; expected true or false"),
    ('[app]\nname = "x"\n[entities.empty]', "entities.empty.fields: is missing"),
    (GOOD + '[entities.items]\nlabel_field = "title"', "entities.items.label_field: 'title' is not a field"),
    (GOOD + "[actions.go]", "actions.go.script: is missing"),
    (GOOD + '[actions.go]\nscript = "actions/gone.js"', "actions.go.script: there is no file 'actions/gone.js'"),
    (GOOD + '[actions.go]\nscript = "actions/go.rb"', "'actions/go.rb' is in no language that is known"),
    (GOOD + '[actions.go]\nscript = "elsewhere/go.js"', "'elsewhere/go.js' is not below actions/"),
    (GOOD + '[actions.go]\nscript = "../go.js"', "'../go.js' is not below actions/"),
    (GOOD + '[actions.go]\nkind = "one"\nscript = "actions/go.js"', "an action of the app itself is global"),
    (GOOD + '[entities.items.actions.go]\nscript = "actions/go.js"', "actions.go.kind: is missing"),
    (GOOD + '[actions.go]\nscript = "actions/go.js"\ntimeout = 0', "actions.go.timeout: 0 is not allowed"),
    (GOOD + '[actions.go]\nscript = "actions/go.js"\nqueue = ""', "actions.go.queue: '' is not allowed"),
    (GOOD + '[actions.go]\nscript = "actions/go.js"\nmax_attempts = 1.5', "max_attempts: 1.5 is not allowed"),
    (GOOD + '[listeners.l]\non = "job"\nscript = "actions/go.js"\njob_type = "IMPORT"', "job_type: 'IMPORT' is not"),
    (GOOD + '[listeners.l]\non = "job"\nscript = "actions/go.js"\njob_event = "done"', "job_event: 'done' is not"),
    (GOOD + '[listeners.l]\non = "data"\nscript = "actions/go.js"\nentity = "x"', "l.entity: 'x' is not an entity"),
    (GOOD + '[listeners.l]\non = "schedule"\nscript = "actions/go.js"', "listeners.l: a schedule has either cron or"),
    (GOOD + '[listeners.l]\non = "schedule"\nscript = "actions/go.js"\nevery = "soon"', "every: 'soon' is not allowed"),
    (GOOD + '[listeners.l]\non = "schedule"\nscript = "actions/go.js"\ncron = "daily"', "cron: 'daily' is not allowed"),
    (GOOD + '[listeners.l]\non = "custom"\nscript = "actions/go.js"', "listeners.l.event: is missing"),
    (GOOD + '[listeners.l]\non = "custom"\nscript = "actions/go.js"\nevent = "e"\ncron = "x"', "l.cron: is not known"),
    (GOOD + '[endpoints.e]\nmethod = "LOOK"\npath = "/e"\nscript = "actions/go.js"', "e.method: 'LOOK' is not allowed"),
    (GOOD + '[endpoints.e]\npath = "/e"\nscript = "actions/go.js"\naccess = "all"', "e.access: 'all' is not allowed"),
    (
        GOOD + '[endpoints.e]\npath = "/e"\nscript = "actions/go.js"\ntimeout = 300001',
        "e.timeout: 300001 is not allowed",
    ),
    (GOOD + '[endpoints.e]\npath = "e"\nscript = "actions/go.js"', "endpoints.e.path: 'e' is not allowed"),
    (GOOD + '[data]\nitems = "data/gone.csv"', "items: there is no file 'data/gone.csv'; the files: data/items.csv"),
    (GOOD + '[data]\nitms = "data/items.csv"', "data.itms: is not known here; did you mean 'items'?"),
]


@pytest.mark.parametrize(("toml", "expected"), CASES, ids=[str(n) for n in range(len(CASES))])
def test_what_is_refused(app: Path, toml: str, expected: str) -> None:
    """Each wrong declaration is refused with the field, the value and what is allowed."""
    assert any(expected in problem for problem in problems(app, toml)), problems(app, toml)


def test_two_endpoints_on_one_route(app: Path) -> None:
    """Two endpoints with the same method and path are refused, and the second names the first."""
    one = '[endpoints.{}]\npath = "/e"\nscript = "actions/go.js"\n'
    assert problems(app, GOOD + one.format("a") + one.format("b")) == [
        "app.toml: endpoints.b.path: GET /e is already that of endpoint 'a'"
    ]


def test_all_problems_at_once(app: Path) -> None:
    """One error lists every problem, those of the scripts and those of the declarations."""
    (app / "actions" / "latin.py").write_bytes(b"x = 1\ny = '\xe9'\n")
    (app / "actions" / "nul.js").write_bytes(b"\n\nvar a = '\0';")
    (app / "actions" / "long.js").write_bytes(b" " * ((1 << 20) + 1))
    found = problems(app, GOOD + 'a = { type = "x" }\nb = { type = "y" }\n[actions.l]\nscript = "actions/latin.py"')
    assert [problem.split(": ")[0] for problem in found] == [
        "actions/latin.py:2",
        "actions/long.js",
        "actions/nul.js:3",
        "app.toml",
        "app.toml",
    ]


async def test_scripts_that_do_not_compile_are_all_named(app: Path) -> None:
    """check_scripts asks about every script with its language and raises one error with all answers."""
    (app / "actions" / "stop.py").write_text("return (")
    (app / "app.toml").write_text(GOOD)
    asked: list[tuple[str, str]] = []

    async def check(language: str, path: str, source: str) -> str | None:
        asked.append((language, path))
        return None if source == "return 1;" else f"{path}:1:9: '(' was never closed"

    with pytest.raises(ConfigError, match=r"actions/stop\.py:1:9: '\(' was never closed") as caught:
        await check_scripts(load_folder(app), check)
    assert asked == [("javascript", "actions/go.js"), ("python", "actions/stop.py")]
    assert len(caught.value.additional_info["problems"]) == 1


def test_a_folder_can_be_copied(tmp_path: Path) -> None:
    """The digest says what is in the app, not where it lies."""
    shutil.copytree(CRM, tmp_path / "copy")
    assert load_folder(tmp_path / "copy").sha256 == load_folder(CRM).sha256


def test_actions_have_concurrency_keys(app: Path) -> None:
    """Key and limit go to the action's jobs, beneath what whoever starts one says; a limit alone is a problem."""
    declared = GOOD + '[actions.go]\nscript = "actions/go.js"\nconcurrency_key = "sync"\nconcurrency_limit = 3\n'
    action = load(app, declared).action(None, "go")
    job = run_action(Requester("shop", None), action, None, None, None, None)
    assert (job.concurrency_key, job.concurrency_limit) == ("sync", 3)
    job = run_action(Requester("shop", None), action, None, None, None, {"concurrencyKey": "other"})
    assert (job.concurrency_key, job.concurrency_limit) == ("other", 3)
    alone = declared.replace('concurrency_key = "sync"\n', "")
    assert any("actions.go.concurrency_limit: limits jobs of a" in problem for problem in problems(app, alone))


def test_queues_have_sizes(app: Path) -> None:
    """A queue's size is read, survives JSON, and is checked as a whole."""
    sizes = "[queues.heavy]\nconcurrency = 2\n[queues.'mail-out']\nrate = 60\nper_ms = 60_000\n"
    manifest = load(app, GOOD + sizes)
    assert manifest.queues["mail-out"] == Queue("mail-out", rate=60, per_ms=60_000)
    assert Manifest.from_json(json.loads(json.dumps(manifest.to_json()))).queues == manifest.queues


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ("[queues.heavy]", "queues.heavy: says nothing; expected concurrency, or rate with per_ms"),
        ("[queues.heavy]\nrate = 1", "queues.heavy: has one of rate and per_ms"),
        ("[queues.heavy]\nconcurrency = -1", "queues.heavy.concurrency: -1 is not allowed"),
        ("[queues.heavy]\nsize = 1", "queues.heavy.size: is not known here"),
        ("[queues.'a b']\nconcurrency = 1", "queues.a b: is not a name: expected up to 107"),
    ],
)
def test_sizes_of_queues_that_are_wrong(app: Path, sizes: str, said: str) -> None:
    """Each problem names the queue, the key and what is allowed."""
    assert any(said in problem for problem in problems(app, GOOD + sizes)), problems(app, GOOD + sizes)
