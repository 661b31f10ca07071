"""Mail over SMTP: one connection, plain texts, and what became of each as a value.

    async with open_mailer(settings) as mailer:
        match await mailer.send(Mail(to="ann@example.org", subject="Hello", text="…", key=f"{job_id}.{user_id}")):
            case Refused(reason): ...   # this mail will never arrive; the next one may
            case Sent(): ...

Mail is sent at least once: who sends a mail again after a crash gives the same `key`, from which its Message-ID
is made, so that mail programs that know it show it once. A server that cannot be reached, that does not know us
or that is busy is MailUnavailable: nothing is known to be wrong with the mail, so it is worth another try.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as RFC_5321
from email.utils import parseaddr
from typing import Final

import aiosmtplib

from engine.errors import ConfigError, MailUnavailable
from engine.settings import Settings

# Replies from 500 on are for good (RFC 5321, 4.2.1). 530 and 535 are about us, not about the mail (RFC 4954).
_FOR_GOOD = 500
_ABOUT_US: Final = (530, 534, 535, 538)


@dataclass(frozen=True, slots=True)
class Mail:
    """A plain text to one address. The same `key` makes the same Message-ID."""

    to: str
    subject: str
    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The server has taken the mail over."""


@dataclass(frozen=True, slots=True)
class Refused:
    """This mail will not be taken, however often it is sent."""

    reason: str


class Mailer:
    """An open connection to the mail server."""

    def __init__(self, smtp: aiosmtplib.SMTP, sender: Address) -> None:
        self._smtp = smtp
        self._sender = sender

    async def send(self, mail: Mail) -> Sent | Refused:
        """What became of the mail; MailUnavailable if that is not known, or if it is about the server."""
        try:
            message = _message(mail, self._sender)
        except (HeaderParseError, ValueError, IndexError) as error:
            return Refused(f"{mail.to!r} is not a mail address: {error}")
        try:
            await self._smtp.send_message(message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _judge(error.recipients[0])
        except aiosmtplib.SMTPResponseException as error:
            return _judge(error)
        except (aiosmtplib.SMTPNotSupported, UnicodeError) as error:
            return Refused(f"the mail server cannot deliver to {mail.to!r}: {error}")
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailUnavailable(f"the mail server is gone: {error}") from error
        return Sent()


@asynccontextmanager
async def open_mailer(settings: Settings) -> AsyncIterator[Mailer]:
    """A connection to the server that the settings name; ConfigError if they name none, else MailUnavailable."""
    sender = check_configured(settings)
    smtp = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        use_tls=settings.smtp_security == "tls",
        start_tls=settings.smtp_security == "starttls",
        username=settings.smtp_user,
        password=settings.smtp_password,
        timeout=settings.smtp_timeout_ms / 1000,
    )
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        await smtp.connect()
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        smtp.close()
        raise MailUnavailable(f"the mail server {where} ({settings.smtp_security}) cannot be used: {error}") from error
    try:
        yield Mailer(smtp, sender)
    finally:
        smtp.close()


def check_configured(settings: Settings) -> Address:
    """The sender of mail; ConfigError if no server or no sender is set."""
    if settings.smtp_host is None:
        raise ConfigError("no mail can be sent: set smtp_host and smtp_sender (HEADRACE_SMTP_HOST, …) for the workers")
    name, address = parseaddr(settings.smtp_sender or "")
    try:
        return Address(display_name=name, addr_spec=address)
    except (HeaderParseError, ValueError, IndexError):
        allowed = "an address such as 'Headrace <no-reply@example.org>'"
        raise ConfigError.field("smtp_sender", settings.smtp_sender, allowed) from None


def _message(mail: Mail, sender: Address) -> EmailMessage:
    message = EmailMessage(policy=RFC_5321)
    message["From"] = sender
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = " ".join(mail.subject.split())
    digest = hashlib.sha256(mail.key.encode()).hexdigest()[:40]
    message["Message-ID"] = f"<{digest}@{sender.domain or 'headrace'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message


def _judge(error: aiosmtplib.SMTPResponseException) -> Refused:
    """For good: a refusal. For now, or because of us: MailUnavailable."""
    said = f"{error.code} {error.message}"
    if error.code < _FOR_GOOD or error.code in _ABOUT_US:
        raise MailUnavailable(f"the mail server takes no mail now: {said}") from error
    return Refused(f"the mail server refused it: {said}")
