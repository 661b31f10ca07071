"""The grammar of `headrace`: commands, arguments, options. Nothing heavy is imported to parse or to help."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from typing import Any, NoReturn

from engine import __version__
from engine.cli import datawords, jobwords
from engine.cli.exits import MEANINGS
from engine.cli.options import DATABASE, NAMES, add_settings
from engine.errors import BadRequest
from engine.model import JobType, LogLevel, Scope, Status

TIMES = "ms since the epoch, 2026-11-25T09:30 (local), today, yesterday, or how long ago: 2h"


class UsageError(BadRequest):
    """The command line does not follow the grammar; `usage` says what to type instead."""

    def __init__(self, message: str, usage: str) -> None:
        super().__init__(message)
        self.usage = usage


class _Parser(argparse.ArgumentParser):
    """Errors are raised, not printed: they take the way of all others. The usage leaves the options to the help."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"{self.format_usage().strip()}\n  `{self.prog} --help` tells more")

    def format_usage(self) -> str:
        self._shorten()
        return super().format_usage()

    def format_help(self) -> str:
        self._shorten()
        return super().format_help()

    def _shorten(self) -> None:
        words = [_word(action) for action in self._get_positional_actions()]
        self.usage = " ".join(["%(prog)s", "[OPTION…]", *words])


def _word(argument: argparse.Action) -> str:
    name = str(argument.metavar or argument.dest)
    if isinstance(argument, argparse._SubParsersAction):
        return f"{name} …"
    return f"{name}…" if argument.nargs == "+" else name


def build() -> argparse.ArgumentParser:
    """The whole grammar; a parsed line has `command`, the name of what to do."""
    parser = _Parser(
        prog="headrace",
        description="Jobs on one PostgreSQL, run by workers, written by your users in JavaScript or Python.",
        epilog="exit codes:\n" + "\n".join(f"  {int(code):3}  {text}" for code, text in MEANINGS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"headrace {__version__}")
    _common(parser, ())
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser)
    add = _Commands(commands)
    _processes(add)
    _apps(add)
    _states(add)
    datawords.records(_group(add, "record", "import, export, delete, and run actions on, the records of an app"))
    datawords.users(_group(add, "user", "import and export the users of an app"))
    _replay(add)
    _jobs(add)
    _schedules(add)
    _events(add)
    _tokens(add)
    _queue_limits(add)
    _iparams(add)
    _looks(add)
    return parser


class _Commands:
    """Adds commands of one level."""

    def __init__(self, commands: Any, prefix: str = "") -> None:
        self._commands = commands
        self._prefix = prefix

    def __call__(
        self, name: str, help: str, *, settings: Collection[str] = DATABASE, more: str = ""
    ) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = self._commands.add_parser(
            name,
            help=help,
            description=f"{help[0].upper()}{help[1:]}. {more}".strip(),
            allow_abbrev=False,
        )
        parser.set_defaults(command=f"{self._prefix}{name}")
        _common(parser, settings)
        return parser


def _group(add: _Commands, name: str, help: str) -> _Commands:
    commands = add(name, help).add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser)
    return _Commands(commands, f"{name} ")


def _common(parser: argparse.ArgumentParser, settings: Collection[str]) -> None:
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print data and errors as JSON")
    add_settings(parser, settings)


def _processes(add: _Commands) -> None:
    add(
        "dev",
        "run everything here: database, worker, HTTP API, until Ctrl-C",
        settings=NAMES,
        more="The database is an embedded PostgreSQL in --data-dir, unless DATABASE_URL names another one.",
    )
    add(
        "worker",
        "run jobs until SIGTERM or Ctrl-C",
        settings=NAMES,
        more="Then it claims nothing more and gives running jobs --grace-ms; "
        "what is left goes on elsewhere where it was. A second signal ends it at once.",
    )
    add(
        "api",
        "serve the HTTP API until SIGTERM or Ctrl-C",
        settings=NAMES,
        more="Then it takes no more requests and answers those under way within --grace-ms. "
        "/docs on its address says what it has; `headrace token create` lets somebody in.",
    )
    listen = add(
        "listen",
        "run handlers far from the database, over the HTTP API, until SIGTERM or Ctrl-C",
        settings=("handlers", "slots", "log_format", "log_level"),
        more="Then it takes no more jobs, and ends when those that it has are over. A second signal ends it at once.",
    )
    listen.add_argument("url", metavar="URL", help="where `headrace api` is")
    listen.add_argument("--token-file", metavar="FILE", required=True, help="a file with a token of the scope run")
    add("migrate", "bring the database's schema to this version")


