"""SQLAlchemy Core tables for statements whose shape a caller's filter decides; everything else is in sql/.

Only the tables that such filters touch are here. A test compares every column, type and nullability
with information_schema, so this file cannot drift from sql/migrations/.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, UUID

metadata = MetaData(schema="headrace")


def _column(name: str, kind: Any, *, nullable: bool = False) -> Column[Any]:
    return Column(name, kind, nullable=nullable)


_uuid = UUID(as_uuid=True)
_time = TIMESTAMP(timezone=True)

jobs = Table(
    "jobs",
    metadata,
    _column("id", _uuid),
    _column("archived", Boolean),
    _column("app", Text),
    _column("queue", Text),
    _column("type", Text),
    _column("name", Text),
    _column("status", Text),
    _column("low_priority", Boolean),
    _column("has_errors", Boolean),
    _column("awaited", Boolean),
    _column("attempt", Integer),
    _column("failures", SmallInteger),
    _column("rescues", SmallInteger),
    _column("max_attempts", SmallInteger),
    _column("timeout_ms", Integer, nullable=True),
    _column("app_version", Integer, nullable=True),
    _column("worker_id", _uuid, nullable=True),
    _column("parent_id", _uuid, nullable=True),
    _column("root_id", _uuid),
    _column("run_by", Text, nullable=True),
    _column("unique_key", Text, nullable=True),
    _column("created_at", _time),
    _column("ready_at", _time, nullable=True),
    _column("started_at", _time, nullable=True),
    _column("ended_at", _time, nullable=True),
    _column("limited", Boolean),
    _column("concurrency_key", Text, nullable=True),
    _column("concurrency_limit", Integer),
    _column("due_at", _time, nullable=True),
)

job_logs = Table(
    "job_logs",
    metadata,
    _column("job_id", _uuid),
    _column("at", _time),
    _column("n", BigInteger),
    _column("level", Text),
    _column("message", Text),
    _column("additional_info", JSONB, nullable=True),
)

records = Table(
    "records",
    metadata,
    _column("app", Text),
    _column("entity", Text),
    _column("id", _uuid),
    _column("version", Integer),
    _column("data", JSONB),
    _column("created_at", _time),
    _column("updated_at", _time),
)
