"""Dashboards, alerts and runbooks against the metrics that exist and the SQL that answers.

That each PromQL expression has data is shown with a real Prometheus: `python3 dev.py observe`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from grafana import build, expressions
from tests.contracts.test_metrics import exposed

ROOT = Path(__file__).resolve().parents[2]
RUNBOOKS = (ROOT / "docs" / "runbooks.md").read_text(encoding="utf-8")
# On no dashboard and in no alert, and why.
NOT_SHOWN: dict[str, str] = {}
PANELS = [(f"{board}: {panel['title']}", panel) for board, panel in expressions.panels()]


def test_the_files_are_what_the_code_says() -> None:
    """Whoever changes a dashboard changes grafana/build.py, and runs it."""
    there = {path.name: path.read_text(encoding="utf-8") for path in expressions.DASHBOARDS.glob("*.json")}
    assert there == build.files()


def test_there_are_the_seven_dashboards() -> None:
    """Overview, queues, scripts, one type, workers, database, and one on SQL alone; each links to the others."""
    boards = [json.loads(path.read_text(encoding="utf-8")) for path in expressions.DASHBOARDS.glob("*.json")]
    assert {board["uid"].removeprefix("headrace-") for board in boards} == {
        "overview", "queues", "scripts", "type", "workers", "database", "sql"
    }  # fmt: skip
    assert all(board["links"][0]["tags"] == board["tags"] == ["headrace"] for board in boards)
    assert all(board["description"] for board in boards)


def test_every_metric_is_on_a_dashboard() -> None:
    """Nothing is counted that nobody sees, and no expression names a metric that does not exist."""
    used = {name for text in expressions.promql().values() for name in expressions.metrics_in(text)}
    metrics = set(exposed())
    # A name that ends like a part of a histogram is cut by metrics_in.
    assert used - metrics == set()
    assert metrics - used == set(NOT_SHOWN)


@pytest.mark.parametrize(("place", "panel"), PANELS, ids=[place for place, _ in PANELS])
def test_a_panel_explains_itself(place: str, panel: dict[str, object]) -> None:
    """It has a description that is a sentence, a unit, and a query; red comes with yellow or alone."""
    assert str(panel["description"]).rstrip().endswith("."), place
    assert len(str(panel["description"])) > 15, place
    config = panel["fieldConfig"]
    assert isinstance(config, dict)
    assert config["defaults"]["unit"]
    assert panel["targets"]


def test_variables_that_are_used_exist() -> None:
    """Each $name of an expression is a variable of its dashboard or one of Grafana's own."""
    for path in expressions.DASHBOARDS.glob("*.json"):
        board = json.loads(path.read_text(encoding="utf-8"))
        known = {variable["name"] for variable in board["templating"]["list"]}
        text = json.dumps(board["panels"])
        used = {name for name in re.findall(r"\$\{?(\w+)", text) if not name.startswith("__")}
        assert used <= known, path.name


def test_every_alert_has_a_runbook() -> None:
    """Its annotation leads to a heading of docs/runbooks.md, and no heading is left without an alert."""
    headings = re.findall(r"^## (\w+)$", RUNBOOKS, re.MULTILINE)
    alerts = expressions.ALERTS.read_text(encoding="utf-8")
    assert headings == list(expressions.alerts())
    assert re.findall(r"runbook: docs/runbooks.md#(\w+)", alerts) == [name.lower() for name in headings]
