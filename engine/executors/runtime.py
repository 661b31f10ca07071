"""What ran a script, as the journal keeps it: another one may not go on where it was."""

from __future__ import annotations

import sys
from functools import cache
from importlib.metadata import version

from scripting.model import Language

# To be raised with every change of scripting/ or of a host call after which a script asks for something else
# or sees something else than before. Not the version of Headrace: a rolling deploy has to hand jobs over.
SCRIPTS = 1


@cache
def runtime(language: Language) -> str:
    """The language's engine with the version on which the order and the values of calls depend."""
    if language is Language.JAVASCRIPT:
        return f"quickjs-ng {version('quickjs-ng')}, scripts {SCRIPTS}"
    return f"python {sys.version_info.major}.{sys.version_info.minor}, scripts {SCRIPTS}"
