"""`itertools`."""

from __future__ import annotations

import itertools as real
from collections.abc import Mapping

from scripting.facades.namespace import Context, Namespace

_NAMES = (
    "accumulate chain combinations combinations_with_replacement compress count cycle dropwhile filterfalse groupby "
    "islice pairwise permutations product repeat starmap takewhile zip_longest"
)
_MODULE = Namespace("itertools", {name: getattr(real, name) for name in _NAMES.split()})

CLASS_ATTRIBUTES: Mapping[type, frozenset[str]] = {real.chain: frozenset({"from_iterable"})}


def module(context: Context) -> Namespace:
    """The module `itertools`."""
    return _MODULE
