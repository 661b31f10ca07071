"""Notifications, database actions and messages of apps, run by a worker as ordinary jobs."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.apps.folder import AppFolder, load_folder
from engine.apps.iparams import set_iparams
from engine.apps.outgoing import DatabaseAction, Notification, Topic
from engine.apps.push import push
from engine.apps.store import AppCache
from engine.db.pool import Pool
from engine.errors import BadRequest, ConfigError
from engine.executors.notify import sign
from engine.executors.table import EXECUTORS
from engine.jobs import requests, store
from engine.jobs.names import TOPICS_CHANNEL
from engine.jobs.requests import Requester
from engine.model import Job, NewJob
from engine.net.addresses import is_public
from engine.schedule import events
from engine.schedule.model import EventType, Plan
from engine.vault import Vault, new_key
from engine.worker import attempt
from tests.engine.shop import Shop
from tests.mailbox import open_mailbox

CRM = Path(__file__).resolve().parents[2] / "examples" / "crm"
SECRET = "a secret of the receiver"
BY = Requester("crm", "ann")
HISTORY = "select name, status from job_history where name = $name order by created_at desc"


def action(statement: str, **options: Any) -> DatabaseAction:
    return DatabaseAction("ask", "Ask", statement, **options)


@dataclass(slots=True)
class Receiver:
    """A web server that answers with these statuses, one after the other, the last one again and again."""

    statuses: list[int] = field(default_factory=lambda: [204])
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.got.append((headers, body))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        writer.write(f"HTTP/1.1 {status} X\r\nLocation: {self.url}/other\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@dataclass(frozen=True, slots=True)
class Stage:
    """The app crm with what a test declares, and a worker for its jobs."""

    pool: Pool
    shop: Shop
    crm: AppFolder

    async def declares(self, **declared: Mapping[str, Any]) -> None:
        """Pushes the app with these declarations."""
        manifest = dataclasses.replace(self.crm.manifest, **declared)
        folder = dataclasses.replace(self.crm, manifest=manifest, files=(), sha256=repr(declared))
        async with self.pool.acquire() as conn:
            await push(conn, folder)

    async def runs(self, new: NewJob, **settings: Any) -> tuple[Job, Any]:
        """The job when it is over, and what it left."""
        async with self.pool.acquire() as conn:
            (id,) = await store.create(conn, [new])
        async with self.shop.worker(**settings):
            job = await self.shop.until(id)
        return job, await self.shop.results(id)

    async def asks(self, wanted: DatabaseAction, **params: Any) -> Any:
        """The response of a statement, or its error."""
        await self.declares(database_actions={"ask": wanted})
        _, left = await self.runs(requests.run_statement(BY, wanted, params, None))
        return left["error"] if "error" in left else left["results"]["response"]


@pytest.fixture
async def stage(pool: Pool, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """A worker with the real executors; roles that statements made are gone after the test."""
    monkeypatch.setattr(attempt, "EXECUTORS", EXECUTORS)
    yield Stage(pool, shop, load_folder(CRM))
    for row in await pool.fetch("select role from headrace.app_roles"):
        await pool.execute(f"drop owned by {row['role']}")
        await pool.execute(f"drop role {row['role']}")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A web server on this machine."""
    found = Receiver()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield found
    server.close()


