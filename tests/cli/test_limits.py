"""`headrace limit`: the operator's limits of apps and queues."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Call


def test_a_limit_is_set_listed_and_removed(on_database: Call) -> None:
    """Setting it again replaces it; what was removed is gone from the list."""
    on_database("limit", "set", "--app", "crm", "--concurrency", "3")
    told = on_database("limit", "set", "--app", "crm", "--concurrency", "15", "--rate", "60/1m")
    assert (told.code, told.out) == (0, "crm is limited to 15 running at once and 60/1m starts\n"), told.err
    on_database("limit", "set", "--app", "*", "--queue", "heavy", "--concurrency", "2")
    every, crm = on_database("limit", "list", "--json").document
    assert (every["app"], every["queue"], every["concurrency"], every["rate"]) == ("*", "heavy", 2, None)
    assert (crm["queue"], crm["source"], crm["concurrency"], crm["rate"], crm["perMs"], crm["used"]) == (
        *(None, "operator", 15, 60, 60_000, 0),
    )
    assert "60/1m" in on_database("limit", "list", "--app", "crm").out
    gone = on_database("limit", "remove", "--app", "*", "--queue", "heavy")
    assert gone.out == "* queue heavy is no longer limited to 2 running at once\n"
    assert len(on_database("limit", "list", "--json").document) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "--app", "c r m", "--concurrency", "1"), "--app: 'c r m' is not allowed"),
        (("set", "--app", "crm", "--queue", "a b", "--concurrency", "1"), "--queue: 'a b' is not allowed"),
        (("set", "--app", "crm", "--concurrency", "-1"), "--concurrency: '-1' is not allowed"),
        (("set", "--app", "crm", "--rate", "60"), "--rate: '60' is not allowed"),
        (("set", "--app", "crm", "--rate", "0/1m"), "--rate: 0 is not allowed"),
        (("set", "--app", "crm", "--rate", "5/2d"), "--rate: 172800000 is not allowed"),
        (("set", "--app", "crm"), "--concurrency"),
        (("remove", "--app", "crm"), "there is no limit of the app crm"),
    ],
)
def test_what_is_wrong_is_said(on_database: Call, words: tuple[str, ...], said: str) -> None:
    """Bad input ends with code 2, names the option, and sets nothing."""
    result = on_database("limit", *words)
    assert (result.code, said in result.err) == (2, True), result.err
    assert on_database("limit", "list", "--json").document == []
