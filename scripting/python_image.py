"""A compiled Python script as text, so that a script is compiled once and not in each of its children.

An image comes from a child that has run nothing of its script yet, and is only given to children with the
same sources of the same app: whoever found a way to forge one through the compiler would have forged what
runs as himself anyway. Nothing outside of such a child ever decodes it.
"""

from __future__ import annotations

import binascii
import marshal
from collections.abc import Mapping

from scripting.policy import Body


def dump(body: Body, modules: Mapping[str, Body]) -> str:
    """The script's body and those of the modules that it imports."""
    plain = [
        (name, each.code, sorted(each.imports), each.has_yield, each.has_finally)
        for name, each in {"": body, **modules}.items()
    ]
    return binascii.b2a_base64(marshal.dumps(plain), newline=False).decode()


def load(image: str) -> tuple[Body, dict[str, Body]]:
    """What `dump` got."""
    plain = marshal.loads(binascii.a2b_base64(image))  # noqa: S302 - see above
    bodies = {name: Body(code, frozenset(imports), *flags) for name, code, imports, *flags in plain}
    return bodies.pop(""), bodies
