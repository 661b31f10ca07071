"""`headrace app start|stop|show`, and `headrace push --wait`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Ask, Call


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """An app's folder."""
    (tmp_path / "actions").mkdir()
    (tmp_path / "endpoints").mkdir()
    (tmp_path / "endpoints" / "stats.js").write_text("return 1;")
    (tmp_path / "actions" / "go.js").write_text("return 1;")
    toml = '[app]\nname = "shop"\nlabel = "The shop"\n[actions.go]\nscript = "actions/go.js"\n'
    toml += '[endpoints.stats]\npath = "/stats"\nscript = "endpoints/stats.js"\n'
    (tmp_path / "app.toml").write_text(toml)
    return tmp_path


def test_an_app_is_stopped_and_started(on_database: Call, shop: Path) -> None:
    """Each runs its job, with a worker of its own where none is; the start pushes the version that waits."""
    on_database("push", str(shop))
    stopped = on_database("app", "stop", "shop", "--sleep")
    assert stopped.code == 0 and "FINISHED" in stopped.err, stopped.err
    (shop / "actions" / "go.js").write_text("return 2;")
    assert on_database("push", str(shop), "--wait").out == "shop: version 2 waits (2 scripts)\n"
    shown = on_database("app", "show", "shop", "--json").document
    assert (shown["state"], shown["version"], shown["waitingVersion"]) == ("SLEEPING", 1, 2)
    text = on_database("app", "show", "shop").out
    assert "SLEEPING" in text and "headrace app start shop --push-changes" in text
    started = on_database("app", "start", "shop", "--push-changes")
    assert started.code == 0 and "version 2 is pushed" in started.err, started.err
    shown = on_database("app", "show", "shop", "--json").document
    assert (shown["state"], shown["version"], shown["waitingVersion"]) == ("STARTED", 2, None)


def test_an_endpoint_is_deployed_and_undeployed(on_database: Call, shop: Path) -> None:
    """Each is a job; the app shows which endpoints answer."""
    on_database("push", str(shop))
    for command, deployed in (("deploy", True), ("undeploy", False)):
        assert on_database("app", command, "shop", "stats").code == 0
        shown = on_database("app", "show", "shop", "--json").document["endpoints"]
        assert shown == [{"name": "stats", "method": "GET", "path": "/stats", "deployed": deployed}]
    assert "GET /apps/shop/endpoints/stats  not deployed" in on_database("app", "show", "shop").out
    wrong = on_database("app", "deploy", "shop", "nothing")
    assert (wrong.code, "ENDPOINT: 'nothing' is not allowed" in wrong.err) == (2, True), wrong.err


def test_without_waiting_for_it(on_database: Call, shop: Path, ask: Ask) -> None:
    """--detach prints the job's id."""
    on_database("push", str(shop))
    done = on_database("app", "stop", "shop", "--detach", "--json")
    assert ask("select concat_ws(' ', id, type, status) from headrace.jobs") == [
        f"{done.document['id']} STOP_APP PENDING"
    ]
    assert done.code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [(("stop", "none"), 2, "there is no app 'none'"), (("start", "a b"), 2, "APP: 'a b' is not allowed")],
)
def test_what_is_wrong_is_said(on_database: Call, words: tuple[str, ...], code: int, said: str) -> None:
    """An app that nobody pushed, and a word that names none; nothing is made."""
    done = on_database("app", *words)
    assert (done.code, said in done.err) == (code, True), done.err
