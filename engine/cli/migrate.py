"""`headrace migrate`."""

from __future__ import annotations

import argparse

from engine import app
from engine.cli import loop
from engine.cli.database import place
from engine.cli.exits import Exit
from engine.cli.output import Output
from engine.db import migrate as schema
from engine.settings import Loaded


def migrate(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Applies what the database lacks; says what that was."""
    return loop.run(_migrate(loaded, output))


async def _migrate(loaded: Loaded, output: Output) -> Exit:
    async with app.open_database(loaded.settings, check_schema=False) as database:
        # The embedded database was brought up to date when it was opened: this finds nothing more to do.
        done = [*database.migrated, *await schema.migrate(database.pool)]
        version = await schema.applied_version(database.pool)
    names = [f"{migration.version:04}_{migration.name}" for migration in done]
    if output.as_json:
        output.document({"version": version, "applied": names})
        return Exit.DONE
    for name in names:
        output.line(f"applied {name}")
    output.line(f"schema version {version} in {place(loaded.settings)}" + ("" if names else ": nothing to do"))
    return Exit.DONE
