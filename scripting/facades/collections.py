"""`collections`, without namedtuple (it compiles text)."""

from __future__ import annotations

import collections as real
from collections.abc import Mapping

from scripting.facades.namespace import Context, Namespace
from scripting.guards_types import DICT

ATTRIBUTES: Mapping[type, frozenset[str]] = {
    real.Counter: DICT | {"elements", "most_common", "subtract", "total"},
    real.OrderedDict: DICT | {"move_to_end"},
    real.defaultdict: DICT,
    real.deque: frozenset({
        "append", "appendleft", "clear", "copy", "count", "extend", "extendleft", "index", "insert", "maxlen",
        "pop", "popleft", "remove", "reverse", "rotate",
    }),
}  # fmt: skip
DICTS = (real.Counter, real.OrderedDict, real.defaultdict)
WRITABLE = (*DICTS, real.deque)

_MODULE = Namespace("collections", {kind.__name__: kind for kind in WRITABLE})


def module(context: Context) -> Namespace:
    """The module `collections`."""
    return _MODULE
