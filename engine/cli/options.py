"""The settings as options of the command line, for every command."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from engine.errors import BadRequest
from engine.settings import Loaded, Settings, load

DATABASE = ("database_url", "data_dir", "pg_bin", "pool_size", "statement_cache")
NAMES = tuple(item.name for item in fields(Settings))


def add_settings(parser: argparse.ArgumentParser, shown: Collection[str]) -> None:
    """Adds an option for every setting; the help lists those in `shown`, all others work as well."""
    group = parser.add_argument_group("settings", "also in headrace.toml and the environment: see `headrace config`")
    group.add_argument("--config", metavar="FILE", default=argparse.SUPPRESS, help="the settings file to read")
    for item in fields(Settings):
        _add(group, item, visible=item.name in shown)


def _add(group: Any, item: Field[Any], *, visible: bool) -> None:
    help = item.metadata["help"] if visible else argparse.SUPPRESS
    option = f"--{item.name.replace('_', '-')}"
    if item.type == "bool":
        action = argparse.BooleanOptionalAction
        group.add_argument(option, dest=item.name, action=action, default=argparse.SUPPRESS, help=help)
        return
    metavar = {"int": "N"}.get(str(item.type), item.name.split("_")[-1].upper())
    group.add_argument(option, dest=item.name, metavar=metavar, default=argparse.SUPPRESS, help=help)


def settings(given: argparse.Namespace) -> Loaded:
    """The settings in force for this command line."""
    options = {name: value for name, value in vars(given).items() if name in NAMES}
    named = getattr(given, "config", None)
    return load(options=options, file=None if named is None else Path(named))


@contextmanager
def spelled(**names: str) -> Iterator[None]:
    """Inside, an error about one of these fields names the option that people typed instead."""
    try:
        yield
    except BadRequest as error:
        field = str(error.additional_info.get("field"))
        option = names.get(field)
        if option is None:
            raise
        text = option + error.message.removeprefix(field)
        raise BadRequest(text, additional_info={**error.additional_info, "field": option}) from None
