"""The SDK for handlers, as far as it needs no job: declarations, filters, middleware, modules."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from engine.errors import BadRequest, ConfigError
from engine.sdk import Event, JobHandler, Listener, Tick, job_handler
from engine.sdk.handlers import completion, failure
from engine.sdk.listener import through
from engine.sdk.program import load_program


class _Job:
    id, app, attempt, run_by, params = "1", "crm", 1, "ann", {"n": 1}


def event(topic: str = "job:ready", name: str = "workbook:export", **news: Any) -> Event:
    """An event of a job that is nowhere."""
    return Event(topic, cast(Any, _Job()), name, news)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, empty; what is imported from it is forgotten."""
    before = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_an_event_says_which_job_it_is_and_what_it_does() -> None:
    """`context` and `payload` have the seed's words."""
    told = event(progress=50)
    assert told.context == {"jobId": "1", "app": "crm", "attempt": 1, "actorId": "ann"}
    assert told.payload == {
        "job": "workbook:export",
        "domain": "workbook",
        "operation": "export",
        "input": {"n": 1},
        "progress": 50,
    }


@pytest.mark.parametrize("name", ["", "two words", "9", 5, "x" * 101])
def test_a_handler_needs_a_name_that_a_queue_can_have(name: Any) -> None:
    """The name is refused where it is written."""
    with pytest.raises(ConfigError, match="@job_handler"):
        job_handler(name)


def test_a_handler_is_a_coroutine_function_of_event_and_tick() -> None:
    """A plain function, or one that takes something else, is refused where it is written."""

    def plain(event: Event, tick: Tick) -> None: ...

    async def one(event: Event) -> None: ...

    with pytest.raises(ConfigError, match="async def"):
        job_handler("a:b")(cast(Any, plain))
    with pytest.raises(ConfigError, match=r"\(event, tick\)"):
        job_handler("a:b")(cast(Any, one))


@pytest.mark.parametrize(
    ("returned", "left"),
    [
        (None, {"outcome": {"message": "Job complete"}}),
        ({"outcome": {"message": "m", "acknowledge": True}}, {"outcome": {"message": "m", "acknowledge": True}}),
        ({"info": "i"}, {"info": "i"}),
        ({}, {}),
    ],
)
def test_what_a_handler_returns_is_what_the_job_leaves(returned: Any, left: Any) -> None:
    """Nothing stands for the default message (seed 002, *Return Values*)."""
    assert completion(returned) == left


@pytest.mark.parametrize("returned", [1, "done", {"outcom": {}}, {"outcome": 1}, {"info": 1}])
def test_what_is_no_outcome_is_named(returned: Any) -> None:
    """The error says that the handler returned it."""
    with pytest.raises(BadRequest, match="what the handler returned"):
        completion(returned)


def test_an_error_without_a_text_is_told_by_its_type() -> None:
    """People are always told something."""
    assert failure(KeyError()).error["message"] == "KeyError"
    assert failure(ValueError("no records")).results == {"outcome": {"message": "no records", "acknowledge": True}}


async def test_callbacks_hear_their_topics_and_filters() -> None:
    """In the order in which they subscribed; one that raises keeps nobody else from hearing."""
    listener, heard = Listener(), []

    @listener.on("job:*")
    async def everything(event: Event) -> None:
        heard.append(("*", event.topic))
        raise RuntimeError("no matter")

    async def exports(event: Event) -> None:
        heard.append(("exports", event.topic))

    assert listener.on("job:completed", {"job": "workbook:*", "app": "crm"}, exports) is listener
    listener.on("job:completed", {"operation": "import"}, exports)
    listener.on("job:failed", exports)
    await listener.dispatch(event("job:completed"))
    await listener.dispatch(event("job:failed"))
    assert heard == [
        ("*", "job:completed"),
        ("exports", "job:completed"),
        ("*", "job:failed"),
        ("exports", "job:failed"),
    ]


async def test_middleware_lies_around_what_it_calls_next() -> None:
    """The first is the outermost; who does not call next keeps the event."""
    listener, steps = Listener(), []

    @listener.use
    async def outer(event: Event, next: Any) -> None:
        steps.append("outer")
        await next()
        steps.append("after")

    @listener.use
    async def inner(event: Event, next: Any) -> None:
        steps.append("inner")
        if event.topic != "job:failed":
            await next()

    async def core() -> None:
        steps.append("core")

    await through(listener.middleware, event(), core)
    await through(listener.middleware, event("job:failed"), core)
    assert steps == ["outer", "inner", "core", "after", "outer", "inner", "after"]


def test_plugins_are_called_with_the_listener() -> None:
    """As those of the vendor's listener are."""
    listener, seen = Listener(), []
    listener.use(seen.append)
    assert seen == [listener]


@pytest.mark.parametrize(
    "call",
    [
        lambda listener: listener.on("job:over"),
        lambda listener: listener.on(5),
        lambda listener: listener.on("job:ready", {"sheet": "a"}),
        lambda listener: listener.on("job:ready", {"job": 5}),
        lambda listener: listener.on("job:ready", "job"),
        lambda listener: listener.on("job:ready", lambda event: None),
        lambda listener: listener.use(5),
    ],
)
def test_mistakes_in_a_listener_are_named_where_they_are_made(call: Any) -> None:
    """Topic, filter, callback, part."""
    with pytest.raises(ConfigError, match="not allowed"):
        call(Listener())


def test_a_program_is_all_handlers_and_listeners_of_its_modules(folder: Path) -> None:
    """By name or through a listener, imported into several modules or not: each once."""
    (folder / "myapp").mkdir()
    (folder / "myapp/jobs.py").write_text(
        "from engine.sdk import Listener, job_handler\n"
        "listener = Listener()\n"
        "@job_handler('space:configure')\n"
        "async def configure(event, tick): ...\n"
        "@listener.use\n"
        "@job_handler('file:process')\n"
        "async def process(event, tick): ...\n"
        "def plugin(listener):\n"
        "    @job_handler('data:validate', debug=True)\n"
        "    async def validate(event, tick): ...\n"
        "    listener.use(validate)\n"
        "listener.use(plugin)\n"
    )
    (folder / "more.py").write_text("from myapp.jobs import configure, listener as other\n")
    program = load_program("myapp.jobs, more")
    assert sorted(program.handlers) == ["data:validate", "file:process", "space:configure"]
    assert len(program.listeners) == 1
    assert all(isinstance(handler, JobHandler) for handler in program.handlers.values())


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (None, "expected a module that can be imported from"),
        ("x = 1\n", "is neither a @job_handler"),
        ("import no_such_thing\n", r"module jobs cannot be imported: ModuleNotFoundError: .*no_such_thing.*jobs.py:1"),
        ("x = (\n", "SyntaxError"),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
        ("from engine.sdk import job_handler\n@job_handler('a b')\nasync def f(e, t): ...\n", "@job_handler: "),
        (
            "from engine.sdk import job_handler\n"
            "@job_handler('a')\nasync def f(e, t): ...\n@job_handler('a')\nasync def g(e, t): ...\n",
            "two handlers are named 'a', f and g",
        ),
    ],
)
def test_what_is_wrong_with_a_module_is_said(folder: Path, source: str | None, says: str) -> None:
    """With the place, where it is a place in the module."""
    if source is not None:
        (folder / "jobs.py").write_text(source)
    with pytest.raises(ConfigError, match=says):
        load_program("jobs")
