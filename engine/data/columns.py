"""A record's fields as SQL expressions: the one form that queries ask by and indexes are made of.

What the app declares (its name, entities and fields, checked when it was pushed) stands in the text of the
statement, so that an index on the same expression fits it with any plan; what a caller asks for is a parameter.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine.apps.manifest import Field, FieldType
from engine.db.tables import records

Clause = sa.ColumnElement[Any]

NUMBERS = (FieldType.NUMBER, FieldType.INTEGER)


def declared(text: str) -> Clause:
    """A text that the app declares, as a constant of the statement."""
    return sa.literal(text, sa.Text, literal_execute=True)


def scope(app: str, entity: str, table: sa.Table = records) -> tuple[Clause, Clause]:
    """The records of an entity."""
    return table.c.app == declared(app), table.c.entity == declared(entity)


def text_of(field: Field, table: sa.Table = records) -> Clause:
    """The value as text, null if there is none."""
    text: Clause = table.c.data[declared(field.name)].astext
    return text


def key_of(field: Field, table: sa.Table = records) -> Clause:
    """What comparisons and sorting look at: numbers by value, everything else as text by code point.

    The case keeps a text that an older version of the app stored in the field from failing the statement.
    """
    if field.type in NUMBERS:
        is_number = sa.func.jsonb_typeof(table.c.data[declared(field.name)]) == declared("number")
        return sa.case((is_number, sa.cast(text_of(field, table), sa.Numeric)))
    return sa.collate(text_of(field, table), "C")
