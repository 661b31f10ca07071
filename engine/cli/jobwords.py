"""The grammar of jobs' options, the same in every command that makes one."""

from __future__ import annotations

import argparse


def options(parser: argparse.ArgumentParser) -> None:
    """The options that all jobs have. None of them has a default here: an action of an app may have its own."""
    parser.add_argument("--queue", help="default: that of the action, else `default`")
    parser.add_argument("--low-priority", action="store_true", default=None, help="jobs without the flag go first")
    parser.add_argument("--delay", metavar="DURATION", help="start no sooner than after this, such as 90s")
    parser.add_argument("--max-attempts", metavar="N", help="try again when it fails; default: the action's, else 1")
    parser.add_argument("--timeout", metavar="DURATION", help="end an attempt, or a script's run, after this: 10m")
    parser.add_argument("--unique-key", metavar="KEY", help="a live job of the app with this key is followed instead")
    parser.add_argument("--concurrency-key", metavar="KEY", help="jobs of the app with this key take turns")
    parser.add_argument("--concurrency-limit", metavar="N", help="so many of them run at once; default: 1")


def detach(parser: argparse._ActionsContainer) -> None:
    """Not to wait for the job."""
    parser.add_argument("--detach", action="store_true", help="print the job's id and do not wait for it")
