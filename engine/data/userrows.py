"""Users as rows of CSV: what an export of users writes and an import reads. No I/O.

Columns: id, name, email, groups. The groups of a user stand in one cell, separated by commas.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.data.users import User
from engine.errors import BadRequest

COLUMNS = ("id", "name", "email", "groups")
NEEDED = ("id", "name")
MAX_TEXT = 255
MAX_GROUPS = 100
# Not all that RFC 5321 allows: one @, no blanks and nothing that has a meaning in a list of addresses.
_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\"\\]{1,64}@[^\s@,;:<>()\[\]\"\\.]+(\.[^\s@,;:<>()\[\]\"\\.]+)*\Z")


def check_header(header: tuple[str, ...]) -> None:
    """Pass if every column is one of a user's and the needed ones are there; else badRequest."""
    for name in header:
        if name not in COLUMNS:
            raise BadRequest.field("column", name, f"one of {', '.join(COLUMNS)}")
    for name in NEEDED:
        if name not in header:
            raise BadRequest.field("columns", list(header), f"a column {name!r} among them")


def to_user(values: Mapping[str, str]) -> tuple[User, dict[str, str]]:
    """The user of the row's texts, and the reason for each cell that is wrong."""
    texts = {name: values.get(name, "").strip() for name in COLUMNS}
    groups = tuple(dict.fromkeys(group.strip() for group in texts["groups"].split(",") if group.strip()))
    reasons = {name: reason for name in COLUMNS if (reason := _reason(name, texts[name]))}
    if len(groups) > MAX_GROUPS or any(len(group) > MAX_TEXT for group in groups):
        reasons["groups"] = f"expected at most {MAX_GROUPS} names of at most {MAX_TEXT} characters"
    return User(texts["id"], texts["name"], texts["email"] or None, groups), reasons


def to_row(user: User) -> list[str]:
    """The cells of the user, in the order of COLUMNS."""
    return [user.id, user.name, user.email or "", ",".join(user.groups)]


def _reason(name: str, text: str) -> str | None:
    if name in NEEDED and not text:
        return "is required"
    if "\0" in text:
        return "expected a text without NUL"
    if name != "groups" and len(text) > MAX_TEXT:
        return f"expected at most {MAX_TEXT} characters, got {len(text)}"
    if name == "email" and text and not _EMAIL.match(text):
        return f"{text[:80]!r}: expected an address such as ann@example.org"
    return None
