"""`headrace push APPFOLDER`."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from engine import app
from engine.apps.folder import AppFolder, check_scripts, load_folder
from engine.cli import loop
from engine.cli.exits import Exit
from engine.cli.output import Output
from engine.events.push import push as push_folder
from engine.settings import Loaded


def push(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The folder becomes the app's next version, or nothing changes."""
    return loop.run(_push(given, loaded, output))


async def _push(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    folder = load_folder(given.folder, name=given.app)
    # Before the database is opened: a folder that is wrong is wrong without it.
    async with app.open_check() as check:
        await check_scripts(folder, check)
    if given.check:
        _say_checked(folder, output)
        return Exit.DONE
    async with app.open_database(loaded.settings) as database, database.pool.acquire() as conn:
        result = await push_folder(conn, folder, by=given.by, wait=given.wait)
    if output.as_json:
        output.document(asdict(result))
        return Exit.DONE
    what = f"version {result.version}" if result.changed else f"unchanged, version {result.version} stays"
    what += " waits" if result.waiting else ""
    uploaded = f", {_count(result.files, 'data file')} uploaded" if result.files else ""
    output.line(f"{result.app}: {what} ({_count(result.scripts, 'script')}{uploaded})")
    return Exit.DONE


def _say_checked(folder: AppFolder, output: Output) -> None:
    manifest = folder.manifest
    if output.as_json:
        output.document({"app": manifest.name, "scripts": len(folder.scripts), "files": len(folder.files)})
        return
    scripts, files = _count(len(folder.scripts), "script"), _count(len(folder.files), "data file")
    output.line(f"{manifest.name}: {scripts} and {files}, all well")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
