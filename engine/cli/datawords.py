"""The grammar of `headrace record …`, `headrace user …` and `headrace app run`: jobs on an app's data."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from engine.cli import jobwords
from engine.cli.options import NAMES

Add = Callable[..., argparse.ArgumentParser]

_FOLLOWED = (
    "Log and progress go to stderr, the job's results to stdout. Starts a worker of its own where none is alive."
)


def records(add: Add) -> None:
    """Imports, exports, deletions, and actions on records."""
    rows = _job(add, "import", "make records of the rows of a CSV or JSON Lines file")
    entity = _entity(rows)
    entity.add_argument("file", metavar="FILE", help="a file here; it becomes one of the app's files")
    _query(_entity(_export(add, "write records to a CSV file of the app")), "default: all of them")
    _query(_entity(_job(add, "delete", "delete records")), "{} for all of them", required=True)
    run = _entity(_of_app(add, "run", "run an action on records"))
    jobwords.detach(run)
    jobwords.options(run)
    run.add_argument("action", metavar="ACTION", help="an action of the entity")
    _query(run, "default: all of them")
    _params(run)


def users(add: Add) -> None:
    """Imports and exports of users."""
    people = _job(add, "import", "make users of the rows of a CSV file, or bring them up to date")
    people.add_argument("file", metavar="FILE", help="a file here; it becomes one of the app's files")
    people.add_argument("--notify", action="store_true", help="write a mail to the new ones")
    _export(add, "write the users of the app to a CSV file of the app")


def global_action(add: Add) -> None:
    """An action that belongs to no entity."""
    run = add("run", "run a global action of the app", settings=NAMES, more=_FOLLOWED)
    run.add_argument("app", metavar="APP", help="the app's name")
    run.add_argument("action", metavar="ACTION", help="a global action of the app")
    _params(run)
    jobwords.detach(run)
    jobwords.options(run)


def _job(add: Add, name: str, help: str) -> argparse.ArgumentParser:
    parser = _of_app(add, name, help)
    jobwords.options(parser)
    jobwords.detach(parser)
    return parser


def _export(add: Add, help: str) -> argparse.ArgumentParser:
    parser = _of_app(add, "export", help)
    jobwords.options(parser)
    one = parser.add_mutually_exclusive_group()
    jobwords.detach(one)
    one.add_argument("--output", metavar="FILE", help="write the file here when the job is done; - is stdout")
    return parser


def _of_app(add: Add, name: str, help: str) -> argparse.ArgumentParser:
    parser = add(name, help, settings=NAMES, more=_FOLLOWED)
    parser.add_argument("--app", required=True, help="the app's name")
    return parser


def _entity(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("entity", metavar="ENTITY", help="its name in app.toml")
    return parser


def _query(parser: argparse.ArgumentParser, which: str, *, required: bool = False) -> None:
    text = f"""which records, as scripts ask for them: '{{"type": "a"}}'; {which}"""
    parser.add_argument("--query", metavar="JSON", required=required, help=text)


def _params(parser: argparse.ArgumentParser) -> None:
    text = "a parameter of the action, JSON if VALUE is JSON, else text"
    parser.add_argument("--param", metavar="KEY=VALUE", action="append", default=[], help=text)
