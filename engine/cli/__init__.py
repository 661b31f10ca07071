"""The command `headrace`: it parses, calls and prints; the work is done in the packages below it.

What a command prints as data goes to stdout, everything else (logs, progress, errors, hints) to stderr.
"""

from __future__ import annotations

from engine.cli.entry import main

__all__ = ["main"]