def _apps(add: _Commands) -> None:
    push = add("push", "put an app's folder into the database as its next version", more="All of it or nothing.")
    push.add_argument("folder", metavar="APPFOLDER", help="a folder with an app.toml, or a Freshworks app's")
    push.add_argument("--check", action="store_true", help="only say what is wrong with the folder; needs no database")
    push.add_argument("--app", metavar="NAME", help="what a Freshworks app is called here; default: its folder's name")
    push.add_argument("--by", metavar="NAME", help="who pushes, for the list of versions")
    push.add_argument("--wait", action="store_true", help="it waits for `app start --push-changes`")
    run = add(
        "run",
        "run a script as a job and wait for it",
        settings=NAMES,
        more="Logs and progress go to stderr, the script's result to stdout. Starts a worker of its own where none "
        "is alive. Ctrl-C cancels the job, as with `docker run`; a second Ctrl-C leaves it as it is.",
    )
    run.add_argument("script", metavar="SCRIPT", help="a .js or .py file")
    run.add_argument("--app", help="the app whose records and actions it sees; default: that of the script's folder")
    run.add_argument(
        "--param",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a parameter, params.KEY in the script: JSON if VALUE is JSON (n=3, on=true, ids=[1,2]), else text; "
        "a text that looks like JSON in quotes of its own: zip='\"04109\"'",
    )
    jobwords.detach(run)
    jobwords.options(run)


def _states(add: _Commands) -> None:
    add = _group(add, "app", "start and stop apps, and run their global actions")
    start = add("start", "let the jobs of a stopped app go on where they were", settings=NAMES)
    start.add_argument("--push-changes", action="store_true", help="make the version that waits the current one")
    stop = add("stop", "let none of an app's jobs run until it is started", settings=NAMES, more="They wait.")
    stop.add_argument("--sleep", action="store_true", help="until a call to one of its endpoints, too")
    deploy = add("deploy", "let an endpoint of an app answer HTTP requests", settings=NAMES)
    undeploy = add("undeploy", "let an endpoint answer no more", settings=NAMES)
    datawords.global_action(add)
    show = add("show", "show whether an app runs, its version, the one that waits, and its endpoints")
    for parser in (start, stop, deploy, undeploy, show):
        parser.add_argument("app", metavar="APP", help="the app's name")
    for parser in (deploy, undeploy):
        parser.add_argument("endpoint", metavar="ENDPOINT", help="its name in app.toml")
    for parser in (start, stop, deploy, undeploy):
        jobwords.detach(parser)


def _replay(add: _Commands) -> None:
    replay = add(
        "replay",
        "run the script of a job that is over again, from its journal, and show each call",
        settings=NAMES,
        more="Every reply is the one that was recorded, clock and random numbers are those of the job, and nothing "
        "is changed: to see what the script saw.",
    )
    replay.add_argument("id", metavar="JOB", help="the job's id")
    replay.add_argument("--app", help="only if it is a job of this app")
    replay.add_argument("--until", metavar="N", help="end after call N")
    replay.add_argument("--trace", action="store_true", help="also the line of the script, and nothing shortened")


def _jobs(add: _Commands) -> None:
    add = _group(add, "job", "look at jobs and tell them what to do")
    _list(add("list", "list jobs, newest first"))
    show = _one(add, "show", "show a job: its data, results, error and what happened to it")
    show.add_argument("--tree", action="store_true", help="the job and all that came of it, as a tree")
    logs = _one(add, "logs", "print a job's log, oldest line first")
    _log_filters(logs)
    logs.add_argument("-f", "--follow", action="store_true", help="go on until the job is over; Ctrl-C stops looking")
    tail = _one(add, "tail", "follow a job's log and progress until it is over; the exit code says how it ended")
    tail.add_argument("--lines", metavar="N", default="10", help="first the last N lines; default: 10")
    stop = _many(add, "stop", "stop jobs and what they started, to be resumed later")
    stop.add_argument("--force", action="store_true", help="now, not at the script's next call")
    _many(add, "resume", "let stopped jobs go on where they were")
    _many(add, "cancel", "cancel jobs and what they started, for good")
    low = _many(add, "low-priority", "let all jobs without this flag go before these")
    low.add_argument("--off", action="store_true", help="take the flag away")


