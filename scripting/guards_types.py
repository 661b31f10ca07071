"""What scripts may read from values of the built-in types: positive lists, by exact type.

A type that is in no list has no attributes that a script can read.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import GeneratorType

STR = frozenset({
    "capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find", "index", "isalnum", "isalpha",
    "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric", "isprintable", "isspace", "istitle",
    "isupper", "join", "ljust", "lower", "lstrip", "maketrans", "partition", "removeprefix", "removesuffix", "replace",
    "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip",
    "swapcase", "title", "translate", "upper", "zfill",
})  # fmt: skip
BYTES = frozenset({"count", "endswith", "find", "hex", "join", "replace", "split", "startswith", "strip"})
DICT = frozenset({"clear", "copy", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values"})
LIST = frozenset({
    "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort",
})  # fmt: skip
FROZENSET = frozenset({
    "copy", "difference", "intersection", "isdisjoint", "issubset", "issuperset", "symmetric_difference", "union",
})  # fmt: skip
SET = FROZENSET | {
    "add", "clear", "difference_update", "discard", "intersection_update", "pop", "remove",
    "symmetric_difference_update", "update",
}  # fmt: skip
INT = frozenset({"as_integer_ratio", "bit_count", "bit_length", "denominator", "imag", "numerator", "real"})

ATTRIBUTES: Mapping[type, frozenset[str]] = {
    str: STR,
    bytes: BYTES,
    dict: DICT,
    list: LIST,
    tuple: frozenset({"count", "index"}),
    set: SET,
    frozenset: FROZENSET,
    int: INT,
    bool: INT,
    float: frozenset({"as_integer_ratio", "hex", "imag", "is_integer", "real"}),
    range: frozenset({"count", "index", "start", "step", "stop"}),
    slice: frozenset({"indices", "start", "step", "stop"}),
    property: frozenset({"deleter", "getter", "setter"}),
    # No throw: it could raise an exception inside a frame with a traceback of the script's choice.
    GeneratorType: frozenset({"close", "send"}),
}

CLASS_ATTRIBUTES: Mapping[type, frozenset[str]] = {
    dict: DICT | {"fromkeys"},
    float: frozenset({"fromhex", "is_integer"}),
    frozenset: FROZENSET,
    int: frozenset({"bit_count", "bit_length"}),
    list: LIST,
    set: SET,
    tuple: frozenset({"count", "index"}),
}
