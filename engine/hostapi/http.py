"""The requests behind `axios` (scripting/stubs/modules/axios.js), to hosts that the app declares."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx

from engine.errors import BadRequest
from engine.hostapi.args import Args
from engine.hostapi.caller import Caller, Reach
from engine.jobs import filters
from engine.net import request as net
from engine.net.request import Answer, Unanswered

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
# What may be sent again without harm needs no key.
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
KEYS = frozenset({"method", "url", "headers", "text", "bytes", "binary", "timeout", "maxRedirects", "maxContentLength"})
MOST_REDIRECTS, REDIRECTS = 20, 5
LONGEST_URL = 65_536
IDEMPOTENCY_KEY = "Idempotency-Key"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.IGNORECASE)


def shown(args: Sequence[Any]) -> str:
    """Method and host: paths, headers and bodies may hold keys."""
    match args:
        case [{"method": str(method), "url": str(url)}]:
            try:
                parsed = httpx.URL(url)
            except httpx.InvalidURL:
                return f"{method[:10]} (no address)"
            return f"{method[:10]} {parsed.scheme}://{parsed.host}"[:200]
    return "(no request)"


async def request(caller: Caller, reach: Reach, args: Args) -> Any:
    """http.request [{method, url, headers, text or bytes, binary, timeout, …}] -> {status, …} or {error}."""
    given = filters.check_query(args.get(0), KEYS, "request")
    if given.get("method") not in METHODS:
        raise BadRequest.field("method", given.get("method"), f"one of {', '.join(METHODS)}")
    wanted = _wanted(reach.veil.reveal(dict(given)), reach, _key(caller))
    answered = await net.ask(wanted, reach.rules)
    reply: Any = reach.veil.hide(_reply(answered, binary=given.get("binary") is True))
    return reply


def _key(caller: Caller) -> str:
    """The same for each try of this very call, and for no other."""
    return str(uuid5(NAMESPACE_URL, f"headrace:{caller.job.id}/{caller.origin.step}/{caller.seq}"))


def _wanted(given: Mapping[str, Any], reach: Reach, key: str) -> net.Request:
    """The request with its values; from here on no error may show what is in it."""
    method, url = given["method"], given.get("url")
    if not isinstance(url, str) or not 0 < len(url) <= LONGEST_URL:
        raise BadRequest(f"url: expected a text of 1 to {LONGEST_URL} characters")
    headers = _headers(given.get("headers"))
    if method not in SAFE and not any(name.lower() == IDEMPOTENCY_KEY.lower() for name in headers):
        headers[IDEMPOTENCY_KEY] = key
    rules = reach.rules
    return net.Request(
        method=method,
        url=url,
        headers=headers,
        body=_body(given),
        timeout_ms=_whole(given, "timeout", rules.most_ms, high=86_400_000),
        max_redirects=_whole(given, "maxRedirects", REDIRECTS, high=MOST_REDIRECTS),
        max_bytes=_whole(given, "maxContentLength", rules.most_bytes, high=1 << 40),
    )


def _whole(given: Mapping[str, Any], name: str, default: int, *, high: int) -> int:
    value = given.get(name)
    return default if value is None else filters.whole(name, value, low=0, high=high)


def _headers(value: object) -> dict[str, str]:
    """Headers as they may be sent; values are named in no error."""
    if not isinstance(value, Mapping):
        raise BadRequest("headers: expected an object of texts")
    for name, text in value.items():
        if not _NAME.match(name):
            raise BadRequest("headers: expected names of letters, digits and '-'")
        if not isinstance(text, str) or _CONTROL.search(text):
            raise BadRequest(f"headers.{name}: expected a text without line breaks")
    return dict(value)


def _body(given: Mapping[str, Any]) -> bytes | None:
    match given.get("text"), given.get("bytes"):
        case None, None:
            return None
        case str(text), None:
            return text.encode()
        case None, str(coded):
            try:
                return base64.b64decode(coded, validate=True)
            except binascii.Error:
                raise BadRequest("bytes: expected base64") from None
    raise BadRequest("data: expected a text, bytes, or what can be made JSON")


def _reply(answered: Answer | Unanswered, *, binary: bool) -> dict[str, Any]:
    match answered:
        case Unanswered(code=code, message=message):
            return {"error": {"code": code, "message": message}}
        case Answer():
            head = {"status": answered.status, "statusText": answered.reason, "url": answered.url}
            body = {"bytes": base64.b64encode(answered.body).decode()} if binary else {"text": _text(answered)}
            return {**head, "headers": {name: _clean(value) for name, value in answered.headers.items()}, **body}


def _text(answer: Answer) -> str:
    """The body as text that JSON and PostgreSQL can keep: what is not becomes U+FFFD."""
    found = _CHARSET.search(str(answer.headers.get("content-type", "")))
    try:
        text = answer.body.decode(found[1] if found else "utf-8-sig", "replace")
    except LookupError:
        text = answer.body.decode("utf-8-sig", "replace")
    return str(_clean(text))


def _clean(value: str | list[str]) -> str | list[str]:
    if isinstance(value, list):
        return [str(_clean(each)) for each in value]
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
