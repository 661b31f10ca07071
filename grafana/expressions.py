"""Every expression of the dashboards and alerts, with Grafana's variables put in as a person would choose them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DASHBOARDS = ROOT / "grafana" / "dashboards"
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
# What Grafana would put in; the interval is four scrapes of a check that scrapes each second.
_PROMETHEUS = {
    "$__rate_interval": "15s",
    "$queue": ".*",
    "$type": ".*",
    "$app": ".*",
    "$language": ".*",
    "$instance": ".*",
}
_SINCE = "now() - interval '2 days'"


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each panel with the name of its dashboard's file."""
    for path in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            yield path.stem, panel


def promql() -> dict[str, str]:
    """Every PromQL expression by its place. Of an alert what it compares: the comparison itself is to be empty."""
    found = {}
    for board, panel in panels():
        for target in panel["targets"]:
            if "expr" in target:
                expression = target["expr"]
                for variable, value in _PROMETHEUS.items():
                    expression = expression.replace(variable, value)
                found[f"{board}/{panel['title']}/{target['refId']}"] = expression
    for name, expression in alerts().items():
        found[f"alert {name}"] = re.sub(r" [<>] [\d.]+$", "", expression)
    return found


def alerts() -> dict[str, str]:
    """The expressions of the alerts by their names."""
    text = ALERTS.read_text(encoding="utf-8")
    return dict(re.findall(r"- alert: (\w+)\n(?: +#[^\n]*\n)* +expr: ([^\n]+)", text))


def sql() -> dict[str, str]:
    """Every SQL text of a panel or a variable by its place, as PostgreSQL gets it."""
    found = {}
    for board, panel in panels():
        for target in panel["targets"]:
            if "rawSql" in target:
                found[f"{board}/{panel['title']}"] = _chosen(target["rawSql"])
    for path in sorted(DASHBOARDS.glob("*.json")):
        for variable in json.loads(path.read_text(encoding="utf-8"))["templating"]["list"]:
            if variable["query"].startswith("select"):
                found[f"{path.stem}/${variable['name']}"] = variable["query"]
    return found


def _chosen(text: str) -> str:
    text = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 between {_SINCE} and now()", text)
    return text.replace("$__timeFrom()", _SINCE).replace("${app:sqlstring}", "'crm','shop'")


def metrics_in(expression: str) -> set[str]:
    """The metrics that an expression names, those of a histogram by its own name."""
    names = set(re.findall(r"\bheadrace_\w+", expression))
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}
