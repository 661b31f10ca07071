"""SEND_NOTIFICATION: people are told by mail, or a webhook of the app, with a signature that its owner can check.

The body is JSON: notification, app, jobId, params. `Headrace-Signature: t=SECONDS,v1=HEX` has HMAC-SHA256 of
`SECONDS.BODY` under the notification's secret; `Headrace-Delivery` is the job's id, the same at each try.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx

from engine.apps.outgoing import Notification
from engine.executors import notify_mail
from engine.executors.endings import Ending, Failed, Finished
from engine.executors.interruptible import guarded
from engine.executors.run import Run
from engine.executors.signing import secret_of
from engine.net.addresses import is_public, resolve

TIMEOUT_MS = 30_000
# Everything else that is no success is the receiver's last word: the same request would get the same answer.
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})


async def execute(run: Run) -> Ending:
    """Sends the notification; FINISHED with what became of it, or failed and perhaps tried again."""
    app = await run.app()
    found = app.manifest.notification(run.claim.spec["notificationName"])
    mail_ms = run.services.settings.script_timeout_ms
    send, limit_ms = (_send, TIMEOUT_MS) if found.webhook is not None else (notify_mail.send, mail_ms)
    ending: Ending = await guarded(run, lambda: send(run, found), "the notification", limit_ms=limit_ms)
    return ending


async def _send(run: Run, notification: Notification) -> Ending:
    url = urlsplit(notification.webhook or "")
    try:
        address = await _address(url, private=run.services.settings.webhook_private)
        if address is None:
            return _failed("forbidden", f"{url.hostname} has a private address (setting webhook_private)", again=False)
        status = await _post(url, address, *_request(run, notification, await secret_of(run, notification)))
    except (httpx.HTTPError, OSError) as error:
        return _failed("endpointException", f"{url.hostname}: {str(error) or type(error).__name__}", again=True)
    if 200 <= status < 300:
        return Finished({"results": {"status": "ok", "response": {"httpStatus": status}}})
    return _failed("endpointException", f"{url.hostname} answered {status}", again=status in RETRIED)


def _failed(code: str, message: str, *, again: bool) -> Failed:
    return Failed({"code": code, "message": f"the webhook was not told: {message}"}, retryable=again)


def _request(run: Run, notification: Notification, secret: str) -> tuple[bytes, dict[str, str]]:
    """The body and its headers."""
    told = {
        "notification": notification.name,
        "app": run.claim.app,
        "jobId": str(run.claim.id),
        "params": run.claim.spec["params"],
    }
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return body, {
        "Content-Type": "application/json",
        "User-Agent": "Headrace",
        "Headrace-Delivery": str(run.claim.id),
        "Headrace-Signature": sign(secret, body, run.services.clock_ms() // 1000),
    }


def sign(secret: str, body: bytes, seconds: int) -> str:
    """The header that proves who sent the body, and when (seconds since the epoch)."""
    mac = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={mac.hexdigest()}"


async def _address(url: SplitResult, *, private: bool) -> str | None:
    """An address of the host; None if one of them is not public, unless that is allowed. OSError if it has none."""
    addresses = await resolve(url.hostname or "", _port(url))
    if not private and not all(is_public(address) for address in addresses):
        return None
    return addresses[0]


def _port(url: SplitResult) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


async def _post(url: SplitResult, address: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of the answer; its body is not read, and no redirect is followed.

    The request goes to the address that was checked: a name that is asked for again may answer otherwise.
    """
    host = f"[{address}]" if ":" in address else address
    target = url._replace(netloc=f"{host}:{_port(url)}", fragment="").geturl()
    extensions: dict[str, Any] = {"sni_hostname": url.hostname}
    sent = {**headers, "Host": url.netloc.rpartition("@")[2]}
    async with (
        httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=TIMEOUT_MS / 1000) as http,
        http.stream("POST", target, content=body, headers=sent, extensions=extensions) as response,
    ):
        return response.status_code
