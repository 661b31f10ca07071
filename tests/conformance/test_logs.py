"""sys.jobs.logs (seed 003): the lines of a job, filtered and in pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from engine.jobs.journal import Line, append_lines
from engine.jobs.logs import DEFAULT_SIZE
from engine.model import LogLevel
from tests.conformance.conftest import Lab
from tests.conformance.scripts import MALFORMED, NOBODY, Script, both, refuses

MESSAGES = "return each(params.queries, @query each(sys.jobs.logs(params.id, query).toArray(), @line line.message()));"
NOW = datetime.now(UTC)


async def spoken(lab: Lab) -> str:
    """A job that logged 'first', the error 'second, of Errors', and 'third'."""
    job_id = await lab.action("speak")
    await lab.reached(job_id)
    return str(job_id)


async def at(lab: Lab, lines: dict[str, datetime]) -> str:
    """A job with a line at each of these times."""
    job_id = await lab.action("pause")
    await lab.reached(job_id)
    async with lab.pool.transaction() as conn:
        await append_lines(conn, [_line(job_id, when, text) for text, when in lines.items()])
    return str(job_id)


def _line(job_id: UUID, when: datetime, text: str) -> Line:
    return Line(job_id, round(when.timestamp() * 1000), LogLevel.INFO, text)


@both("""
logs = sys.jobs.logs(params.id, {});
first = logs.next();
return [first.level(), first.message(), logs.count()];
""")
async def test_retrieves_logs(lab: Lab, script: Script) -> None:
    """ "Retrieves logs for a background job. … A result set with the logs matching the query." """
    assert await lab.value(script, id=await spoken(lab)) == ["INFO", "first", 3]


@both(MESSAGES)
async def test_by_level(lab: Lab, script: Script) -> None:
    """ "level: the level of the job. Allowed values are: INFO and ERROR." """
    found = await lab.value(script, id=await spoken(lab), queries=[{"level": "INFO"}, {"level": "ERROR"}])
    assert found == [["first", "third"], ["second, of Errors"]]


@both(MESSAGES)
async def test_by_message(lab: Lab, script: Script) -> None:
    """ "message: a string that will be matched partially with the message of the log." """
    queries = [{"message": text} for text in ("ir", "ERROR", "%", "_", "second, of")]
    second = ["second, of Errors"]
    assert await lab.value(script, id=await spoken(lab), queries=queries) == [
        ["first", "third"],
        second,
        [],
        [],
        second,
    ]


@both(MESSAGES)
async def test_by_time(lab: Lab, script: Script) -> None:
    """ "from: The minimum timestamp in milliseconds since Epoch. … to: The maximum timestamp …" """
    job_id = await at(lab, {"a": NOW - timedelta(days=3), "b": NOW - timedelta(hours=3), "c": NOW})
    middle = round((NOW - timedelta(hours=3)).timestamp() * 1000)
    queries = [{"from": middle}, {"to": middle}, {"from": middle, "to": middle}, {"from": middle + 1}]
    expected = [["b", "c"], ["a", "b"], ["b"], ["c"], ["a", "b", "c"]]
    assert await lab.value(script, id=job_id, queries=[*queries, {"to": 253402300799999}]) == expected


@both(MESSAGES)
async def test_from_and_to_win_over_period(lab: Lab, script: Script) -> None:
    """ "If you specify this parameter, period will be ignored." — for from, and for to."""
    old = NOW - timedelta(days=3)
    job_id = await at(lab, {"old": old, "new": NOW})
    ms = round(old.timestamp() * 1000)
    queries = [{"period": "1h"}, {"period": "1h", "from": ms}, {"period": "1h", "to": ms}]
    assert await lab.value(script, id=job_id, queries=queries) == [["new"], ["old", "new"], ["old"]]


@both(MESSAGES)
async def test_by_period(lab: Lab, script: Script) -> None:
    """ "period: … Valid values are today, yesterday or a time duration like 2h 30m or 10m, … the last X." """
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = {
        "eve": midnight - timedelta(days=1, milliseconds=1),
        "yesterday": midnight - timedelta(milliseconds=1),
        "today": midnight,
    }
    job_id = await at(lab, lines)
    found = await lab.value(script, id=job_id, queries=[{"period": "today"}, {"period": "yesterday"}])
    # A midnight between the lines and the script makes of today's line yesterday's.
    assert found in ([["today"], ["yesterday"]], [[], ["today"]])
    ago = {"3h ago": NOW - timedelta(hours=3), "1h ago": NOW - timedelta(hours=1), "now": NOW}
    queries = [{"period": period} for period in ("2h 30m", "30m", "2h30m", "1d", "5000s")]
    expected = [["1h ago", "now"], ["now"], ["1h ago", "now"], ["3h ago", "1h ago", "now"], ["1h ago", "now"]]
    assert await lab.value(script, id=await at(lab, ago), queries=queries) == expected


@both("return each(params.queries, @query len(sys.jobs.logs(params.id, query).toArray()));")
async def test_size(lab: Lab, script: Script) -> None:
    """ "_size: maximum number of logs to retrieve." — 200 if there is none."""
    job_id = await at(lab, {f"line {n}": NOW + timedelta(milliseconds=n) for n in range(DEFAULT_SIZE + 10)})
    queries = [{}, {"_size": 3}, {"_size": 1000}, {"_size": 5, "_offset": 207}]
    assert DEFAULT_SIZE == 200
    assert await lab.value(script, id=job_id, queries=queries) == [200, 3, 210, 3]


@both("return [len(sys.jobs.logs(params.id).toArray()), len(sys.jobs.logs(params.id, null).toArray())];")
async def test_without_a_query(lab: Lab, script: Script) -> None:
    """A query that is missing filters nothing."""
    assert await lab.value(script, id=await spoken(lab)) == [3, 3]


@both(MESSAGES)
async def test_oldest_first(lab: Lab, script: Script) -> None:
    """Lines come in the order of their times, whatever the order in which they were written."""
    job_id = await at(lab, {"b": NOW, "a": NOW - timedelta(seconds=1), "c": NOW})
    assert await lab.value(script, id=job_id, queries=[{}]) == [["a", "b", "c"]]


@both("return each(params.ids, @id refused(@ sys.jobs.logs(id, {})));")
async def test_malformed_id(lab: Lab, script: Script) -> None:
    """ "badRequest: If jobId … are invalid." """
    for found, value in zip(await lab.value(script, ids=MALFORMED), MALFORMED, strict=True):
        refuses(found, "badRequest", "jobId", value, "the id of a job")


@both("return each(params.queries, @query refused(@ sys.jobs.logs(params.id, query)));")
async def test_invalid_query(lab: Lab, script: Script) -> None:
    """ "badRequest: If … query are invalid." """
    wrong = [
        ({"color": 1}, "query.color", 1, "_offset, _size, from, level, message, period, to"),
        ({"level": "WARN"}, "level", "WARN", "INFO, ERROR"),
        ({"message": 5}, "message", 5, "a text"),
        ({"from": "now"}, "from", "now", "a whole number"),
        ({"to": True}, "to", True, "a whole number"),
        ({"period": "soon"}, "period", "soon", "today, yesterday, or a duration"),
        ({"period": "2h 30"}, "period", "2h 30", "today, yesterday, or a duration"),
        ({"period": "99999d"}, "period", "99999d", "a duration from 1ms to 36600d"),
        ({"period": "0m"}, "period", "0m", "a duration from 1ms to 36600d"),
        ({"period": 10}, "period", 10, "today, yesterday, or a duration"),
        ({"period": "soon", "from": 1}, "period", "soon", "today, yesterday, or a duration"),
        ({"_size": 0}, "_size", 0, "a whole number from 1 to"),
        ("INFO", "query", "INFO", "an object"),
    ]
    found = await lab.value(script, id=await spoken(lab), queries=[query for query, *_ in wrong])
    for answer, (_, field, value, allowed) in zip(found, wrong, strict=True):
        refuses(answer, "badRequest", field, value, allowed)


@both("return refused(@ sys.jobs.logs(params.id, {}));")
async def test_no_such_job(lab: Lab, script: Script) -> None:
    """ "notFound: If no job is found with the given ID." """
    assert await lab.value(script, id=NOBODY) == ["notFound", f"there is no job {NOBODY} in this app"]
