"""Pages: the cursor that callers hand back, whatever stands in it."""

from __future__ import annotations

import base64
import binascii

from engine.errors import BadRequest


def to_cursor(after: object) -> str | None:
    """The cursor behind this place; None if there is no next page."""
    return None if after is None else base64.urlsafe_b64encode(str(after).encode()).decode().rstrip("=")


def from_cursor(cursor: str | None) -> str | None:
    """The place that `to_cursor` was given; BadRequest if it did not make this cursor."""
    if cursor is None:
        return None
    try:
        place = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        if to_cursor(place) == cursor and "\0" not in place:
            return place
    except (binascii.Error, ValueError):
        pass
    raise BadRequest.field("_cursor", cursor, "`next` of the page before")
