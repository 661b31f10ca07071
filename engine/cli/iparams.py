"""`headrace iparams …`: what apps were installed with. Values come from a file or stdin, and are never printed."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from engine.apps import iparams
from engine.cli import loop
from engine.cli.database import existing
from engine.cli.exits import Exit
from engine.cli.output import Output
from engine.errors import ConfigError
from engine.model import check_name
from engine.settings import Loaded
from engine.vault import Vault, new_key


def set_iparams(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The file's object, in place of what the app had; running attempts keep what they began with."""
    return loop.run(_set(given, loaded, output))


async def _set(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    app, vault, values = check_name("--app", given.app), Vault(loaded.settings.vault_keys), _read(given.file)
    async with existing(loaded) as pool, pool.acquire() as conn:
        names = await iparams.set_iparams(conn, vault, app, values)
    return _said(app, names, output)


def _read(name: str) -> Any:
    """The JSON in a file, or in stdin for '-'. An argument would stay in the shell's history."""
    try:
        return json.loads(sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ConfigError(f"{name}:{error.lineno}: not valid JSON: {error.msg}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{name}: is not UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read: {error.strerror}") from None


def names(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """What the app's parameters are called."""
    return loop.run(_names(given, loaded, output))


async def _names(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    app = check_name("--app", given.app)
    async with existing(loaded) as pool, pool.acquire() as conn:
        found = await iparams.names(conn, Vault(loaded.settings.vault_keys), app)
    return _said(app, found, output)


def _said(app: str, names: list[str], output: Output) -> Exit:
    if output.as_json:
        output.document({"app": app, "names": names})
    else:
        output.line(f"{app} has {', '.join(names) or 'no installation parameters'}")
    return Exit.DONE


def remove(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The app has no parameters any more."""
    return loop.run(_remove(given, loaded, output))


async def _remove(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    app = check_name("--app", given.app)
    async with existing(loaded) as pool, pool.acquire() as conn:
        await iparams.remove_iparams(conn, app)
    return _said(app, [], output)


def rotate(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """All parameters are under the first key of the setting; the others can go."""
    return loop.run(_rotate(loaded, output))


async def _rotate(loaded: Loaded, output: Output) -> Exit:
    async with existing(loaded) as pool, pool.acquire() as conn:
        count = await iparams.rotate(conn, Vault(loaded.settings.vault_keys))
    if output.as_json:
        output.document({"apps": count})
    else:
        output.line(f"the parameters of {count} app{'' if count == 1 else 's'} are under the first key")
    return Exit.DONE


def key(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """A new key for the setting vault_keys."""
    if output.as_json:
        output.document({"key": new_key()})
    else:
        output.line(new_key())
    return Exit.DONE
