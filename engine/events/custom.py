"""Custom events: apps name them, scripts and HTTP callers trigger them."""

from __future__ import annotations

from engine.data.cause import Cause
from engine.data.fields import Invalid, check_json
from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import BadRequest
from engine.model import check_name


async def trigger(conn: Connection, app: str, name: object, data: object, cause: Cause) -> int:
    """How many listeners of the app will hear the event, once the caller's transaction commits; 0 is no error.

    BadRequest if the name cannot be one, or the data is not JSON that PostgreSQL can keep.
    """
    event = check_name("name", name)
    try:
        check_json(data)
    except Invalid as error:
        raise BadRequest.field("data", data, str(error).removeprefix("expected ")) from None
    return len(await conn.fetch(load("event_trigger"), app, event, data, cause.root_id, cause.run_by))
