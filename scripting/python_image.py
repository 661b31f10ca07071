"""A compiled Python script as text, so that a script is compiled once and not in each of its children.

An image comes from a child that has run nothing of its script yet, and is only given to children with the
same sources of the same app: whoever found a way to forge one through the compiler would have forged what
runs as himself anyway. Nothing outside of such a child ever decodes it.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping

from scripting.policy import Body


def dump(body: Body, modules: Mapping[str, Body]) -> str:
    """The script's body and those of the modules that it imports."""
    plain = [
        (name, each.code, sorted(each.imports), each.has_yield, each.has_finally)
        for name, each in {"": body, **modules}.items()
    ]
    # Not base64, which is in a library of its own that needs zlib: 10 mappings more for each fork.
    return marshal.dumps(plain).hex()


def load(image: str) -> tuple[Body, dict[str, Body]]:
    """What `dump` got."""
    plain = marshal.loads(bytes.fromhex(image))  # noqa: S302 - see above
    bodies = {name: Body(code, frozenset(imports), *flags) for name, code, imports, *flags in plain}
    return bodies.pop(""), bodies
