"""`headrace event trigger`, and the schedules of listeners that `headrace push` makes."""

from __future__ import annotations

from tests.acceptance.conftest import CRM
from tests.cli.conftest import Ask, Call


def test_an_event_is_triggered(on_database: Call, ask: Ask) -> None:
    """A pushed app hears its custom events; an app that nobody pushed is an error."""
    missing = on_database("event", "trigger", "--app", "crm", "scoreReached")
    assert (missing.code != 0, "there is no app 'crm'" in missing.err) == (True, True)
    assert on_database("push", str(CRM)).code == 0
    words = ("event", "trigger", "--app", "crm", "scoreReached", "--param", "company=Acme", "--param", "score=7")
    assert on_database(*words).out == "1 listener of crm will hear scoreReached\n"
    assert on_database("event", "trigger", "--app", "crm", "else", "--json").document == {"listeners": 0}
    assert "NAME: 'a b' is not allowed" in on_database("event", "trigger", "--app", "crm", "a b").err
    assert ask("select body #>> '{data,company}' from headrace.events") == ["Acme"]


def test_a_push_makes_the_schedules_of_listeners(on_database: Call, ask: Ask) -> None:
    """The listener on a schedule is run by the clock, once however often the app is pushed."""
    for _ in range(2):
        assert on_database("push", str(CRM)).code == 0
    told = ask("select concat_ws(' ', tag, origin, event_type, event_tag, cron) from headrace.schedules")
    assert told == ["app.nightlyReport app LISTENER nightlyReport 0 3 * * *"]
