"""What dashboards are made of: panels, their place, variables and links, as Grafana's JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

PROMETHEUS = {"type": "prometheus", "uid": "${prometheus}"}
POSTGRES = {"type": "grafana-postgresql-datasource", "uid": "${postgres}"}
WIDTH = 24
HEIGHT = 8


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. `queries` are pairs of a legend and PromQL, or one SQL text; the unit is one of Grafana's."""

    title: str
    description: str
    queries: Sequence[tuple[str, str]] = ()
    sql: str = ""
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    # Values from which on it is yellow, and red.
    warn: float | None = None
    bad: float | None = None
    stacked: bool = False
    job_links: bool = False

    def to_json(self, number: int, x: int, y: int) -> dict[str, Any]:
        """The panel at this place."""
        return {
            "id": number,
            "title": self.title,
            "description": self.description,
            "type": self.kind,
            "datasource": POSTGRES if self.sql else PROMETHEUS,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": HEIGHT},
            "fieldConfig": {"defaults": self._defaults(), "overrides": self._overrides()},
            "options": self._options(),
            "targets": self._targets(),
        }

    def _defaults(self) -> dict[str, Any]:
        steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
        if self.warn is not None:
            steps.append({"color": "yellow", "value": self.warn})
        if self.bad is not None:
            steps.append({"color": "red", "value": self.bad})
        found: dict[str, Any] = {"unit": self.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}}
        if self.kind == "timeseries":
            found["custom"] = {
                "drawStyle": "line",
                "fillOpacity": 30 if self.stacked else 10,
                "showPoints": "never",
                "stacking": {"mode": "normal" if self.stacked else "none"},
                "thresholdsStyle": {"mode": "line" if self.bad is not None else "off"},
            }
        return found

    def _overrides(self) -> list[dict[str, Any]]:
        if not self.job_links:
            return []
        link = {"title": "The job", "url": "${api}/apps/${__data.fields.app}/jobs/${__data.fields.id}"}
        return [
            {"matcher": {"id": "byName", "options": "id"}, "properties": [{"id": "links", "value": [link]}]},
        ]

    def _options(self) -> dict[str, Any]:
        if self.kind == "timeseries":
            return {"legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]}}
        if self.kind == "stat":
            return {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "background", "graphMode": "area"}
        return {"showHeader": True, "cellHeight": "sm"}

    def _targets(self) -> list[dict[str, Any]]:
        if self.sql:
            shape = "time_series" if self.kind == "timeseries" else "table"
            return [{"refId": "A", "datasource": POSTGRES, "format": shape, "rawQuery": True, "rawSql": self.sql}]
        return [
            {"refId": chr(ord("A") + n), "datasource": PROMETHEUS, "expr": expr, "legendFormat": legend}
            for n, (legend, expr) in enumerate(self.queries)
        ]


@dataclass(frozen=True, slots=True)
class Variable:
    """A template variable: the values of a label, the rows of an SQL query, or a text."""

    name: str
    label: str
    query: str
    kind: str = "prometheus"

    def to_json(self) -> dict[str, Any]:
        """As Grafana has it."""
        found: dict[str, Any] = {"name": self.name, "label": self.label, "query": self.query}
        if self.kind == "textbox":
            return {**found, "type": "textbox", "current": {"text": self.query, "value": self.query}}
        return {
            **found,
            "type": "query",
            "datasource": PROMETHEUS if self.kind == "prometheus" else POSTGRES,
            "definition": self.query,
            "refresh": 2,
            "includeAll": True,
            "multi": True,
            # For SQL each value is quoted, so there it is a list of all.
            **({"allValue": ".*"} if self.kind == "prometheus" else {}),
            "current": {"text": ["All"], "value": ["$__all"]},
            "sort": 1,
        }


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of panels, laid out in rows from left to right."""

    uid: str
    title: str
    description: str
    panels: Sequence[Panel]
    variables: Sequence[Variable] = ()
    since: str = "now-6h"
    sources: Sequence[str] = field(default=("prometheus",))

    def to_json(self) -> dict[str, Any]:
        """The file that Grafana loads."""
        return {
            "uid": self.uid,
            "title": f"Headrace: {self.title}",
            "description": self.description,
            "tags": ["headrace"],
            "schemaVersion": 39,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "refresh": "30s",
            "time": {"from": self.since, "to": "now"},
            "links": [
                {
                    "type": "dashboards", "tags": ["headrace"], "title": "Headrace", "asDropdown": True,
                    "includeVars": True, "keepTime": True,
                }
            ],
            "templating": {"list": [*self._sources(), *(variable.to_json() for variable in self.variables)]},
            "panels": self._placed(),
        }  # fmt: skip

    def _sources(self) -> list[dict[str, Any]]:
        types = {"prometheus": "prometheus", "postgres": "grafana-postgresql-datasource"}
        return [
            {"name": name, "label": name.capitalize(), "type": "datasource", "query": types[name], "refresh": 1}
            for name in self.sources
        ]

    def _placed(self) -> list[dict[str, Any]]:
        placed, x, y = [], 0, 0
        for number, panel in enumerate(self.panels, start=1):
            if x + panel.width > WIDTH:
                x, y = 0, y + HEIGHT
            placed.append(panel.to_json(number, x, y))
            x += panel.width
        return placed
