"""One HTTP request of an app: to hosts of its list, redirects included, within bounds of time and size.

Each name is resolved once and the connection goes to the address that was checked: a name that is asked for again
may answer otherwise. A redirect is a new request with all the checks; to another origin it takes no credentials along.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import httpx

from engine.net.addresses import is_public, resolve
from engine.net.hosts import matches

USUAL_PORTS = {"http": 80, "https": 443}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What says who asks stays with the origin that it was meant for.
CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})
# Set by us, or the connection's own business.
OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "accept-encoding"}
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What an app may reach. `private`: hosts that may have addresses of this network; times in ms, sizes in bytes."""

    hosts: Sequence[str]
    private: Sequence[str]
    most_ms: int
    most_bytes: int


@dataclass(frozen=True, slots=True)
class Request:
    """What an app asks for."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    timeout_ms: int
    max_redirects: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said. `headers` in lower case; several of a name are joined, cookies stay a list."""

    status: int
    reason: str
    headers: Mapping[str, str | list[str]]
    body: bytes
    url: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why there is no answer, with the code that axios has for it."""

    code: str
    message: str


async def ask(request: Request, rules: Rules) -> Answer | Unanswered:
    """The answer of the last server in the chain of redirects, or why there is none."""
    limit_ms = min(request.timeout_ms, rules.most_ms)
    try:
        async with asyncio.timeout(limit_ms / 1000):
            return await _follow(request, rules)
    except TimeoutError:
        return Unanswered("ECONNABORTED", f"timeout of {limit_ms}ms exceeded")


async def _follow(request: Request, rules: Rules) -> Answer | Unanswered:
    for left in range(request.max_redirects, -1, -1):
        try:
            answer = await _once(request, rules)
        except _Refused as refused:
            return refused.why
        except zlib.error as error:
            return Unanswered("ERR_BAD_RESPONSE", f"the server's answer cannot be unpacked: {error}")
        except (httpx.HTTPError, OSError) as error:
            return _unreached(request.url, error)
        target = answer.headers.get("location") if answer.status in REDIRECTS else None
        if not isinstance(target, str) or request.max_redirects == 0:
            return answer
        if not left:
            break
        try:
            request = _redirected(request, answer.status, httpx.URL(request.url).join(target))
        except httpx.InvalidURL:
            return Unanswered("ERR_INVALID_URL", "the server redirects to what is no address")
    return Unanswered("ERR_FR_TOO_MANY_REDIRECTS", "Maximum number of redirects exceeded")


class _Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        self.why = Unanswered(code, message)
        super().__init__(message)


async def _once(request: Request, rules: Rules) -> Answer:
    url = _checked(request.url, rules)
    address = await _address(url, rules)
    target = url.copy_with(host=address, userinfo=b"", fragment=None)
    headers = {name: value for name, value in request.headers.items() if name.lower() not in OURS}
    sent = {"User-Agent": "Headrace", **headers, "Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"}
    async with (
        httpx.AsyncClient(trust_env=False, verify=_tls(), timeout=request.timeout_ms / 1000) as http,
        http.stream(
            request.method,
            target,
            content=request.body,
            headers={name.encode(): value.encode() for name, value in sent.items()},
            auth=_auth(url, sent),
            extensions={"sni_hostname": _host(url)},
        ) as response,
    ):
        body = await _body(response, min(request.max_bytes, rules.most_bytes))
    return Answer(response.status_code, response.reason_phrase, _headers(response.headers), body, request.url)


@cache
def _tls() -> ssl.SSLContext:
    # It reads all certificates, which takes longer than a request.
    return httpx.create_ssl_context()


def _checked(text: str, rules: Rules) -> httpx.URL:
    """The address, of a scheme that we speak and a host that the app may reach."""
    try:
        url = httpx.URL(text)
        if url.scheme not in USUAL_PORTS or not url.raw_host:
            raise httpx.InvalidURL(text)
    except httpx.InvalidURL:
        raise _Refused("ERR_INVALID_URL", "Invalid URL: expected http:// or https:// and a host") from None
    if not matches(rules.hosts, _host(url), _port(url), usual=USUAL_PORTS[url.scheme]):
        known = ", ".join(rules.hosts) or "none"
        message = f"{_host(url)}:{_port(url)} is not among the hosts that this app may reach: {known}"
        raise _Refused("ERR_HOST_NOT_ALLOWED", message)
    return url


async def _address(url: httpx.URL, rules: Rules) -> str:
    """The address to connect to; refused if any that the host has is private, unless the operator allows it."""
    found = await resolve(_host(url), _port(url))
    private_too = matches(rules.private, _host(url), _port(url), usual=USUAL_PORTS[url.scheme])
    if not private_too and not all(is_public(address) for address in found):
        raise _Refused("ERR_HOST_NOT_ALLOWED", f"{_host(url)} has a private address (setting http_private_hosts)")
    return found[0]


def _host(url: httpx.URL) -> str:
    """As it goes over the wire: one spelling for the list, for DNS and for TLS."""
    return url.raw_host.decode("ascii")


def _port(url: httpx.URL) -> int:
    return url.port or USUAL_PORTS[url.scheme]


def _auth(url: httpx.URL, headers: Mapping[str, str]) -> httpx.Auth | None:
    if url.username and not any(name.lower() == "authorization" for name in headers):
        return httpx.BasicAuth(url.username, url.password)
    return None


def _headers(headers: httpx.Headers) -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = {name: value for name, value in headers.items() if name != "set-cookie"}
    if cookies := headers.get_list("set-cookie"):
        found["set-cookie"] = cookies
    return found


async def _body(response: httpx.Response, most: int) -> bytes:
    """The whole body, unpacked if it came packed although nobody asked for that; refused beyond `most` bytes."""
    unpack = _unpacker(response.headers.get("content-encoding", "identity"))
    pieces: list[bytes] = []
    left = most
    async for piece in response.aiter_raw():
        unpacked = unpack(piece, left + 1)
        left -= len(unpacked)
        if left < 0:
            raise _Refused("ERR_BAD_RESPONSE", f"maxContentLength size of {most} exceeded")
        pieces.append(unpacked)
    return b"".join(pieces)


def _unpacker(encoding: str) -> Any:
    """Takes (piece, most) and gives at most so many bytes of it, unpacked: a small piece may hold very many."""
    match encoding.lower():
        case "identity" | "":
            return lambda piece, most: piece
        case "gzip" | "x-gzip" | "deflate":
            packed = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
            return lambda piece, most: packed.decompress(piece, most)
    raise _Refused("ERR_BAD_RESPONSE", f"the server sent content-encoding {encoding!r}, which was not asked for")


def _redirected(request: Request, status: int, url: httpx.URL) -> Request:
    """The next request, as browsers make it: 303, and POST after 301 and 302, become GET without a body."""
    before = httpx.URL(request.url)
    headers = dict(request.headers)
    if (before.scheme, before.host, _port(before)) != (url.scheme, url.host, url.port or USUAL_PORTS.get(url.scheme)):
        headers = {name: value for name, value in headers.items() if name.lower() not in CREDENTIALS}
    turned = (status == 303 and request.method != "HEAD") or (status in (301, 302) and request.method == "POST")
    if not turned:
        return replace(request, url=str(url), headers=headers)
    kept = {name: value for name, value in headers.items() if not name.lower().startswith("content-")}
    return replace(request, url=str(url), headers=kept, method="GET", body=None)


def _unreached(url: str, error: BaseException) -> Unanswered:
    """The deepest cause that says something; libraries wrap it several times."""
    host = httpx.URL(url).host
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None:
        causes.append(cause)
    for cause in reversed(causes):
        match cause:
            case ssl.SSLError():
                return Unanswered("ERR_NETWORK", f"{host}: the TLS connection failed: {cause.reason or cause}")
            case ConnectionRefusedError():
                return Unanswered("ECONNREFUSED", f"connect ECONNREFUSED {host}")
            case socket.gaierror():
                return Unanswered("ENOTFOUND", f"getaddrinfo ENOTFOUND {host}")
            case ConnectionResetError():
                return Unanswered("ECONNRESET", f"{host} closed the connection")
    return Unanswered("ERR_NETWORK", f"{host}: {str(error) or type(error).__name__}")
