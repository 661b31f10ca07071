"""Sources of Python scripts, made by a grammar that prefers what attackers write.

Nothing here loops: no `while`, no power, small numbers only, so whatever compiles can also be run.
"""

from __future__ import annotations

from hypothesis import strategies as st

_GUARDS = ("_getattr_", "_getitem_", "_write_", "__metaclass__", "_body_", "_apply_", "__builtins__", "__import__")
_INSPECTED = ("__class__", "__globals__", "__dict__", "__subclasses__", "gi_frame", "tb_frame", "cr_code", "_x", "__a")
_PLAIN = ("a", "b", "f", "A", "_", "args", "format", "join", "log", "sys", "super", "str", "self", "é", "\uff43")
_SPECIAL = ("__init__", "__eq__", "__call__", "__iter__", "__getattr__", "__del__", "__init_subclass__", "__slots__")
_MODULES = ("os", "json", "re", "math", "collections", "builtins", "json.decoder", "__future__", "lib.a", "datetime")

NAMES = st.sampled_from(_PLAIN * 16 + _GUARDS + _INSPECTED + _SPECIAL)
_CONSTANTS = st.sampled_from(["1", "0", "''", "'a'", "b'a'", "None", "[]", "()", "{}", "...", "1.5", "'{0.__class__}'"])
_OPERATORS = st.sampled_from(["+", "-", "%", "|", "&", "and", "or", "==", "is", "in", "<", "not in", "//"])
_BINDERS = st.sampled_from(["{}", "{}, *{}", "({}, [{}])", "{}.{}", "{}[{}]", "*{}, {}"])


def _texts(template: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda values: template.format(*values))


def _extended(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    name = NAMES
    return st.one_of(
        _texts("({}).{}", inner, name),
        _texts("({})[{}]", inner, inner),
        _texts("({})[{}:{}]", inner, inner, inner),
        _texts("({})({})", inner, inner),
        _texts("({})(*{}, **{})", inner, inner, inner),
        _texts("({})({}={})", inner, name, inner),
        _texts("({} {} {})", inner, _OPERATORS, inner),
        _texts("(lambda {}={}, /, *{}: {})", name, inner, name, inner),
        _texts("[{} for {} in {} if {}]", inner, name, inner, inner),
        _texts("({} for {} in {})", inner, name, inner),
        _texts("{{{}: {} for {} in {}}}", inner, inner, name, inner),
        _texts("({} := {})", name, inner),
        _texts("({} if {} else {})", inner, inner, inner),
        _texts("[{}, *{}]", inner, inner),
        _texts("f'{{{}!r:>{{{}}}}}'", name, name),
        _texts("f'{{({}).{}}}'", name, name),
        _texts("(yield {})", inner),
        _texts("(await {})", inner),
        _texts("getattr({}, '{}')", inner, name),
        _texts("super().{}({})", name, inner),
    )


EXPRESSIONS = st.recursive(NAMES | _CONSTANTS, _extended, max_leaves=8)
_TARGETS = st.tuples(_BINDERS, NAMES, NAMES).map(lambda parts: parts[0].format(parts[1], parts[2]))


def _simple() -> st.SearchStrategy[str]:
    module = st.sampled_from(_MODULES)
    expression = EXPRESSIONS
    return st.one_of(
        expression,
        _texts("{} = {}", _TARGETS, expression),
        _texts("{} {} {}", _TARGETS, st.sampled_from(["+=", "%=", "|=", "@="]), expression),
        _texts("{}: {} = {}", NAMES, expression, expression),
        _texts("del {}", _TARGETS),
        _texts("return {}", expression),
        _texts("raise {} from {}", expression, expression),
        _texts("assert {}, {}", expression, expression),
        _texts("global {}", NAMES),
        _texts("nonlocal {}", NAMES),
        _texts("import {}", module),
        _texts("import {} as {}", module, NAMES),
        _texts("from {} import {} as {}", module, NAMES, NAMES),
        _texts("from {} import *", module),
        st.sampled_from(["pass", "break", "continue"]),
    )


def _indented(block: str) -> str:
    return "".join(f"    {line}\n" for line in block.splitlines())


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = inner.map(_indented)
    deeper = body.map(lambda text: _indented(text)[4:])
    name, expression = NAMES, EXPRESSIONS
    return st.one_of(
        _texts("if {}:\n{}", expression, body),
        _texts("for {} in {}:\n{}else:\n{}", _TARGETS, expression, body, body),
        _texts("def {}({}, {}: {} = {}, *, {}=1, **{}) -> {}:\n{}", name, name, name, name, expression, name, name,
               name, body),
        _texts("def {}({}, /):\n{}", name, name, body),
        _texts("async def {}():\n{}", name, body),
        _texts("@{}\nclass {}({}):\n{}", expression, name, expression, body),
        _texts("class {}(metaclass={}):\n{}", name, expression, body),
        _texts("class {}:\n    def {}(self, {}=1):\n    {}\n", name, name, name, deeper),
        _texts("try:\n{}except {} as {}:\n{}finally:\n{}", body, expression, name, body, body),
        _texts("try:\n{}except* {}:\n{}", body, expression, body),
        _texts("try:\n{}except:\n{}", body, body),
        _texts("with {} as {}:\n{}", expression, _TARGETS, body),
        _texts("match {}:\n    case {}({}={}):\n    {}", expression, name, name, name,
               deeper),
        _texts("{}\n{}", inner, inner),
    )  # fmt: skip


_SOURCES = st.recursive(_simple(), _compound, max_leaves=6)


@st.composite
def sources(draw: st.DrawFn) -> str:
    """A source. A function, because hypothesis writes a strategy down in full, which takes megabytes here."""
    return draw(_SOURCES)
