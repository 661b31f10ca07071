"""`create statistics` on an expression, which SQLAlchemy does not have.

The planner takes no statistics from a partial index (PostgreSQL, selfuncs.c), so its expression needs its own.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement


class CreateStatistics(ExecutableDDLElement):
    """Statistics of one expression on a table, by a name in the table's schema, unless they are there."""

    def __init__(self, name: str, expression: sa.ColumnElement[Any], table: sa.Table) -> None:
        self.name = name
        self.expression = expression
        self.table = table


class DropStatistics(ExecutableDDLElement):
    """The end of them, if they are there."""

    def __init__(self, name: str, table: sa.Table) -> None:
        self.name = name
        self.table = table


@compiles(CreateStatistics)
def _create(element: CreateStatistics, compiler: Any, **_: Any) -> str:
    expression = compiler.sql_compiler.process(element.expression, literal_binds=True, include_table=False)
    table = compiler.preparer.format_table(element.table)
    return f"CREATE STATISTICS IF NOT EXISTS {_name(element, compiler)} ON ({expression}) FROM {table}"


@compiles(DropStatistics)
def _drop(element: DropStatistics, compiler: Any, **_: Any) -> str:
    return f"DROP STATISTICS IF EXISTS {_name(element, compiler)}"


def _name(element: CreateStatistics | DropStatistics, compiler: Any) -> str:
    quote = compiler.preparer.quote
    return f"{quote(element.table.schema)}.{quote(element.name)}"
