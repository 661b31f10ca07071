"""`headrace doctor`: everything that has to hold, and what does not."""

from __future__ import annotations

import pytest

from engine.cli import doctor
from engine.cli.doctor import OLDEST_MAJOR, READ_ONLY_MAJOR
from scripting.host import ScriptHost
from scripting.model import LayerReport
from tests.cli.conftest import Ask, Call, Result


def states(result: Result) -> dict[str, str]:
    return {finding["what"]: finding["state"] for finding in result.document}


def details(result: Result) -> dict[str, str]:
    return {finding["what"]: finding["detail"] for finding in result.document}


def test_all_is_well(on_database: Call, ask: Ask) -> None:
    """Settings, database, PostgreSQL, schema, apps, workers and the layers of the sandbox, each with what was found."""
    ask("insert into headrace.workers (id, name, version, slots) select gen_random_uuid(), 'x', '0', 4 returning 1")
    result = on_database("doctor", "--json")
    assert result.code == 0
    older = {"large objects": "note"} if int(details(result)["postgres"].split(".")[0]) < READ_ONLY_MAJOR else {}
    assert states(result) == {
        **older,
        "headrace": "ok",
        "settings": "ok",
        "database": "ok",
        "postgres": "ok",
        "schema": "ok",
        "apps": "ok",
        "worker": "note",  # of another version
        "sandbox": "ok",
    }
    found = details(result)
    assert int(found["postgres"].split(".")[0]) >= OLDEST_MAJOR
    assert "seccomp" in found["sandbox"]
    assert found["worker"] == "x, version 0, 0 of 4 slots in use"


def test_statements_that_can_make_large_objects_are_worth_a_note(
    on_database: Call, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL 15, where they can: with the statements that end it, behind which nothing is said any more."""
    monkeypatch.setattr(doctor, "READ_ONLY_MAJOR", 1000)
    said = details(on_database("doctor", "--json"))["large objects"]
    assert "lo_creat(integer), lo_create(oid), lo_from_bytea(oid,bytea) from public" in said
    revoke, grant = said.partition("a superuser runs: ")[2].split("; ")
    try:
        for statement in (revoke, grant):
            ask(statement)
        assert "large objects" not in states(on_database("doctor", "--json"))
    finally:
        ask(revoke.replace("revoke", "grant").replace(" from ", " to "))


def test_no_worker_is_worth_a_note(on_database: Call) -> None:
    """Nothing is wrong without workers, but nothing runs either; people get a table."""
    result = on_database("doctor")
    assert result.code == 0
    assert "none is alive: `headrace worker` or `headrace dev` starts one" in result.out


def test_a_database_that_cannot_be_reached_is_wrong(headrace: Call) -> None:
    """The other findings are there all the same; the exit code is 1."""
    result = headrace("doctor", "--json", "--database-url", "postgresql://me:secret@127.0.0.1:1/jobs")
    assert result.code == 1
    assert states(result)["database"] == "wrong"
    assert states(result)["sandbox"] == "ok"
    assert details(result)["database"] == "cannot connect to postgresql://me:***@127.0.0.1:1/jobs: Connection refused"


def test_a_schema_that_does_not_fit_is_wrong(headrace: Call, empty_database: str) -> None:
    """The way out is told, and the database is not touched."""
    for _ in range(2):
        result = headrace("doctor", "--json", "--database-url", empty_database)
        assert result.code == 1
        assert details(result)["schema"] == "the schema lacks migration 0001_jobs: run `headrace migrate`"


@pytest.mark.parametrize(
    ("layers", "words", "code", "detail"),
    [
        (LayerReport(seccomp=False), [], 1, "workers refuse to run scripts here"),
        (LayerReport(seccomp=False), ["--unsafe-scripts"], 0, "unsafe_scripts lets scripts run all the same"),
        (LayerReport(seccomp=True), [], 0, "does not hold: parent_death, no_new_privileges"),
    ],
)
def test_a_layer_of_the_sandbox_that_does_not_hold_is_named(
    on_database: Call, monkeypatch: pytest.MonkeyPatch, layers: LayerReport, words: list[str], code: int, detail: str
) -> None:
    """Without seccomp it is wrong, unless scripts may be unsafe; without another layer it is worth knowing."""
    monkeypatch.setattr(ScriptHost, "_refuse_unsafe", lambda host: setattr(host, "layers", layers))
    result = on_database("doctor", "--json", *words)
    assert result.code == code
    assert detail in details(result)["sandbox"]


def test_leases_that_are_too_short_are_noted(headrace: Call) -> None:
    """Two heartbeats that come late would make a worker dead."""
    result = headrace("doctor", "--heartbeat-ms", "1000", "--stale-ms", "2000")
    assert "stale_ms 2000 is less than three heartbeats of 1000 ms" in result.out
