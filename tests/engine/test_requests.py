"""Requests of apps: what they reach, and every way in which a server or a name could lead them elsewhere."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from engine.net import request as net
from engine.net.hosts import is_host, matches
from engine.net.request import Answer, Request, Rules, Unanswered
from tests.webserver import WebServer, open_web_server


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    """A server on 127.0.0.1."""
    async with open_web_server() as known:
        yield known


async def ask(
    server: WebServer,
    path: str,
    *,
    hosts: list[str] | None = None,
    private: list[str] | None = None,
    headers: Mapping[str, str] | None = None,
    most_bytes: int = 100_000,
    most_ms: int = 60_000,
    **options: Any,
) -> Answer | Unanswered:
    """The answer to a request for a path of the server, or for another address."""
    here = [server.authority]
    rules = Rules(here if hosts is None else hosts, here if private is None else private, most_ms, most_bytes)
    defaults: dict[str, Any] = {"method": "GET", "body": None, "timeout_ms": 60_000, "max_redirects": 5}
    url = server.url + path if path.startswith("/") else path
    wanted = Request(url=url, headers=headers or {}, max_bytes=1 << 30, **{**defaults, **options})
    return await net.ask(wanted, rules)


def code(answered: Answer | Unanswered) -> str:
    """Why there is no answer."""
    assert isinstance(answered, Unanswered), answered
    return answered.code


async def test_an_answer_has_status_headers_and_body(server: WebServer) -> None:
    """What the server said; the connection is ours, so its headers are."""
    answered = await ask(server, "/json", headers={"Host": "evil.example", "Content-Length": "9", "X-A": "ü"})
    assert isinstance(answered, Answer)
    assert (answered.status, answered.reason, answered.body) == (200, "Test", b'{"hello": "world"}')
    assert answered.headers["content-type"] == "application/json"
    (asked,) = server.requests
    assert (asked.headers["host"], asked.headers["x-a"].encode("latin-1").decode()) == (server.authority, "ü")
    assert "content-length" not in asked.headers


async def test_only_listed_hosts_are_asked(server: WebServer) -> None:
    """Nothing is sent to a host or a port that the list does not have, nor where it is empty."""
    for hosts in ([], ["example.org"], ["127.0.0.1"], ["localhost:" + str(server.port)]):
        assert code(await ask(server, "/json", hosts=hosts)) == "ERR_HOST_NOT_ALLOWED"
    assert server.requests == []


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "0x7f.1", "127.1"])
async def test_private_addresses_are_refused_after_the_name_is_resolved(server: WebServer, name: str) -> None:
    """A name of this machine in any spelling is refused though the app lists it, unless the operator does as well."""
    authority = f"{name}:{server.port}"
    answered = await ask(server, f"http://{authority}/json", hosts=[authority], private=["10.0.0.1"])
    assert code(answered) in ("ERR_HOST_NOT_ALLOWED", "ENOTFOUND", "ERR_INVALID_URL")
    assert server.requests == []


async def test_a_name_is_resolved_once(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers with a public address first and with this machine's then leads to the first one."""
    answers = iter([["203.0.113.7"], ["127.0.0.1"]])

    async def resolve(host: str, port: int) -> list[str]:
        return next(answers)

    monkeypatch.setattr(net, "resolve", resolve)
    monkeypatch.setattr(net, "is_public", lambda address: address != "127.0.0.1")
    name = f"rebinds.example:{server.port}"
    answered = await ask(server, f"http://{name}/json", hosts=[name], private=[], timeout_ms=200)
    assert code(answered) in ("ECONNABORTED", "ERR_NETWORK", "ECONNREFUSED")
    assert server.requests == []
    assert next(answers) == ["127.0.0.1"]


