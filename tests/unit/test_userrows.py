"""Users as rows of CSV."""

from __future__ import annotations

import pytest

from engine.data.userrows import COLUMNS, check_header, to_row, to_user
from engine.data.users import User
from engine.errors import BadRequest


@pytest.mark.parametrize(
    "user", [User("u1", "Ann"), User("u1", "Ann, the first", "ann@mail.example.org", ("sales", "a b"))]
)
def test_what_an_export_writes_an_import_reads(user: User) -> None:
    """The same user comes back."""
    assert to_user(dict(zip(COLUMNS, to_row(user), strict=True))) == (user, {})


def test_groups_are_names_once_each() -> None:
    """Blanks around names and empty names are nothing; a name counts once, where it stands first."""
    assert to_user({"id": "a", "name": "A", "groups": " x, y ,,x"})[0].groups == ("x", "y")


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        ({"id": " "}, "id"),
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"id": "a\0b"}, "id"),
        ({"email": "ann"}, "email"),
        ({"email": "ann@x, bob@y"}, "email"),
        ({"email": "ann@example.org\r\nBcc: eve@example.org"}, "email"),
        ({"email": "ann@@example.org"}, "email"),
        ({"groups": "x" * 256}, "groups"),
        ({"groups": ",".join(f"g{n}" for n in range(101))}, "groups"),
    ],
)
def test_bad_cells_are_named(cells: dict[str, str], wrong: str) -> None:
    """Each has its reason under its column."""
    assert list(to_user({"id": "u", "name": "U", **cells})[1]) == [wrong]


@pytest.mark.parametrize(
    ("header", "said"),
    [(("id", "name", "mail"), "column: 'mail'"), (("name", "email"), "a column 'id'"), (("id",), "a column 'name'")],
)
def test_headers_that_do_not_do(header: tuple[str, ...], said: str) -> None:
    """An unknown column, or a needed one that is missing, is refused by name."""
    with pytest.raises(BadRequest, match=said):
        check_header(header)
