"""`headrace listen URL`: handlers far away from the database, over the HTTP API."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from engine.cli import logs, loop
from engine.cli.exits import Exit
from engine.cli.loop import Signals
from engine.cli.output import Output
from engine.errors import ConfigError
from engine.settings import Loaded, Settings

log = logging.getLogger(__name__)


def listen(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Imports the handlers, then takes their jobs until a signal."""
    settings = loaded.settings
    if not settings.handlers:
        raise ConfigError("--handlers: expected modules with job handlers, separated by commas")
    return loop.run(_listen(settings, given.url, _token(Path(given.token_file)), output))


def _token(file: Path) -> str:
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--token-file: {file} cannot be read: {error}") from None
    if not token:
        raise ConfigError(f"--token-file: {file} is empty; expected a token from `headrace token create`")
    return token


async def _listen(settings: Settings, url: str, token: str, output: Output) -> Exit:
    from engine.sdk.program import load_program
    from engine.sdk.remote import Remote

    program = load_program(settings.handlers)
    logs.configure(settings)
    remote = Remote(program, url, token, slots=settings.slots)
    output.note(f"listening at {url} for {', '.join(sorted(program.handlers))}")
    with Signals(remote.stop).listening():
        await remote.run()
    log.info("ended")
    return Exit.DONE