async def test_every_address_of_a_name_has_to_be_public(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """One private address among public ones is one too many."""

    async def resolve(host: str, port: int) -> list[str]:
        return ["93.184.216.34", "10.0.0.1"]

    monkeypatch.setattr(net, "resolve", resolve)
    assert code(await ask(server, "http://mixed.example/", hosts=["mixed.example"])) == "ERR_HOST_NOT_ALLOWED"


async def test_redirects_are_requests_with_all_checks(server: WebServer) -> None:
    """To a listed host one is followed; to a private address, another port or another scheme it is refused."""
    followed = await ask(server, f"/redirect?to={server.url}/json")
    assert isinstance(followed, Answer) and followed.url == f"{server.url}/json"
    for target in (f"http://localhost:{server.port}/json", "http://127.0.0.1:9/", "http://169.254.169.254/latest"):
        hosts = [server.authority, f"localhost:{server.port}", "169.254.169.254"]
        assert code(await ask(server, f"/redirect?to={target}", hosts=hosts)) == "ERR_HOST_NOT_ALLOWED"
    assert code(await ask(server, "/redirect?to=file:///etc/passwd")) == "ERR_INVALID_URL"
    assert [asked.target for asked in server.requests if asked.target.startswith("/json")] == ["/json"]


async def test_redirects_end(server: WebServer) -> None:
    """A circle ends with axios' code; maxRedirects 0 gives the redirect itself."""
    assert code(await ask(server, "/redirect?to=/redirect?to=/json", max_redirects=1)) == "ERR_FR_TOO_MANY_REDIRECTS"
    answered = await ask(server, "/redirect?to=/json", max_redirects=0)
    assert isinstance(answered, Answer) and answered.status == 302


async def test_a_redirect_to_another_origin_takes_no_credentials_along(server: WebServer) -> None:
    """Authorization and cookies go to the host that they were meant for; a POST becomes a GET as in browsers."""
    async with open_web_server() as other:
        both = [server.authority, other.authority]
        sent = {"Authorization": "Bearer x", "Cookie": "a=b", "X-Own": "1", "Content-Type": "text/plain"}
        for status, method in (("302", "GET"), ("303", "GET"), ("307", "POST"), ("308", "POST")):
            await ask(
                server,
                f"/redirect?status={status}&to={other.url}/echo",
                hosts=both,
                private=both,
                headers=sent,
                method="POST",
                body=b"text",
            )
            asked = other.requests[-1]
            assert (asked.method, asked.body) == (method, b"text" if method == "POST" else b"")
            assert "authorization" not in asked.headers and "cookie" not in asked.headers
            assert asked.headers["x-own"] == "1"
        await ask(server, "/redirect?to=/echo", headers=sent)
        assert server.requests[-1].headers["authorization"] == "Bearer x"


async def test_a_body_has_a_size_limit(server: WebServer) -> None:
    """One without end, and a small one that unpacks to a huge one, are given up in the middle."""
    assert code(await ask(server, "/endless")) == "ERR_BAD_RESPONSE"
    assert code(await ask(server, "/bomb")) == "ERR_BAD_RESPONSE"
    unpacked = await ask(server, "/gzip")
    assert isinstance(unpacked, Answer) and unpacked.body == b'{"packed": true}'
    assert isinstance(await ask(server, "/json", most_bytes=18), Answer)
    assert code(await ask(server, "/json", most_bytes=17)) == "ERR_BAD_RESPONSE"


async def test_a_slow_body_has_a_time_limit(server: WebServer) -> None:
    """The time is that of the whole request: bytes that come one by one do not stretch it."""
    assert code(await ask(server, "/slow", timeout_ms=300)) == "ECONNABORTED"
    assert code(await ask(server, "/slow", most_ms=300)) == "ECONNABORTED"


async def test_what_cannot_be_reached_has_axios_codes(server: WebServer) -> None:
    """Refused connections, unknown names, and what is no address."""
    free = "127.0.0.1:9"
    assert code(await ask(server, f"http://{free}/", hosts=[free], private=[free])) == "ECONNREFUSED"
    nowhere = "nothing.invalid"
    assert code(await ask(server, f"http://{nowhere}/", hosts=[nowhere])) == "ENOTFOUND"
    for wrong in ("ftp://example.org/", "http://", "http://[::1/", "gopher://x"):
        assert code(await ask(server, wrong)) == "ERR_INVALID_URL"


async def test_credentials_in_the_address_are_sent_as_a_header(server: WebServer) -> None:
    """user:password@ becomes Basic authorization, and is no part of the host."""
    await ask(server, f"http://me:pa%20ss@{server.authority}/echo")
    assert server.requests[0].headers["authorization"] == "Basic bWU6cGEgc3M="
    answered = await ask(server, f"http://{server.authority}@example.org/")
    assert code(answered) == "ERR_HOST_NOT_ALLOWED"


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server needs to be `name`, and a client to believe it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "certificate.pem"))


async def test_tls_is_with_the_name_though_the_connection_is_with_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The certificate has to be that of the address's host; that of another host is refused."""

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    identity, believing = certified(tmp_path, "secure.example")
    monkeypatch.setattr(net, "resolve", resolve)
    monkeypatch.setattr(net, "_tls", lambda: believing)
    async with open_web_server(tls=identity) as server:
        for name, answers in (("secure.example", True), ("other.example", False)):
            host = f"{name}:{server.port}"
            answered = await ask(server, f"https://{host}/json", hosts=[host], private=[host])
            assert isinstance(answered, Answer) is answers, answered
    assert code(answered) == "ERR_NETWORK" and "TLS" in str(answered)


async def test_a_name_that_no_host_can_have(server: WebServer) -> None:
    """A label of more than 63 characters is unknown like any other."""
    assert code(await ask(server, f"http://{'x' * 64}.example.org/", hosts=["*.example.org"])) == "ENOTFOUND"


@pytest.mark.parametrize(
    ("entry", "host", "port", "fits"),
    [
        ("example.org", "example.org", 443, True),
        ("example.org", "EXAMPLE.org.", 443, True),
        ("example.org", "example.org", 8443, False),
        ("example.org:8443", "example.org", 8443, True),
        ("example.org", "a.example.org", 443, False),
        ("*.example.org", "a.b.example.org", 443, True),
        ("*.example.org", "example.org", 443, False),
        ("*.example.org", "badexample.org", 443, False),
        ("example.org", "example.org.evil.net", 443, False),
        ("[::1]:80", "::1", 80, True),
    ],
)
def test_entries_of_a_list_of_hosts(entry: str, host: str, port: int, fits: bool) -> None:
    """A whole name, or everything below one; a port that is not said is the scheme's own."""
    assert is_host(entry)
    assert matches([entry], host, port, usual=443) is fits


@pytest.mark.parametrize("entry", ["", "*", "*.*", "http://x", "x/y", "a b", "x:", "x:port", "-x", "a..b", "user@x"])
def test_what_is_no_entry(entry: str) -> None:
    """Wildcards stand for whole names below a name, and an entry is no address."""
    assert not is_host(entry)