def _one(add: _Commands, name: str, help: str) -> argparse.ArgumentParser:
    parser = add(name, help)
    parser.add_argument("id", metavar="ID", help="the job's id")
    parser.add_argument("--app", help="only if it is a job of this app")
    return parser


def _many(add: _Commands, name: str, help: str) -> argparse.ArgumentParser:
    parser = add(name, help)
    parser.add_argument("ids", metavar="ID", nargs="+", help="the job's id")
    parser.add_argument("--app", help="only if they are jobs of this app")
    return parser


def _list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--app", help="only this app's; default: every app's")
    parser.add_argument("--type", metavar="TYPE,…", help=", ".join(JobType))
    parser.add_argument("--status", metavar="STATUS,…", help=", ".join(Status))
    parser.add_argument(
        "--has-errors", nargs="?", const="true", metavar="true|false", help="with errors, or (false) without"
    )
    for what, done in (("create", "created"), ("start", "started"), ("end", "ended")):
        parser.add_argument(f"--{what}-from", metavar="TIME", help=f"{done} then or later: {TIMES}")
        parser.add_argument(f"--{what}-to", metavar="TIME", help=f"{done} then or before")
    _page(parser, 20)
    parser.add_argument("--count", action="store_true", help="print only how many there are")


def _log_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--level", metavar="|".join(LogLevel), help="only lines of this level")
    parser.add_argument("--message", metavar="TEXT", help="only lines with this text in them")
    parser.add_argument("--from", dest="from_", metavar="TIME", help=TIMES)
    parser.add_argument("--to", metavar="TIME", help="until then")
    parser.add_argument("--period", help="today, yesterday, or how far back: 10m, '2h 30m'; --from and --to win")
    _page(parser, 200)


def _page(parser: argparse.ArgumentParser, size: int) -> None:
    parser.add_argument("--size", metavar="N", default=str(size), help=f"at most so many; default: {size}")
    parser.add_argument("--offset", metavar="N", default="0", help="skip so many")


def _schedules(add: _Commands) -> None:
    schedule = add("schedule", "let the clock start jobs")
    add = _Commands(
        schedule.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser), "schedule "
    )
    create = _schedule(add, "create", "make a schedule", more="Its runs are ordinary jobs.")
    create.add_argument("type", metavar="TYPE", help="ACTION, or FUNCTION: a script or a handler")
    create.add_argument("event", metavar="EVENT", help="the action, the script's path or the handler's name")
    create.add_argument("--user", metavar="ID", help="the user whose jobs the runs are; default: nobody")
    _plan(create)
    update = _schedule(add, "update", "change a schedule, from its next run on")
    update.add_argument("--type", metavar="TYPE", help="another type of event")
    update.add_argument("--event", metavar="EVENT", help="another action, script or handler")
    _plan(update)
    _schedule(add, "show", "show a schedule")
    _schedule(add, "pause", "make no runs until it is resumed")
    _schedule(add, "resume", "go on with the first run after now")
    _schedule(add, "remove", "remove a schedule; the jobs that it made stay")
    runs = _schedule(add, "runs", "list what became of a schedule's runs, the newest first")
    found = _app_only(add("list", "list an app's schedules by tag"))
    for parser, size in ((runs, 20), (found, 1000)):
        parser.add_argument("--size", metavar="N", default=str(size), help=f"at most so many; default: {size}")


def _schedule(add: _Commands, name: str, help: str, *, more: str = "") -> argparse.ArgumentParser:
    parser = add(name, help, more=more)
    parser.add_argument("--app", required=True, help="the app that has it")
    parser.add_argument("tag", metavar="TAG", help="the schedule's name in its app")
    return parser


