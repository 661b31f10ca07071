"""Draws docs/img: each dashboard's panels with the data of a worker and an API under load.

Needs matplotlib, which is no dependency: run it in an environment that has it beside those of deploy/lock/dev.txt.
The layout and the figures are the dashboards' own; Grafana draws them nicer.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import check
import httpx
import matplotlib.pyplot as plt

from engine.db.pool import Pool
from grafana import expressions

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "img"
SECONDS = 60
Lines = dict[str, tuple[list[float], list[float]]]


async def lines(http: httpx.AsyncClient, board: str, panel: dict[str, Any], texts: dict[str, str]) -> Lines:
    """The series of a panel since the load began, by their labels."""
    found: Lines = {}
    end = time.time()
    for target in panel["targets"]:
        query = texts[f"{board}/{panel['title']}/{target['refId']}"]
        asked = {"query": query, "start": str(end - SECONDS), "end": str(end), "step": "1"}
        answer = (await http.get("/api/v1/query_range", params=asked)).json()
        for series in answer["data"]["result"][:8]:
            values = [(float(at) - end, float(value)) for at, value in series["values"]]
            labels = " ".join(value for name, value in series["metric"].items() if name not in ("__name__", "job"))
            legend = target["legendFormat"]
            name = labels if "{{" in legend else legend
            found[f"{name} {legend.split()[-1]}" if name in found else name] = (
                [x for x, _ in values],
                [y for _, y in values],
            )
    return found


def draw(name: str, board: dict[str, Any], content: list[Lines | list[Any]]) -> None:
    """One picture of a dashboard."""
    rows = max(panel["gridPos"]["y"] // 8 for panel in board["panels"]) + 1
    figure = plt.figure(figsize=(16, 3.1 * rows), facecolor="#f4f5f5")
    figure.suptitle(board["title"], x=0.02, ha="left", fontsize=14)
    grid = figure.add_gridspec(rows, 24, hspace=0.55, wspace=9)
    for panel, data in zip(board["panels"], content, strict=True):
        place = panel["gridPos"]
        axes = figure.add_subplot(grid[place["y"] // 8, place["x"] : place["x"] + place["w"]])
        axes.set_title(panel["title"], fontsize=9, loc="left")
        axes.tick_params(labelsize=7)
        if isinstance(data, list) or panel["type"] == "stat":
            axes.axis("off")
            _text(axes, data)
            continue
        for label, (x, y) in data.items():
            axes.plot(x, y, label=label[:32], linewidth=1)
        axes.set_ylim(bottom=0)
        axes.set_ylabel(panel["fieldConfig"]["defaults"]["unit"], fontsize=7)
        if data:
            axes.legend(fontsize=6, loc="upper left")
    figure.savefig(IMAGES / f"{name}.png", dpi=70, bbox_inches="tight")
    plt.close(figure)


def _text(axes: Any, data: Lines | list[Any]) -> None:
    """The rows of a table, or the last values of a stat."""
    if isinstance(data, list) and not data:
        axes.text(0.5, 0.5, "no rows", ha="center", va="center", fontsize=9)
        return
    if isinstance(data, list):
        columns = list(data[0].keys())
        cells = [[str(row[name])[:22] for name in columns] for row in data[:6]]
        table = axes.table(cells, colLabels=columns, loc="upper center", edges="horizontal")
        table.auto_set_font_size(False)
        table.set_fontsize(7)
        return
    last = [f"{label[:16]}  {y[-1]:.4g}" if len(data) > 1 else f"{y[-1]:.4g}" for label, (_, y) in data.items() if y]
    axes.text(0.5, 0.5, "\n".join(last), ha="center", va="center", fontsize=9 if len(last) > 1 else 22)


async def pictures(http: httpx.AsyncClient, pool: Pool) -> None:
    """All of them."""
    IMAGES.mkdir(exist_ok=True)
    promql, sql = expressions.promql(), expressions.sql()
    for path in sorted(expressions.DASHBOARDS.glob("*.json")):
        board = json.loads(path.read_text(encoding="utf-8"))
        content: list[Lines | list[Any]] = []
        for panel in board["panels"]:
            text = sql.get(f"{path.stem}/{panel['title']}")
            content.append(await lines(http, path.stem, panel, promql) if text is None else await pool.fetch(text))
        draw(path.stem, board, content)


if __name__ == "__main__":
    sys.exit(asyncio.run(check.main(pictures)))
