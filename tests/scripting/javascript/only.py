"""A zygote that knows JavaScript only, for tests of this language through a real child."""

from __future__ import annotations

from scripting import zygote
from scripting.model import Language


def main() -> None:
    """The zygote's entry."""
    zygote.main({Language.JAVASCRIPT: "scripting.javascript"})
