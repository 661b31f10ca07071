"""Values of fields: what each type takes, how it is stored, and what is said about the rest."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.apps.manifest import Entity, Field, FieldType
from engine.data.fields import Invalid, defaults, from_text, normalize, validate

ID = "0193a5b0-7c1e-7d3a-9a1b-2c3d4e5f6071"


def field(kind: FieldType, **more: Any) -> Field:
    return Field(name="f", type=kind, label="F", **more)


GOOD = [
    (FieldType.TEXT, {}, "a, b", "a, b"),
    (FieldType.TEXT, {}, "", ""),
    (FieldType.TEXT, {"required": True}, "", None),
    (FieldType.NUMBER, {}, 1.5, 1.5),
    (FieldType.NUMBER, {"min": 0, "max": 2}, 2, 2),
    (FieldType.INTEGER, {}, 3.0, 3),
    (FieldType.INTEGER, {}, -(2**63) + 1, -(2**63) + 1),
    (FieldType.BOOLEAN, {}, False, False),
    (FieldType.DATE, {}, "2026-01-31", "2026-01-31"),
    (FieldType.DATE, {}, {"$date": 0}, "1970-01-01"),
    (FieldType.DATETIME, {}, {"$date": 1_500}, "1970-01-01T00:00:01.500Z"),
    (FieldType.DATETIME, {}, "2026-01-31T10:00:00+02:00", "2026-01-31T08:00:00.000Z"),
    (FieldType.DATETIME, {}, "2026-01-31", "2026-01-31T00:00:00.000Z"),
    (FieldType.DATETIME, {}, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
    (FieldType.CHOICE, {"choices": ("a", "b")}, "b", "b"),
    (FieldType.RELATION, {"entity": "e"}, ID.upper(), ID),
    (FieldType.RELATION, {"entity": "e"}, {"id": ID, "label": "x"}, ID),
    (FieldType.JSON, {}, {"a": [1, None]}, {"a": [1, None]}),
]


@pytest.mark.parametrize(("kind", "more", "given_value", "stored"), GOOD)
def test_stored_form(kind: FieldType, more: dict[str, Any], given_value: Any, stored: Any) -> None:
    """Each type stores what it takes in its one form, which it takes again unchanged."""
    assert normalize(field(kind, **more), given_value) == stored
    assert normalize(field(kind, **more), stored) == stored


BAD = [
    (FieldType.TEXT, {}, 5, "a text"),
    (FieldType.TEXT, {}, "a\0", "NUL"),
    (FieldType.TEXT, {}, "a\ud800", "lone surrogates"),
    (FieldType.JSON, {}, {"a": ["b\0"]}, "NUL"),
    (FieldType.JSON, {}, {"a\0": 1}, "NUL"),
    (FieldType.JSON, {}, {1: 1}, "texts"),
    (FieldType.JSON, {}, [float("inf")], "finite"),
    (FieldType.JSON, {}, {"a": object()}, "JSON"),
    (FieldType.TEXT, {"max_length": 2}, "abc", "at most 2 characters, not 3"),
    (FieldType.TEXT, {"unique": True}, "x" * 501, "at most 500"),
    (FieldType.NUMBER, {}, "5", "a number"),
    (FieldType.NUMBER, {}, True, "a number"),
    (FieldType.NUMBER, {}, float("nan"), "finite"),
    (FieldType.NUMBER, {"min": 1}, 0, "at least 1"),
    (FieldType.NUMBER, {"max": 1}, 2, "at most 1"),
    (FieldType.INTEGER, {}, 1.5, "a whole number"),
    (FieldType.INTEGER, {}, float("inf"), "a whole number"),
    (FieldType.INTEGER, {}, 2**63, "at most 9223372036854775807"),
    (FieldType.BOOLEAN, {}, 1, "true or false"),
    (FieldType.DATE, {}, "31.1.2026", "a date such as"),
    (FieldType.DATE, {}, "2026-02-30", "a date such as"),
    (FieldType.DATETIME, {}, "now", "a date, milliseconds"),
    (FieldType.DATETIME, {}, 1e18, "between the years"),
    (FieldType.CHOICE, {"choices": ("a", "b")}, "c", "one of a, b"),
    (FieldType.RELATION, {"entity": "e"}, "nope", "the id of a record of e"),
]


@pytest.mark.parametrize(("kind", "more", "value", "said"), BAD)
def test_refused(kind: FieldType, more: dict[str, Any], value: Any, said: str) -> None:
    """A value of another type or beyond the declared bounds is refused with what is expected."""
    with pytest.raises(Invalid, match=said):
        normalize(field(kind, **more), value)


def test_value_that_is_nested_too_deeply_is_refused() -> None:
    """A list in a list in a list … ends in a refusal, not in the end of the process."""
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(Invalid, match="nested"):
        normalize(field(FieldType.JSON), value)


TEXTS = [
    (FieldType.NUMBER, " 1.50 ", 1.5),
    (FieldType.NUMBER, "1e3", 1000.0),
    (FieldType.NUMBER, "", None),
    (FieldType.INTEGER, "-07", -7),
    (FieldType.BOOLEAN, "Yes", True),
    (FieldType.BOOLEAN, "0", False),
    (FieldType.BOOLEAN, "", None),
    (FieldType.DATE, "2026-01-31", "2026-01-31"),
    (FieldType.DATE, "", None),
    (FieldType.TEXT, "", None),
    (FieldType.TEXT, " a ", " a "),
]


@pytest.mark.parametrize(("kind", "text", "stored"), TEXTS)
def test_text_of_a_cell(kind: FieldType, text: str, stored: Any) -> None:
    """A CSV cell is read by the field's type; an empty one is no value."""
    assert from_text(field(kind), text) == stored


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FieldType.NUMBER, "1,5"),
        (FieldType.NUMBER, "nan"),
        (FieldType.NUMBER, "1e999"),
        (FieldType.INTEGER, "1.0"),
        (FieldType.INTEGER, "99999999999999999999"),
        (FieldType.BOOLEAN, "maybe"),
        (FieldType.JSON, "{}"),
    ],
)
def test_text_of_a_cell_refused(kind: FieldType, text: str) -> None:
    """A cell that does not read as the field's type is refused."""
    with pytest.raises(Invalid):
        from_text(field(kind), text)


