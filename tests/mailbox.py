"""A real SMTP server in the test's own loop, that keeps what it is sent and can be told to refuse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from engine.settings import Settings


@dataclass
class Mailbox:
    """What came in. `replies` answers for an address that is not taken; `password` makes a login necessary."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)
    password: str | None = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Takes the address, or not."""
        if address in self.replies:
            return self.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keeps the mail."""
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def login(self, server: SMTP, session: Session, envelope: Envelope, how: str, given: Any) -> AuthResult:
        """Whether the password is right."""
        right = isinstance(given, LoginPassword) and given.password.decode() == self.password
        return AuthResult(success=right, handled=False)

    def to(self) -> list[str]:
        """The addresses to which mail came, in order."""
        return [str(mail["To"]) for mail in self.mails]

    def settings(self, **more: Any) -> Settings:
        """Settings that name this server."""
        named = {"smtp_host": "127.0.0.1", "smtp_port": self.port, "smtp_security": "none"}
        return Settings(**{**named, "smtp_sender": "Shop <shop@example.org>", **more})


@asynccontextmanager
async def open_mailbox(password: str | None = None) -> AsyncIterator[Mailbox]:
    """A mailbox on a free port."""
    box = Mailbox(password=password)
    options: dict[str, Any] = {"authenticator": box.login, "auth_required": True, "auth_require_tls": False}
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(box, hostname="mail.test", **(options if password else {})), "127.0.0.1", 0
    )
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
