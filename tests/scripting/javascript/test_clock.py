"""Date follows the host's clock, in UTC."""

import pytest

from tests.scripting.javascript.scripts import run
from tests.scripting.python.scripts import NOW_MS, FakeHost

ISO = "2023-11-14T22:13:20.000Z"
VALUES = {
    "return Date.now()": NOW_MS,
    "return new Date().toISOString()": ISO,
    "return Date()": "Tue Nov 14 2023 22:13:20 GMT+0000",
    "return new Date().toString()": "Tue Nov 14 2023 22:13:20 GMT+0000",
    "return [new Date(2020, 0, 1, 5).toISOString(), new Date().getTimezoneOffset()]": ["2020-01-01T05:00:00.000Z", 0],
    "return [Date.UTC(1970, 0, 1), Date.parse('1970-01-01T00:00:01'), new Date('1970').getHours()]": [0, 1000, 0],
    "return [Date.length, Date.name, new Date(0).constructor === Date, new Date(0) instanceof Date]": [
        7, "Date", True, True,
    ],
    "class Day extends Date { n() { return this.getTime() } } return [new Day().n(), new Day(5).n()]": [NOW_MS, 5],
}  # fmt: skip


@pytest.mark.parametrize("source", VALUES)
def test_value(source: str) -> None:
    """No form of Date sees the machine's clock or zone."""
    assert run(source) == VALUES[source]


def test_the_host_moves_the_clock() -> None:
    """Between calls the clock stands; a reply moves it."""
    host = FakeHost()

    def wait(args: object) -> None:
        host.clock_ms += 250

    host.answers = {"script.wait": wait}
    source = "var a = Date.now(), b = Date.now(); sys.utils.script.wait(250); return [b - a, Date.now() - a]"
    assert run(source, host=host) == [0, 250]
