"""Every facade by the name that scripts import it by, and what may be read from the values they give out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scripting.facades import collections, datetime, decimal, itertools, json, math, random, re, statistics, time
from scripting.facades.namespace import Context, Namespace

MODULES: Mapping[str, Callable[[Context], Namespace]] = {
    "collections": collections.module,
    "datetime": datetime.module,
    "decimal": decimal.module,
    "itertools": itertools.module,
    "json": json.module,
    "math": math.module,
    "random": random.module,
    "re": re.module,
    "statistics": statistics.module,
    "time": time.module,
}
ATTRIBUTES: Mapping[type, frozenset[str]] = {
    **collections.ATTRIBUTES,
    **datetime.ATTRIBUTES,
    **decimal.ATTRIBUTES,
    **re.ATTRIBUTES,
}
CLASS_ATTRIBUTES: Mapping[type, frozenset[str]] = {**datetime.CLASS_ATTRIBUTES, **itertools.CLASS_ATTRIBUTES}
