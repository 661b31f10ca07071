"""How an attempt can end, as values; worker/settle.py writes each of them to the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finished:
    """The work is done. `has_errors` says that parts of it failed."""

    results: Mapping[str, Any] | None = None
    has_errors: bool = False


FINISHED = Finished()


@dataclass(frozen=True, slots=True)
class Failed:
    """The attempt failed: {code, message, …}. Tried again if tries are left and it is worth it."""

    error: Mapping[str, Any]
    results: Mapping[str, Any] | None = None
    retryable: bool = True


@dataclass(frozen=True, slots=True)
class Parked:
    """The job waits; the transaction that parked it has committed."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The job was asked to stop, and its script is gone."""


@dataclass(frozen=True, slots=True)
class Canceled:
    """The job was canceled, and its script is gone."""


@dataclass(frozen=True, slots=True)
class HandedBack:
    """This worker ends, or cannot reach the database: another goes on from the journal."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The claim is another attempt's; whatever this one has is dropped."""


Ending = Finished | Failed | Parked | Stopped | Canceled | HandedBack | Lost

# The reasons with which scripts are interrupted, and what each means for the attempt.
INTERRUPTIONS: Mapping[str, Ending] = {
    "parked": Parked(),
    "stop": Stopped(),
    "cancel": Canceled(),
    "handover": HandedBack(),
    "lost": Lost(),
}
