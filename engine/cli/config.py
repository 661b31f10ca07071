"""`headrace config`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from engine.cli.exits import Exit
from engine.cli.output import Output
from engine.cli.table import table
from engine.db.pool import hide_password
from engine.settings import Loaded

HIDDEN = "***"
# By what a setting says of itself that is secret.
_HIDE: Mapping[str, Callable[[str], str]] = {"all": lambda _: HIDDEN, "password": hide_password}


def config(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Each setting, its value and its origin; passwords are not shown."""
    values = {item.name: getattr(loaded.settings, item.name) for item in fields(loaded.settings)}
    for item in fields(loaded.settings):
        secret = item.metadata.get("secret")
        if secret is not None and values[item.name] is not None:
            values[item.name] = _HIDE[secret](values[item.name])
    if output.as_json:
        output.document(
            {name: {"value": _plain(value), "origin": loaded.origins[name]} for name, value in values.items()}
        )
        return Exit.DONE
    rows = [[name, _shown(value), loaded.origins[name]] for name, value in values.items()]

    def paint(column: int, text: str, row: Sequence[str]) -> str:
        return output.paint(text, "dim") if row[2] == "default" else text

    for line in table(["SETTING", "VALUE", "FROM"], rows, paint=paint):
        output.line(line)
    return Exit.DONE


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def _shown(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "true" if value else "false"
    return str(value)
