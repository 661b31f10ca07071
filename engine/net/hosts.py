"""Lists of hosts that may be reached: `api.example.org`, `*.example.org`, `example.org:8443`. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable

PATTERN = re.compile(
    r"(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?::[0-9]{1,5})?\Z"
    r"|\[[0-9a-f:.]+\](?::[0-9]{1,5})?\Z"
)
ALLOWED = "a host such as api.example.org, *.example.org or example.org:8443"


def is_host(text: str) -> bool:
    """Whether the text is an entry of such a list."""
    return bool(PATTERN.match(text))


def matches(entries: Iterable[str], host: str, port: int, *, usual: int) -> bool:
    """Whether an entry names the host; one without a port means the `usual` port of the address's scheme."""
    return any(_matches(entry.lower(), host.lower().rstrip("."), port, usual) for entry in entries)


def _matches(entry: str, host: str, port: int, usual: int) -> bool:
    name, _, number = entry.rpartition(":") if re.search(r":[0-9]+\Z", entry) else (entry, "", "")
    if port != (int(number) if number else usual):
        return False
    name = name.strip("[]")
    return host.endswith(name[1:]) and len(host) > len(name) - 1 if name.startswith("*.") else host == name
