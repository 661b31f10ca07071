"""The exit codes of `headrace`, one meaning each, in every command."""

from __future__ import annotations

from enum import IntEnum

from engine.errors import (
    BadRequest,
    DatabaseError,
    DatabaseUnavailable,
    Forbidden,
    HeadraceError,
    NotFound,
    SchemaError,
    SchemaTooNew,
    SchemaTooOld,
)
from engine.model import Job, Status


class Exit(IntEnum):
    """What the shell sees."""

    DONE = 0
    ERRORS = 1
    BAD_INPUT = 2
    CANCELED = 3
    STOPPED = 4
    UNAVAILABLE = 5
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    TERMINATED = 143


MEANINGS = {
    Exit.DONE: "done; a job that was run or followed finished without errors",
    Exit.ERRORS: "the job finished with errors, or `doctor` found something",
    Exit.BAD_INPUT: "the command line, a file, a setting or an id is wrong; nothing was changed",
    Exit.CANCELED: "the job was canceled",
    Exit.STOPPED: "the job was stopped and can be resumed",
    Exit.UNAVAILABLE: "the database cannot be reached, refuses, or has another schema",
    Exit.INTERRUPTED: "Ctrl-C",
    Exit.BROKEN_PIPE: "whoever read the output has gone",
    Exit.TERMINATED: "SIGTERM",
}


def of_job(job: Job) -> Exit:
    """The code that tells how a job ended."""
    match job.status:
        case Status.FINISHED:
            return Exit.ERRORS if job.has_errors else Exit.DONE
        case Status.CANCELED | Status.CANCELING:
            return Exit.CANCELED
        case _:
            return Exit.STOPPED


def of_error(error: HeadraceError) -> Exit:
    """The code for a command that could not do its work."""
    return Exit.BAD_INPUT if isinstance(error, BadRequest | NotFound | Forbidden) else Exit.UNAVAILABLE


def hint(error: HeadraceError) -> str | None:
    """What to do about an error, where its message does not say it."""
    match error:
        case SchemaTooOld() | SchemaTooNew():
            return None
        case DatabaseUnavailable():
            return "`headrace config` shows which database is meant and why, `headrace doctor` what is wrong with it"
        case DatabaseError() | SchemaError():
            return "`headrace doctor` looks at the database and its schema"
    return None
