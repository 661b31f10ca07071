"""What bench/import.py imports, and how it knows afterwards that each row is there once."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import _stage as stage
import asyncpg

from engine.apps.folder import AppFolder, load_folder
from engine.data.csvlines import find_delimiter
from engine.db.pool import Connection, Pool

CRM = stage.ROOT / "examples" / "crm"
BAD_EVERY = 1000
COUNT = """
select count(*) as records, count(distinct data ->> 'oui') as blocks
from headrace.records where app = 'crm' and entity = 'companies'
"""
# Neither byte is in the file: a line is one value.
WHOLE_LINES = {"format": "csv", "delimiter": "\x02", "quote": "\x01"}
FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")


class Unusable(Exception):
    """The file cannot be imported; the text says why."""


class ImportFile(Protocol):
    """A file, and the app and entity into whose records it goes."""

    path: Path
    rows: int
    folder: AppFolder
    entity: str

    async def copy(self, conn: Connection) -> None:
        """COPY of the file into a table without indexes: what the disk and the protocol allow."""

    async def judge(self, pool: Pool, left: Mapping[str, Any]) -> bool:
        """Prints what there is, and whether each row is there once."""


@dataclass(frozen=True, slots=True)
class Companies:
    """The example app's companies, again and again, each with an address block of its own; one in a thousand is bad."""

    path: Path
    rows: int
    folder: AppFolder
    entity: str = "companies"

    @classmethod
    def written(cls, path: Path, count: int) -> Companies:
        """The file, as JSON Lines or CSV by its name."""
        with path.open("w", encoding="utf-8", newline="") as file:
            if path.suffix == ".jsonl":
                file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in _companies(count))
            else:
                writer = csv.DictWriter(file, list(next(_companies(1))))
                writer.writeheader()
                writer.writerows(_companies(count))
        return cls(path, count, load_folder(CRM))

    async def copy(self, conn: Connection) -> None:
        """Each line is one value."""
        await conn.execute("create table public.copied (line text)")
        await conn.copy_to_table("copied", source=self.path, schema_name="public", **WHOLE_LINES)

    async def judge(self, pool: Pool, left: Mapping[str, Any]) -> bool:
        """As many records as good rows, and as many different blocks."""
        (found,) = await pool.fetch(COUNT)
        bad = self.rows // BAD_EVERY
        print(f"table       {found['records']:,} records, {found['blocks']:,} different blocks")
        good = dict(left) == {"rowsImported": self.rows - bad, "rowsWithErrors": bad}
        return good and found["records"] == found["blocks"] == self.rows - bad


def _companies(count: int) -> Iterator[dict[str, Any]]:
    """A bad one has a country that is too long."""
    with (CRM / "data" / "companies.csv").open(encoding="utf-8", newline="") as file:
        companies = list(csv.DictReader(file))
    for n in range(count):
        row = companies[n % len(companies)]
        country = "nowhere" if n % BAD_EVERY == BAD_EVERY - 1 else row["country"]
        yield {**row, "oui": f"{n:09X}", "country": country, "blocks": int(row["blocks"])}


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file of the user's, as it is; its columns are text fields of the entity `rows`."""

    path: Path
    rows: int
    folder: AppFolder
    columns: tuple[str, ...]
    delimiter: str
    entity: str = "rows"

    @classmethod
    def given(cls, path: Path, scratch: Path) -> CsvFile:
        """The file; Unusable if it has no header of names that fields may have. The app is written into `scratch`."""
        try:
            with path.open("rb") as file:
                head = file.readline()
            delimiter = find_delimiter(head)
            with path.open(encoding="utf-8-sig", newline="") as text:
                rows = csv.reader(text, delimiter=delimiter)
                columns = tuple(name.strip() for name in next(rows, []))
                count = sum(1 for row in rows if row)
        except (OSError, ValueError, csv.Error) as error:
            raise Unusable(f"{path}: {error}") from None
        for name in columns:
            if not FIELD.fullmatch(name) or name == "id" or columns.count(name) > 1:
                raise Unusable(
                    f"{path}: column {name!r} cannot be a field: each has a name of its own of up to 63 letters, "
                    "digits and _, which is not id"
                )
        if not count:
            raise Unusable(f"{path} has no row below its header")
        fields = "".join(f'{name} = {{ type = "text" }}\n' for name in columns)
        (scratch / "app.toml").write_text(f'[app]\nname = "bench"\n\n[entities.rows.fields]\n{fields}')
        return cls(path, count, load_folder(scratch), columns, delimiter)

    async def copy(self, conn: Connection) -> None:
        """Each cell is a value."""
        columns = ", ".join(f'"{name}" text' for name in self.columns)
        await conn.execute(f"create table public.copied ({columns})")
        try:
            await conn.copy_to_table(
                "copied", source=self.path, schema_name="public", format="csv", header=True, delimiter=self.delimiter
            )
        except asyncpg.PostgresError as error:
            raise Unusable(f"{self.path}: COPY cannot read it: {error}") from None

    async def judge(self, pool: Pool, left: Mapping[str, Any]) -> bool:
        """The records and what COPY made of the file are equal as multisets."""
        ours = ", ".join(f"coalesce(data ->> '{name}', '')" for name in self.columns)
        theirs = ", ".join(f"coalesce(\"{name}\", '')" for name in self.columns)
        records = f"select {ours} from headrace.records where app = 'bench' and entity = 'rows'"  # noqa: S608
        copied = f"select {theirs} from public.copied"  # noqa: S608 - names of fields, checked above
        (found,) = await pool.fetch(
            f"select (select count(*) from (({records}) except all ({copied})) more) as more, "  # noqa: S608
            f"(select count(*) from (({copied}) except all ({records})) missing) as missing, "
            f"(select count(*) from ({records}) r) as records, "
            f"(select count(*) from (select distinct * from ({copied}) c) d) as different"
        )
        print(
            f"table       {found['records']:,} records of {self.rows:,} rows, {found['different']:,} different ones; "
            f"{found['missing']:,} rows without their record, {found['more']:,} records without their row"
        )
        good = dict(left) == {"rowsImported": self.rows, "rowsWithErrors": 0}
        return good and found["records"] == self.rows and found["missing"] == found["more"] == 0