async def test_a_webhook_is_told_with_a_signature(stage: Stage, receiver: Receiver) -> None:
    """Whoever has the secret can check who sent the body, and when; a receiver that fails is asked again."""
    receiver.statuses = [503, 200]
    note = Notification("alert", "Alert", f"{receiver.url}/hook?a=b", SECRET)
    await stage.declares(notifications={"alert": note})
    new = requests.send_notification(BY, note, {"n": 1}, None)
    job, left = await stage.runs(new, webhook_private=True)
    assert left == {"results": {"status": "ok", "response": {"httpStatus": 200}}}
    assert (job.attempt, len(receiver.got)) == (2, 2)
    for headers, body in receiver.got:
        told = {"notification": "alert", "app": "crm", "jobId": str(job.id), "params": {"n": 1}}
        assert json.loads(body) == told
        seconds, mac = (part.split("=")[1] for part in headers["headrace-signature"].split(","))
        assert mac == hmac.new(SECRET.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
        assert abs(int(seconds) - datetime.now(UTC).timestamp()) < 600
        assert headers["headrace-delivery"] == str(job.id)


async def test_a_secret_may_be_an_installation_parameter(stage: Stage, receiver: Receiver) -> None:
    """It signs as one in the folder does; without one that can sign nothing is sent, and no value is shown."""
    key = new_key()
    note = Notification("alert", "Alert", receiver.url, "<%= iparam.hook_secret %>")
    await stage.declares(notifications={"alert": note})
    new = requests.send_notification(BY, note, {}, None)
    for values in ({}, {"hook_secret": "too short"}, {"hook_secret": 1}, {"other": SECRET}):
        async with stage.pool.transaction() as conn:
            await set_iparams(conn, Vault(key), "crm", values)
        job, left = await stage.runs(new, webhook_private=True, vault_keys=key)
        assert (job.attempt, left["error"]["code"], receiver.got) == (1, "badRequest", [])
        assert "crm has no installation parameter 'hook_secret'" in left["error"]["message"]
        assert "too short" not in str(left)
    async with stage.pool.transaction() as conn:
        await set_iparams(conn, Vault(key), "crm", {"hook_secret": SECRET})
    _, left = await stage.runs(new, webhook_private=True)
    assert left["error"]["message"].startswith("setting vault_keys is missing")
    _, left = await stage.runs(new, webhook_private=True, vault_keys=key)
    assert left == {"results": {"status": "ok", "response": {"httpStatus": 204}}}
    ((headers, body),) = receiver.got
    seconds = int(headers["headrace-signature"].removeprefix("t=").split(",")[0])
    assert headers["headrace-signature"] == sign(SECRET, body, seconds)


@pytest.mark.parametrize(
    ("secret", "allowed"),
    [
        (SECRET, True),
        ("<%= iparam.a %>", True),
        ("<%=iparam.hook-secret%>", True),
        ("short", False),
        ("<%= iparam.hook secret %>", False),
        ("<%= iparams.hook_secret %>", False),
        ("<%= iparam.hook_secret", False),
    ],
)
def test_what_a_secret_may_be(tmp_path: Path, secret: str, allowed: bool) -> None:
    """A text, or a reference that is one: what only looks like it would sign with a text that everybody knows."""
    hook = f'[notifications.n]\nwebhook = "https://example.org/"\nsecret = "{secret}"\n'
    (tmp_path / "app.toml").write_text(f'[app]\nname = "a"\n{hook}')
    if allowed:
        assert load_folder(tmp_path).manifest.notifications["n"].secret == secret
    else:
        with pytest.raises(ConfigError, match=r"secret.*or <%= iparam.NAME %>"):
            load_folder(tmp_path)


async def test_a_refusal_is_the_receiver_s_last_word(stage: Stage, receiver: Receiver) -> None:
    """No second try, and a redirect is not followed."""
    note = Notification("alert", "Alert", receiver.url, SECRET)
    await stage.declares(notifications={"alert": note})
    for status in (410, 302):
        receiver.statuses = [status]
        job, left = await stage.runs(requests.send_notification(BY, note, {}, None), webhook_private=True)
        assert (job.attempt, left["error"]["code"]) == (1, "endpointException")
        assert f"127.0.0.1 answered {status}" in left["error"]["message"]


async def test_people_are_told_by_mail(stage: Stage) -> None:
    """Each address gets its own mail; one that is refused keeps no other from it, a busy server is tried again."""
    note = Notification("weekly", "Weekly", mail_to=("ann@example.org", "bob@example.org"), text="For {team}.")
    await stage.declares(notifications={"weekly": note})
    async with open_mailbox() as box:
        smtp = {
            "smtp_host": "127.0.0.1",
            "smtp_port": box.port,
            "smtp_security": "none",
            "smtp_sender": "s@example.org",
        }
        box.replies["bob@example.org"] = "550 no such user"
        new = requests.send_notification(BY, note, {"team": "us"}, None)
        job, left = await stage.runs(new, **smtp)
        assert (box.to(), str(box.mails[0]["Subject"])) == (["ann@example.org"], "Weekly")
        assert box.mails[0].get_content().strip() == "For us."
        assert job.has_errors
        refused = {"bob@example.org": "the mail server refused it: 550 no such user"}
        assert left["results"]["response"] == {"sent": 1, "refused": refused}
        box.replies["ann@example.org"] = "451 try later"
        job, left = await stage.runs(new._replace(max_attempts=2), **smtp)
        assert (job.attempt, "451 try later" in left["error"]["message"]) == (2, True)
    _, left = await stage.runs(new)
    assert "smtp_host" in left["error"]["message"]
    with pytest.raises(BadRequest, match=r"params\.team: null is not allowed; expected a value: the mail of weekly"):
        requests.send_notification(BY, note, {}, None)


async def test_private_addresses_are_not_told(stage: Stage, receiver: Receiver) -> None:
    """By default an app cannot make a worker speak to the network behind it."""
    note = Notification("alert", "Alert", receiver.url, SECRET)
    await stage.declares(notifications={"alert": note})
    _, left = await stage.runs(requests.send_notification(BY, note, {}, None))
    assert left["error"]["code"] == "forbidden"
    assert "private address (setting webhook_private)" in left["error"]["message"]
    assert receiver.got == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("fe80::1%eth0", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::5db8:d822", True),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    """Loopback, private, link-local (the cloud's metadata among them), multicast are not, nor in IPv6."""
    assert is_public(address) is public


async def test_a_statement_answers_with_rows(stage: Stage) -> None:
    """Parameters are values and never text of the statement; at most so many rows are kept."""
    wanted = action(HISTORY + " limit $most::int", params={"name": "ask", "most": 5})
    assert await stage.asks(wanted, name="x' or true --") == {"rows": [], "more": False}
    assert [row["status"] for row in (await stage.asks(wanted))["rows"]] == ["RUNNING", "FINISHED"]
    series = action("select n, now() as at, null as nothing, n / 2.0 as half from generate_series(1, 10) n", rows=2)
    found = await stage.asks(series)
    assert (len(found["rows"]), found["more"]) == (2, True)
    assert (found["rows"][0]["n"], found["rows"][0]["half"], found["rows"][0]["nothing"]) == (1, 0.5, None)
    with pytest.raises(BadRequest, match=r"params\.other: 1 is not allowed; expected a parameter of ask: name, most"):
        requests.run_statement(BY, wanted, {"other": 1}, None)


async def test_a_statement_sees_its_app_and_nothing_else(stage: Stage) -> None:
    """Neither another app's jobs nor a table of ours, nor a way to become somebody else; nothing can be written."""
    async with stage.pool.acquire() as conn:
        await store.create(conn, [requests.call_handler(Requester("other", None), "theirs", {}, None)])
    assert await stage.asks(action("select count(*) from job_history where app = 'other'")) == {
        "rows": [{"count": 0}],
        "more": False,
    }
    for statement, message in (
        ("select * from headrace.api_tokens", "permission denied"),
        ("select set_config('role', 'postgres', false), query_to_xml('table headrace.app_roles', true, true, '')", ""),
        ("select query_to_xml('table headrace.app_roles', true, true, '')", "permission denied"),
        ("create temp table t as select 1", "read-only|syntax|cursor"),
        ("select pg_read_file('/etc/passwd')", "permission denied"),
        ("select 1; drop table headrace.jobs", "multiple commands"),
    ):
        error = await stage.asks(action(statement))
        assert error.get("code") == "systemException", (statement, error)
        assert any(word in error["message"] for word in message.split("|")), (statement, error)


async def test_a_statement_has_its_time(stage: Stage) -> None:
    """PostgreSQL ends it, and the job says so."""
    error = await stage.asks(action("select pg_sleep(60)", timeout=100))
    assert "statement timeout" in error["message"]


async def test_messages_without_a_broker_are_notifications(stage: Stage) -> None:
    """Whoever listens gets topic, id and message when the job's transaction commits; too long a one is refused."""
    topic = Topic("orders", "Orders", routing_key="orders")
    await stage.declares(topics={"orders": topic})
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = await stage.pool.dedicated()
    try:
        await listener.add_listener(TOPICS_CHANNEL, lambda *args: heard.put_nowait(str(args[-1])))
        job, left = await stage.runs(requests.publish_message(BY, topic, {"n": 1}, None))
        assert left == {"results": {"status": "ok"}}
        told = json.loads(await asyncio.wait_for(heard.get(), 60))
        assert told == {"app": "crm", "topic": "orders", "messageId": str(job.id), "message": {"n": 1}}
        _, left = await stage.runs(requests.publish_message(BY, topic, {"n": "x" * 8000}, None))
        assert "without a broker 7900 are the most" in left["error"]["message"]
        assert heard.empty()
    finally:
        await listener.close()


async def test_each_event_type_makes_its_job(stage: Stage) -> None:
    """A schedule's run of each type is the job that a request for it makes."""
    await stage.declares(
        notifications={"alert": Notification("alert", "Alert", "https://example.org", SECRET, max_attempts=7)},
        database_actions={"ask": action("select $a", params={"a": 1})},
        topics={"orders": Topic("orders", "Orders")},
    )
    async with stage.pool.acquire() as conn:
        app = await AppCache().get(conn, "crm")
    made = []
    for kind, tag in (
        (EventType.NOTIFICATION, "alert"),
        (EventType.DATABASE_ACTION, "ask"),
        (EventType.MESSAGEBROKER, "orders"),
    ):
        plan = Plan(tag="t", name="T", event_type=kind, event_tag=tag, interval_ms=1000)
        new = events.new_job(app, plan, "ann", datetime.now(UTC))
        made.append((new.type.value, new.name, new.max_attempts, new.spec["params"]))
        wrong = dataclasses.replace(plan, event_tag="nothing")
        with pytest.raises(BadRequest, match=f"eventTag: 'nothing' is not allowed; expected an? .* of crm: {tag}"):
            events.new_job(app, wrong, "ann", datetime.now(UTC))
    assert made == [
        ("SEND_NOTIFICATION", "alert", 7, {}),
        ("DATABASE_ACTION", "ask", 1, {"a": 1}),
        ("PUBLISH_MESSAGE", "orders", 1, {}),
    ]