def _plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", metavar="NAME", help="what people call it; default: its tag")
    parser.add_argument("--every", metavar="DURATION", help="an interval, such as 15m")
    parser.add_argument("--cron", metavar="EXPRESSION", help="such as '0 3 * * *'; six fields begin with seconds")
    parser.add_argument("--timezone", metavar="ZONE", help="where the expression is read; default: UTC")
    parser.add_argument("--executions", metavar="N", help="so many runs; 0 (default) is without end")
    parser.add_argument("--start", metavar="TIME", help="no run before then; none: at once")
    parser.add_argument("--end", metavar="TIME", help="no run after then; none: without end")
    parser.add_argument("--jitter", metavar="DURATION", help="make runs up to so much later, spread evenly")
    parser.add_argument("--missed", metavar="skip|once|all", help="missed runs that are made; default: once")
    parser.add_argument("--missed-after", metavar="DURATION", help="later than this is missed; default: 1m")
    parser.add_argument("--overlap", metavar="allow|skip|wait", help="while an earlier job lives; default: allow")
    parser.add_argument("--param", metavar="KEY=VALUE", action="append", default=[], help="as of `headrace run`")


def _events(add: _Commands) -> None:
    event = add("event", "tell an app's listeners that something happened")
    add = _Commands(
        event.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser), "event "
    )
    trigger = add("trigger", "trigger a custom event", more="Each listener for it gets a job.")
    trigger.add_argument("name", metavar="NAME", help="the event, as the app's listeners name it")
    trigger.add_argument("--app", required=True, help="the app whose listeners hear it")
    trigger.add_argument("--user", metavar="ID", help="the user whose jobs they are; default: nobody")
    trigger.add_argument(
        "--param", metavar="KEY=VALUE", action="append", default=[], help="event.data.KEY, as of `headrace run`"
    )


def _tokens(add: _Commands) -> None:
    token = add("token", "let users of an app use the HTTP API")
    add = _Commands(
        token.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser), "token "
    )
    create = add("create", "make a token and print it, this once", more="Only its SHA-256 is kept.")
    create.add_argument("--app", required=True, help="the app that it is for; it sees no other")
    create.add_argument("--user", metavar="ID", required=True, help="the user whose jobs it starts and manages")
    create.add_argument("--user-name", metavar="NAME", help="makes the user, with this name, if there is none")
    create.add_argument(
        "--scope",
        metavar="SCOPE",
        action="append",
        default=[],
        help=f"{', '.join(Scope)}; may be given several times; default: read. admin is all of them, for anybody's jobs",
    )
    create.add_argument("--name", default="headrace token create", help="what it is for, for the list")
    create.add_argument("--expires", metavar="DURATION", help="it ends after this, such as 90d; default: never")
    _app_only(add("list", "list an app's tokens, oldest first, revoked and expired ones too"))
    revoke = _app_only(add("revoke", "make tokens count no more, from now on"))
    revoke.add_argument("ids", metavar="ID", nargs="+", help="the token's id")


def _app_only(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--app", required=True, help="the app whose tokens they are")
    return parser


def _queue_limits(add: _Commands) -> None:
    limit = add("limit", "limit how many jobs of an app or a queue run at once, and how many start in a time")
    add = _Commands(
        limit.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser), "limit "
    )
    one = _scoped(add("set", "set a limit, in place of the one before", more="A lower one takes effect as jobs end."))
    one.add_argument("--concurrency", metavar="N", help="at most so many run at once; 0 lets none start")
    one.add_argument("--rate", metavar="N/TIME", help="at most so many start in a time, such as 60/1m")
    listed = add("list", "list what operators and apps have declared, and how many permits are used")
    listed.add_argument("--app", help="only what may hold for this app")
    _scoped(add("remove", "take a limit back", more="What the app's app.toml declares stays."))


def _scoped(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--app", required=True, help="the app; '*' is each app that has no limit of its own")
    parser.add_argument("--queue", help="one queue of it; default: all of its jobs together")
    return parser


def _iparams(add: _Commands) -> None:
    iparams = add("iparams", "keep what Freshworks apps are installed with, encrypted")
    add = _Commands(
        iparams.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser), "iparams "
    )
    one = add("set", "set an app's parameters, in place of all that it had", settings=(*DATABASE, "vault_keys"))
    one.add_argument("file", metavar="FILE", help="a JSON object; - reads it from stdin")
    several = [one, add("names", "say what an app's parameters are called"), add("remove", "take them away")]
    for parser in several:
        parser.add_argument("--app", required=True, help="the app that has them")
    add("rotate", "encrypt all of them under the first key of vault_keys", more="Then the other keys can go.")
    add("new-key", "print a new key for the setting vault_keys")


def _looks(add: _Commands) -> None:
    add("doctor", "check settings, database, schema, workers and sandbox", settings=NAMES)
    add("config", "show the settings in force and where each came from", settings=NAMES)
