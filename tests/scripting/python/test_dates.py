"""Dates: on the script's own clock, the same objects as those of the host."""

from tests.scripting.python.scripts import NOW_MS, FakeHost, run


def test_now_is_the_hosts_clock() -> None:
    """now, today and utcnow tell the script's clock; date.today its day."""
    source = """
from datetime import datetime, date
return [datetime.now().getTime(), datetime.utcnow() == datetime.today(), date.today().isoformat()]
"""
    assert run(source) == [NOW_MS, True, "2023-11-14"]


def test_dates_of_the_host() -> None:
    """A date of the host compares, subtracts, and reads as in JavaScript."""
    source = """
from datetime import datetime, timedelta
age = datetime.now() - when
month = f'{when:%Y-%m}'
return [age > timedelta(days=300), when.getTime(), when.toISOString(), when < datetime.now(), when.year, month]
"""
    assert run(source, when={"$date": 1_672_531_200_123}) == [
        True, 1_672_531_200_123, "2023-01-01T00:00:00.123Z", True, 2023, "2023-01",
    ]  # fmt: skip


def test_dates_go_to_the_host() -> None:
    """A date in an argument travels as the host writes dates."""
    host = FakeHost()
    run("from datetime import datetime\nsys.data.count('companies', {'since': datetime(2023, 1, 1)})", host=host)
    assert host.calls == [("data.count", ["companies", {"since": {"$date": 1_672_531_200_000}}])]


def test_parsing_and_formatting() -> None:
    """strptime, strftime, fromisoformat and fromtimestamp give aware datetimes."""
    source = """
from datetime import datetime
a = datetime.strptime('2024-02-03 04:05', '%Y-%m-%d %H:%M')
b = datetime.fromisoformat('2024-02-03T06:05:00+02:00')
return [a == b, a.strftime('%d.%m.%Y'), datetime.fromtimestamp(0).toISOString(), a.replace(year=2020).year]
"""
    assert run(source) == [True, "03.02.2024", "1970-01-01T00:00:00.000Z", 2020]
