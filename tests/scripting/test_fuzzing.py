"""A short, repeatable run of the fuzzer; `python3 dev.py bench fuzz` is the long one."""

from __future__ import annotations

from types import CodeType

import pytest
from hypothesis import HealthCheck, given, settings

from tests.scripting.fuzzing import properties
from tests.scripting.fuzzing.grammar import sources

SHORT = settings(
    max_examples=100, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@SHORT
@given(sources())
def test_the_transformer_refuses_or_guards(source: str) -> None:
    """Whatever the source: a clean refusal, or code in which no step goes around a guard."""
    if properties.check_transformer(source):
        properties.check_run(source)


@SHORT
@given(properties.frames())
def test_the_decoder_believes_nothing(body: bytes) -> None:
    """Whatever the bytes: a frame, or a ProtocolError."""
    properties.check_decoder(body)


@pytest.mark.parametrize(
    "source",
    ["x.y", "import os", "def f(_getattr_): pass", "_write_ = 1", "x.__class__ = 1", "class A: __slots__ = ()"],
)
def test_the_fuzzer_sees_code_without_guards(source: str) -> None:
    """The property fails on code that no policy has seen."""
    code = compile(source, "script.py", "exec")
    assert isinstance(code, CodeType)
    with pytest.raises(AssertionError):
        for part in properties._codes(code):
            properties._check_names(part)
            properties._check_instructions(part)
