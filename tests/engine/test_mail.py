"""Mail, to a real SMTP server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import ConfigError, MailUnavailable
from engine.mail import Mail, Refused, Sent, open_mailer
from engine.settings import Settings
from tests.mailbox import open_mailbox

MAIL = Mail(to="ann@example.org", subject="Grüße\r\nBcc: eve@example.org", text="Hallo Ann,\n€ 5\n", key="job.ann")


async def test_a_mail_arrives() -> None:
    """Subject and text arrive as they are, in any script; a line break in a subject makes no header."""
    async with open_mailbox() as box, open_mailer(box.settings()) as mailer:
        assert await mailer.send(MAIL) == Sent()
    (mail,) = box.mails
    assert (str(mail["From"]), str(mail["To"])) == ("Shop <shop@example.org>", "ann@example.org")
    assert str(mail["Subject"]) == "Grüße Bcc: eve@example.org"
    assert (mail["Bcc"], mail.get_content().splitlines()) == (None, ["Hallo Ann,", "€ 5"])


async def test_a_mail_that_is_sent_again_is_known() -> None:
    """The same key makes the same Message-ID, another key another."""
    async with open_mailbox() as box, open_mailer(box.settings()) as mailer:
        for key in ("a", "a", "b"):
            await mailer.send(replace(MAIL, key=key))
    first, again, other = (str(mail["Message-ID"]) for mail in box.mails)
    assert first == again != other
    assert first.endswith("@example.org>")


async def test_a_refused_address_stops_no_other() -> None:
    """An address that the server refuses for good, or that is none, is a value; the connection goes on."""
    async with open_mailbox() as box, open_mailer(box.settings()) as mailer:
        box.replies["gone@example.org"] = "550 no such user"
        refused = await mailer.send(replace(MAIL, to="gone@example.org"))
        assert refused == Refused("the mail server refused it: 550 no such user")
        for wrong in ("", "ann", "a b@example.org", "ann@example.org\r\nBcc: eve@example.org", "a@b, c@d"):
            assert isinstance(await mailer.send(replace(MAIL, to=wrong)), Refused)
        assert await mailer.send(MAIL) == Sent()
    assert box.to() == ["ann@example.org"]


async def test_a_busy_server_is_tried_again() -> None:
    """A reply that is not for good says nothing about the mail."""
    async with open_mailbox() as box, open_mailer(box.settings()) as mailer:
        box.replies["ann@example.org"] = "451 try later"
        with pytest.raises(MailUnavailable, match="451 try later"):
            await mailer.send(MAIL)


async def test_login() -> None:
    """User and password are sent; wrong ones are about us, not about the mail."""
    async with open_mailbox(password="right") as box:
        async with open_mailer(box.settings(smtp_user="me", smtp_password="right")) as mailer:
            assert await mailer.send(MAIL) == Sent()
        with pytest.raises(MailUnavailable, match="cannot be used"):
            async with open_mailer(box.settings(smtp_user="me", smtp_password="wrong")):
                pass


async def test_settings_that_do_not_do() -> None:
    """No server, no sender, nobody there, no TLS where it is wanted: an error that says what to set."""
    async with open_mailbox() as box:
        settings = box.settings()
        for wrong, error, said in (
            (Settings(), ConfigError, "smtp_host"),
            (replace(settings, smtp_sender=None), ConfigError, "smtp_sender"),
            (replace(settings, smtp_sender="nobody"), ConfigError, "smtp_sender"),
            (replace(settings, smtp_security="starttls"), MailUnavailable, "starttls"),
            (replace(settings, smtp_port=1), MailUnavailable, "127.0.0.1:1"),
        ):
            with pytest.raises(error, match=said):
                async with open_mailer(wrong):
                    pass
