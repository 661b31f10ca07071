"""A notification of an app as mail: one to each address, each with a Message-ID that stays the same at every try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.apps.outgoing import Notification, filled
from engine.errors import ConfigError, MailUnavailable
from engine.executors.endings import Ending, Failed, Finished
from engine.executors.run import Run
from engine.mail import Mail, Refused, open_mailer


async def send(run: Run, notification: Notification) -> Ending:
    """Sends the mails; an address that the server refuses for good keeps no other from its mail."""
    refused: dict[str, str] = {}
    try:
        async with open_mailer(run.services.settings) as mailer:
            for to in notification.mail_to:
                match await mailer.send(_mail(run, notification, to)):
                    case Refused(reason):
                        refused[to] = reason
    except MailUnavailable as error:
        return Failed(error.to_json())
    except ConfigError as error:
        return Failed(error.to_json(), retryable=False)
    return _ending(notification, refused)


def _mail(run: Run, notification: Notification, to: str) -> Mail:
    params: Mapping[str, Any] = run.claim.spec["params"]
    subject, text = filled(notification.subject or notification.label, params), filled(notification.text, params)
    return Mail(to=to, subject=subject, text=text, key=f"{run.claim.id}.{to}")


def _ending(notification: Notification, refused: Mapping[str, str]) -> Ending:
    response = {"sent": len(notification.mail_to) - len(refused), "refused": dict(refused)}
    results = {"results": {"status": "ok", "response": response}}
    if len(refused) < len(notification.mail_to):
        return Finished(results, has_errors=bool(refused))
    error = {"code": "badRequest", "message": f"nobody was told: {'; '.join(refused.values())}"}
    return Failed(error, results, retryable=False)
