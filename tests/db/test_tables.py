"""The Core tables against the migrated schema."""

from __future__ import annotations

from engine.db.pool import Pool
from engine.db.search import compile_statement
from engine.db.tables import metadata, records

COLUMNS = """
select table_name, column_name, upper(data_type) as type, is_nullable = 'YES' as nullable
from information_schema.columns where table_schema = 'headrace' order by table_name, ordinal_position
"""
# information_schema writes this one out.
SPELLED = {"TIMESTAMP": "TIMESTAMP WITH TIME ZONE"}


async def test_core_tables_are_the_migrated_ones(pool: Pool) -> None:
    """Every Core table has exactly the columns, in order, with the types and nullability of the database."""
    real: dict[str, list[tuple[str, str, bool]]] = {}
    for row in await pool.fetch(COLUMNS):
        real.setdefault(row["table_name"], []).append((row["column_name"], row["type"], row["nullable"]))
    assert metadata.tables
    for table in metadata.tables.values():
        kinds = [(column.name, str(column.type).upper(), bool(column.nullable)) for column in table.columns]
        spelled = [(name, SPELLED.get(kind, kind), nullable) for name, kind, nullable in kinds]
        assert spelled == real[table.name], table.name


def test_compiled_parameters_are_numbered_in_order() -> None:
    """The values come in the order of the numbers in the text, lists of an `in` spread out."""
    statement = records.select().where(records.c.app == "a", records.c.version.in_([1, 2])).limit(3)
    sql, args = compile_statement(statement)
    assert sorted(args, key=str) == [1, 2, 3, "a"]
    for number, value in enumerate(args, start=1):
        kind = "VARCHAR" if isinstance(value, str) else "INTEGER"
        assert f"${number}::{kind}" in sql
