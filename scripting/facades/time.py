"""`time`: the script's clock, and a wait that holds no slot."""

from __future__ import annotations

from scripting.facades.namespace import Context, Namespace
from scripting.stubs.python_errors import for_script


def module(context: Context) -> Namespace:
    """The module `time` of one run."""

    def sleep(seconds: float) -> None:
        for_script(context.host.call, "script.wait", [int(seconds * 1000)])

    return Namespace("time", {"time": lambda: context.host.now_ms() / 1000, "sleep": sleep})
