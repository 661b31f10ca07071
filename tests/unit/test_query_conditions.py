"""The text form of query maps, before any SQL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.conditions import Condition, Operator, parse, split
from engine.errors import BadRequest, HeadraceError

EQ, NE, LIKE, GT, BETWEEN = Operator.EQUALS, Operator.NOT_EQUALS, Operator.LIKE, Operator.GREATER, Operator.BETWEEN
EMPTY = Condition(Operator.EMPTY)

READ = [
    ("a", [Condition(EQ, ("a",))]),
    ("a, b", [Condition(EQ, ("a",)), Condition(EQ, ("b",))]),
    ("", [EMPTY]),
    (None, [EMPTY]),
    ("a,", [Condition(EQ, ("a",)), EMPTY]),
    (5, [Condition(EQ, (5,))]),
    (False, [Condition(EQ, (False,))]),
    (["a,b", "greater(1)", None], [Condition(EQ, ("a,b",)), Condition(EQ, ("greater(1)",)), EMPTY]),
    ("greater(5)", [Condition(GT, ("5",))]),
    ("between(1, 9),empty()", [Condition(BETWEEN, ("1", "9")), EMPTY]),
    ("like(Rockwell, Inc (UK))", [Condition(LIKE, ("Rockwell, Inc (UK)",))]),
    ("notEquals(a,b)", [Condition(NE, ("a", "b"))]),
    (r"Rockwell\, Inc", [Condition(EQ, ("Rockwell, Inc",))]),
    (r"like(\))", [Condition(LIKE, (")",))]),
    ("Intel(R)", [Condition(EQ, ("Intel(R)",))]),
    ("intel(r,b", [Condition(EQ, ("intel(r",)), Condition(EQ, ("b",))]),
    ("a(b) c", [Condition(EQ, ("a(b) c",))]),
]


@pytest.mark.parametrize(("value", "conditions"), READ, ids=[str(value) for value, _ in READ])
def test_read(value: object, conditions: list[Condition]) -> None:
    """Commas are OR, operators take their arguments, lists and backslashes are literal, nothing is empty()."""
    assert list(parse("f", value)) == conditions


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("grater(5)", r"f: 'grater\(5\)' is not allowed; expected one of the operators .*greater\(x\)"),
        ("greater()", r"expected greater\(x\)"),
        ("between(1)", r"expected between\(a,b\)"),
        ("between(1,2,3)", r"expected between\(a,b\)"),
        ("between(1,)", r"expected between\(a,b\)"),
        ("empty(1)", r"expected empty\(\)"),
        ([], "a list with at least one value"),
        (",".join("a" * 1001), "at most 1000 alternatives"),
    ],
)
def test_refused(value: object, said: str) -> None:
    """An unknown operator and a wrong number of arguments are refused with the field, the value and what is allowed."""
    with pytest.raises(BadRequest, match=said):
        parse("f", value)


@given(st.text(alphabet="ab,()\\ greatl"))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever stands in a query, it is read or refused with badRequest; no text is lost in splitting."""
    assert ",".join(split(text)) == text
    try:
        assert parse("f", text)
    except HeadraceError as error:
        assert error.code == "badRequest"


@given(st.lists(st.text(alphabet="ab,()\\"), min_size=1))
def test_a_list_is_literal(values: list[str]) -> None:
    """The values of a list are compared as they are, whatever they look like."""
    read = parse("f", values)
    assert [condition.args[0] if condition.args else "" for condition in read] == values
