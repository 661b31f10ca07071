"""The arguments of a call, short enough to be kept and compared. No I/O."""

from __future__ import annotations

import json
from collections.abc import Sequence

from scripting.digests import blake2b
from scripting.model import Json

SHOWN_CHARACTERS = 200
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


def fingerprint(args: Sequence[Json]) -> str:
    """16 hexadecimal digits, equal for equal JSON, on both sides of the border."""
    digest: str = blake2b(_encode(list(args)).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return digest


def shown(args: Sequence[Json]) -> str:
    """The beginning of the arguments as JSON, for people."""
    text = _encode(list(args))
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."
