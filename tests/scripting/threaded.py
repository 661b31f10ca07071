"""The entry of a zygote with a second thread, as a library that it imports may start one."""

from __future__ import annotations

import threading

from scripting import zygote


def main() -> None:
    """As the zygote's own, beside a thread that waits for ever."""
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    zygote.main()