ENTITY = Entity(
    name="things",
    label="Things",
    label_field="name",
    fields={
        "name": Field("name", FieldType.TEXT, "Name", required=True),
        "size": Field("size", FieldType.INTEGER, "Size", default=3),
    },
)


def test_validation_names_every_field() -> None:
    """A record's data is refused with a reason for each wrong, missing and unknown field at once."""
    stored, reasons = validate(ENTITY, {"size": "big", "colour": "red"})
    assert stored == {}
    assert reasons == {
        "name": "is required",
        "size": "expected a whole number",
        "colour": "is not a field of things; the fields: name, size",
    }


def test_defaults_and_label() -> None:
    """A new record has its declared defaults; its label is its label field's value, else its id."""
    assert defaults(ENTITY) == {"size": 3}
    assert ENTITY.label_of({"name": "saw"}, "id") == "saw"
    assert ENTITY.label_of({}, "id") == "id"


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()), st.just({})))
def test_any_value_is_stored_or_refused(value: Any) -> None:
    """Whatever a script sends, each type either stores a value that it takes again, or says Invalid."""
    for kind in FieldType:
        declared = field(kind, choices=("a",), entity="e")
        try:
            stored = normalize(declared, value)
        except Invalid:
            continue
        assert normalize(declared, stored) == stored or kind is FieldType.JSON


@given(st.text())
@example("0\x1f")
def test_any_cell_is_read_or_refused(text: str) -> None:
    """Whatever a CSV cell says, each type reads it or says Invalid."""
    for kind in FieldType:
        declared = field(kind, choices=("a",), entity="e")
        try:
            value = from_text(declared, text)
        except Invalid:
            continue
        assert value is None or normalize(declared, value) == value
