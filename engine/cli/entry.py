"""From the words of the command line to an exit code; every error ends here."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from engine.cli import exits, options, parser
from engine.cli.exits import Exit
from engine.cli.output import Output
from engine.errors import HeadraceError

# A command is a function `execute(given, settings, output)` of the module named here, imported when it is called.
COMMANDS = {
    "dev": "serve.dev",
    "worker": "serve.worker",
    "api": "serve.api",
    "listen": "listen.listen",
    "migrate": "migrate.migrate",
    "push": "push.push",
    "run": "run.run",
    "app start": "apps.start",
    "app stop": "apps.stop",
    "app show": "apps.show",
    "app deploy": "apps.deploy",
    "app undeploy": "apps.undeploy",
    "app run": "data.run_global",
    "record import": "data.import_records",
    "record export": "data.export_records",
    "record delete": "data.delete_records",
    "record run": "data.run_action",
    "user import": "data.import_users",
    "user export": "data.export_users",
    "replay": "replay.replay",
    "job list": "job_list.list_jobs",
    "job show": "job_show.show",
    "job logs": "job_logs.logs",
    "job tail": "job_logs.tail",
    "job stop": "job_commands.stop",
    "job resume": "job_commands.resume",
    "job cancel": "job_commands.cancel",
    "job low-priority": "job_commands.low_priority",
    "schedule create": "schedules.create",
    "schedule update": "schedules.update",
    "schedule list": "schedules.list_schedules",
    "schedule show": "schedules.show",
    "schedule runs": "schedules.runs",
    "schedule pause": "schedules.pause",
    "schedule resume": "schedules.resume",
    "schedule remove": "schedules.remove",
    "event trigger": "events.trigger",
    "token create": "tokens.create",
    "token list": "tokens.list_tokens",
    "token revoke": "tokens.revoke",
    "limit set": "limits.set_limit",
    "limit list": "limits.list_limits",
    "limit remove": "limits.remove",
    "iparams set": "iparams.set_iparams",
    "iparams names": "iparams.names",
    "iparams remove": "iparams.remove",
    "iparams rotate": "iparams.rotate",
    "iparams new-key": "iparams.key",
    "doctor": "doctor.doctor",
    "config": "config.config",
}


def main(words: Sequence[str] | None = None) -> int:
    """The exit code of `headrace WORDS`; whatever is wrong is said on stderr."""
    _fill_closed_streams()
    given = sys.argv[1:] if words is None else list(words)
    output = Output(as_json="--json" in given)
    try:
        code = _execute(given, output)
        output.close()
        return code
    except BrokenPipeError:
        _drop_streams()
        return Exit.BROKEN_PIPE
    except OSError as error:
        with contextlib.suppress(OSError):
            output.error(HeadraceError(f"cannot write the output: {error.strerror}").to_json(), None)
        _drop_streams()
        return Exit.UNAVAILABLE


def _execute(words: Sequence[str], output: Output) -> int:
    try:
        given = parser.build().parse_args(words)
        loaded = options.settings(given)
        module, _, name = COMMANDS[given.command].partition(".")
        return int(getattr(import_module(f"engine.cli.{module}"), name)(given, loaded, output))
    except parser.UsageError as error:
        output.error(error.to_json(), error.usage)
        return Exit.BAD_INPUT
    except HeadraceError as error:
        output.error(error.to_json(), exits.hint(error))
        return exits.of_error(error)
    except SystemExit as error:
        # --help and --version have printed and end.
        return _code(error.code)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def _code(code: Any) -> int:
    return code if isinstance(code, int) else Exit.DONE


def _fill_closed_streams() -> None:
    """Descriptors 0 to 2 are open, so that no socket gets the number of a stream that somebody closed."""
    with contextlib.suppress(OSError):
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            os.set_inheritable(number, True)
        os.close(number)


def _drop_streams() -> None:
    """What Python would still flush at its end goes nowhere, instead of raising again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    for number in (1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)
