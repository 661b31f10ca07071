"""What must hold of every source and of every frame."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType

from hypothesis import strategies as st

from scripting import policy_names as names
from scripting import protocol
from scripting.facades.table import MODULES
from scripting.policy import compile_script
from scripting.python import compile
from scripting.runtime import ScriptFailed
from tests.scripting.python.scripts import FakeHost

# What the policy itself writes into the code of a script.
_OF_THE_POLICY = {value for key, value in vars(names).items() if key.isupper() and isinstance(value, str)}
# The compiler's own, in the bodies of classes.
_OF_CLASSES = {"__doc__", "__name__", "__module__", "__qualname__", "__classcell__", "__class__", "__firstlineno__",
               "__static_attributes__"}  # fmt: skip
_LOADS_WITHOUT_A_GUARD = {
    "LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR", "IMPORT_NAME", "IMPORT_FROM", "IMPORT_STAR", "MATCH_CLASS",
    "BEFORE_ASYNC_WITH", "GET_AWAITABLE", "GET_AITER", "LOAD_LOCALS", "SETUP_ANNOTATIONS",
}  # fmt: skip


def check_transformer(source: str) -> bool:
    """A clean refusal (False), or code in which every step is guarded (True); AssertionError otherwise."""
    try:
        body = compile_script("script.py", source, modules=MODULES)
    except ScriptFailed:
        return False
    for code in _codes(body.code):
        _check_names(code)
        _check_instructions(code)
    return True


def check_run(source: str) -> None:
    """Whatever compiles ends with JSON or with a failure whose text has no address; nothing else comes out."""
    host = FakeHost({"jobs.find": {"items": [{"id": "J"}], "next": None}})
    try:
        value = compile("script.py", source, {}).run({}, host, "seed")
    except ScriptFailed as failed:
        assert " at 0x" not in failed.threw.message, source
    else:
        assert " at 0x" not in str(value), source
    assert " at 0x" not in str(host.calls), source


def check_decoder(body: bytes) -> bool:
    """A frame (True) or a ProtocolError (False), never anything else; and a frame survives encoding."""
    decoded = False
    for table in (protocol.UP, protocol.DOWN):
        try:
            frame = protocol.decode(body, table)
        except protocol.ProtocolError:
            continue
        decoded = True
        # Its encoding may be shorter: msgpack allows long forms of small values.
        again = protocol.encode(frame, max_bytes=len(body))
        assert protocol.decode(again[protocol.HEADER.size :], table) == frame
    return decoded


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _check_names(code: CodeType) -> None:
    for name in code.co_names:
        known = name in _OF_THE_POLICY or name in _OF_CLASSES or name in names.METHODS
        assert known or not names.is_private(name), f"{name} in {code.co_name}"
    for name in (*code.co_varnames, *code.co_freevars, *code.co_cellvars):
        of_compiler = name == "__class__" or name.startswith(".")
        assert of_compiler or not names.is_private(name), f"{name} is local in {code.co_name}"


def _check_instructions(code: CodeType) -> None:
    for step in dis.get_instructions(code):
        assert step.opname not in _LOADS_WITHOUT_A_GUARD, f"{step.opname} {step.argval} in {code.co_name}"
        if step.opname in ("STORE_ATTR", "DELETE_ATTR"):
            assert not names.is_private(step.argval)
        if step.opname in ("STORE_NAME", "STORE_GLOBAL", "DELETE_NAME", "DELETE_GLOBAL", "STORE_FAST", "STORE_DEREF"):
            _check_bound(code, step.argval)


def _check_bound(code: CodeType, name: str) -> None:
    of_compiler = name in _OF_CLASSES or name == names.BODY or name.startswith(".")
    assert of_compiler or name in names.METHODS or not names.is_private(name), f"{name} is bound in {code.co_name}"


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=6)
    | st.binary(max_size=6)
)
MESSAGES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4) | st.integers(0, 9), inner),
    max_leaves=12,
)
"""What msgpack can say; most of it is no frame."""


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Bytes near to frames: right tags with wrong fields, cut, doubled, flipped; and plain noise."""
    import msgpack

    tag = draw(st.sampled_from([*protocol.UP, *protocol.DOWN, 0, 64, 2**31, -1]))
    body: bytes = msgpack.packb([tag, *draw(st.lists(MESSAGES, max_size=9))])
    match draw(st.sampled_from(["whole", "cut", "flipped", "longer", "noise"])):
        case "cut":
            return body[: draw(st.integers(0, len(body)))]
        case "flipped":
            place = draw(st.integers(0, len(body) - 1))
            return body[:place] + bytes([draw(st.integers(0, 255))]) + body[place + 1 :]
        case "longer":
            return body + draw(st.binary(max_size=8))
        case "noise":
            return draw(st.binary(max_size=64))
    return body
