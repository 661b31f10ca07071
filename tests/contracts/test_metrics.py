"""Metrics and what is said of them agree."""

from __future__ import annotations

import re
from pathlib import Path

from engine.metrics import Metrics

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
SUFFIX = {"counter": "_total", "info": "_info"}
UNITS = ("seconds", "bytes")


def exposed() -> dict[str, tuple[str, str]]:
    """Type and text of each metric by the name that it has in Prometheus, histograms without their suffixes."""
    metrics = Metrics()
    metrics.watch_queue()
    return {
        family.name + SUFFIX.get(family.type, ""): (family.type, family.documentation)
        for family in metrics.registry.collect()
    }


def test_every_metric_is_documented() -> None:
    """docs/metrics.md has each metric with its type and its text, and none that does not exist."""
    rows = re.findall(r"^\| `(headrace_\w+)` \| (\w+) \|.*\| (.*) \|$", GUIDE, re.MULTILINE)
    assert {name: (kind, text) for name, kind, text in rows} == exposed()


def test_metrics_are_named_as_prometheus_asks() -> None:
    """Ours begin with headrace_, times are in seconds and sizes in bytes, and each has a text that is a sentence."""
    for name, (kind, text) in exposed().items():
        assert re.fullmatch(r"headrace(_[a-z0-9]+)+", name)
        assert (text.endswith(".") and text[0].isupper()) or text[0].isdigit(), name
        assert not re.search(r"_(ms|s|kb|mb|minutes|percent)(_|$)", name), name
        if kind != "histogram" and "duration" in name:
            assert any(unit in name for unit in UNITS), name
