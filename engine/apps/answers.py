"""What an endpoint's script returns, as an answer to an HTTP request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import BadRequest

_KEYS = {"status", "headers", "body"}
MOST_HEADERS, LONGEST_HEADER = 50, 4096
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}\Z")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")
# The connection is the server's; cookies and policies would hold for all of the platform's address.
REFUSED = frozenset(
    {
        *("connection", "content-length", "date", "keep-alive", "proxy-authenticate", "server", "te", "trailer"),
        *("transfer-encoding", "upgrade", "set-cookie", "content-security-policy", "strict-transport-security"),
        *("x-content-type-options", "x-request-id", "clear-site-data", "service-worker-allowed"),
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers by lower-case name, and the body: a text where the headers say that it is no JSON."""

    status: int = 200
    headers: Mapping[str, str] | None = None
    body: Any = None

    @classmethod
    def of(cls, value: Any) -> Answer:
        """An object of `status` and perhaps `headers` and `body` is the answer; any other value is the body of a 200.

        BadRequest says what is wrong with it.
        """
        if not isinstance(value, Mapping) or "status" not in value or not set(value) <= _KEYS:
            return cls(body=value)
        status = value["status"]
        if isinstance(status, float) and status.is_integer():
            status = int(status)
        if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
            raise BadRequest.field("status", value["status"], "a whole number from 200 to 599")
        answer = cls(status, _headers(value.get("headers")), value.get("body"))
        if not answer.is_json and not isinstance(answer.body, str | None):
            raise BadRequest.field("body", answer.body, f"a text, as {answer.content_type} is no JSON")
        return answer

    @property
    def content_type(self) -> str:
        """The media type of the body."""
        return (self.headers or {}).get("content-type", "application/json")

    @property
    def is_json(self) -> bool:
        """Whether the body is written as JSON."""
        kind = self.content_type.partition(";")[0].strip().lower()
        return kind == "application/json" or kind.endswith("+json")


def _headers(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > MOST_HEADERS:
        raise BadRequest.field("headers", value, f"an object of at most {MOST_HEADERS} texts")
    return dict(_header(str(name).lower(), text) for name, text in value.items())


def _header(name: str, text: object) -> tuple[str, str]:
    if not _NAME.match(name) or name in REFUSED:
        raise BadRequest.field(
            "headers", name, f"a name of letters, digits and '-', none of {', '.join(sorted(REFUSED))}"
        )
    if not isinstance(text, str) or len(text) > LONGEST_HEADER or not _VALUE.match(text):
        raise BadRequest.field(f"headers.{name}", text, f"one line of at most {LONGEST_HEADER} characters of Latin-1")
    return name, text
