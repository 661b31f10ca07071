"""What an app may send and ask beyond its scripts: notifications, statements on its history, topics of messages.

Each is declared in app.toml and started by name, so that nobody who starts it chooses where it goes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from engine.apps.toml import Table
from engine.net.hosts import ALLOWED, is_host

DAY_MS = 86_400_000
MOST_ROWS = 10_000
# `$name` in a statement; `$name$` would be a quoted text of PostgreSQL's.
PLACEHOLDER = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)(?!\w|\$)")
# `{name}` in a mail.
FIELD = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_URL = re.compile(r"https?://[^\s/?#]+[^\s]*\Z")

SECRET_LENGTHS = range(16, 201)
_PARAMETER = re.compile(r"<%=\s*iparam\.([^\s%>]{1,200})\s*%>\Z")
_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\Z")


@dataclass(frozen=True, slots=True)
class Notification:
    """Somebody who is told of something: a webhook, with `secret` to sign what is sent, or people by mail.

    A secret such as `<%= iparam.hook_secret %>` names an installation parameter of the app (`secret_parameter`).
    `{name}` in subject and text is a parameter.
    """

    name: str
    label: str
    webhook: str | None = None
    secret: str | None = None
    mail_to: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    max_attempts: int = 5

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> Notification:
        """The notification as a manifest stores it."""
        return cls(**{**item, "mail_to": tuple(item.get("mail_to", ()))})

    @property
    def names(self) -> list[str]:
        """The parameters that subject and text name."""
        return list(dict.fromkeys(FIELD.findall(self.subject + self.text)))


def secret_parameter(secret: str) -> str | None:
    """The installation parameter that a secret names; None if it is the secret itself."""
    found = _PARAMETER.match(secret)
    return found[1] if found else None


def filled(text: str, params: Mapping[str, Any]) -> str:
    """The text with a parameter for each `{name}`: texts as they are, the rest as JSON."""

    def value(match: re.Match[str]) -> str:
        found = params[match[1]]
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)

    return FIELD.sub(value, text)


@dataclass(frozen=True, slots=True)
class DatabaseAction:
    """A statement that reads the app's views; `$name` in it is a parameter, with a default in `params`."""

    name: str
    label: str
    statement: str
    params: Mapping[str, Any] = field(default_factory=dict)
    timeout: int = 10_000
    rows: int = 1000

    def numbered(self) -> tuple[str, list[str]]:
        """The statement with `$1`, `$2`, … as PostgreSQL takes it, and the parameters in this order.

        A parameter is text there: the value itself if it is a text, else its JSON; the statement casts it.
        """
        names: list[str] = []

        def number(match: re.Match[str]) -> str:
            if match[1] not in names:
                names.append(match[1])
            return f"(${names.index(match[1]) + 1}::text)"

        return PLACEHOLDER.sub(number, self.statement), names


@dataclass(frozen=True, slots=True)
class Topic:
    """Where messages go: with a broker to this exchange (its default one, if empty) by this routing key."""

    name: str
    label: str
    exchange: str = ""
    routing_key: str = ""


def read_notifications(root: Table) -> dict[str, Notification]:
    """`[notifications.NAME]`."""
    return {name: _notification(name, table) for name, table in root.tables("notifications").items()}


def _notification(name: str, table: Table) -> Notification:
    found = Notification(
        name=name,
        label=table.take("label", str, name),
        webhook=table.take("webhook", str),
        secret=table.take("secret", str),
        mail_to=table.take_texts("mail_to"),
        subject=table.take("subject", str, ""),
        text=table.take("text", str, ""),
        max_attempts=table.take_whole("max_attempts", 5, least=1, most=100) or 5,
    )
    if (found.webhook is None) == (not found.mail_to):
        table.complain(None, "a notification has either webhook or mail_to")
    if (found.webhook is None) != (found.secret is None):
        table.complain("secret", "a webhook has a secret, and nothing else has one")
    if found.webhook is not None and (found.subject or found.text):
        table.complain("text", "subject and text are for mail_to")
    if found.mail_to and not found.text:
        table.complain("text", "is missing; expected the text of the mail")
    for address in found.mail_to:
        if not _ADDRESS.match(address):
            table.complain("mail_to", f"{address!r} is not allowed; expected addresses such as ann@example.org")
    if found.webhook is not None and not _is_url(found.webhook):
        table.complain("webhook", f"{found.webhook!r} is not allowed; expected an address that begins with https://")
    if found.secret is not None and not _is_secret(found.secret):
        table.complain("secret", "is not allowed; expected a text of 16 to 200 characters, or <%= iparam.NAME %>")
    table.close()
    return found


def _is_secret(text: str) -> bool:
    # What begins as a reference and is none would sign with a text that is no secret.
    return secret_parameter(text) is not None or (len(text) in SECRET_LENGTHS and not text.startswith("<%"))


def _is_url(text: str) -> bool:
    try:
        return bool(_URL.match(text)) and bool(urlsplit(text).hostname) and urlsplit(text).port != 0
    except ValueError:
        return False


def read_database_actions(root: Table) -> dict[str, DatabaseAction]:
    """`[database_actions.NAME]`."""
    return {name: _database_action(name, table) for name, table in root.tables("database_actions").items()}


def _database_action(name: str, table: Table) -> DatabaseAction:
    found = DatabaseAction(
        name=name,
        label=table.take("label", str, name),
        statement=table.take("statement", str, "", required=True),
        params=table.take("params", dict, {}),
        timeout=table.take_whole("timeout", 10_000, least=1, most=DAY_MS) or 10_000,
        rows=table.take_whole("rows", 1000, least=1, most=MOST_ROWS) or 1000,
    )
    for missing in [each for each in found.numbered()[1] if each not in found.params]:
        table.complain("params", f"has no {missing!r}, which the statement names; expected its default")
    for key, value in found.params.items():
        if not isinstance(value, str | int | float | bool):
            table.complain(f"params.{key}", f"{value!r} is not allowed; expected a text, a number, true or false")
    table.close()
    return found


def read_hosts(root: Table) -> tuple[str, ...]:
    """`[http]`: the hosts that scripts may send requests to."""
    table = root.table("http")
    found = tuple(host.lower() for host in table.take_texts("hosts"))
    for host in found:
        if not is_host(host):
            table.complain("hosts", f"{host[:60]!r} is not allowed; expected {ALLOWED}")
    table.close()
    return found


def read_topics(root: Table) -> dict[str, Topic]:
    """`[topics.NAME]`."""
    return {name: _topic(name, table) for name, table in root.tables("topics").items()}


def _topic(name: str, table: Table) -> Topic:
    found = Topic(
        name=name,
        label=table.take("label", str, name),
        exchange=table.take("exchange", str, ""),
        routing_key=table.take("routing_key", str, name),
    )
    table.close()
    return found
