"""Requests that are read strictly: bodies of limited size, JSON that PostgreSQL can keep, text without NUL."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Collection
from typing import Any, NoReturn

from starlette.requests import Request
from starlette.types import Receive, Scope

from engine.errors import BadRequest, TooLarge, UnknownMediaType


class StrictRequest(Request):
    """A request whose body may have `most` bytes."""

    def __init__(self, scope: Scope, receive: Receive, most: int) -> None:
        super().__init__(scope, receive)
        self._most = most

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body's pieces; TooLarge as soon as it is known that there are too many."""
        announced = self.headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > self._most:
            raise self._too_large()
        size = 0
        async for piece in super().stream():
            size += len(piece)
            if size > self._most:
                raise self._too_large()
            yield piece

    async def json(self) -> Any:
        """The body as JSON; BadRequest for what JSON does not have (NaN) and PostgreSQL cannot keep (NUL)."""
        if not hasattr(self, "_json"):
            body = await self.body()
            try:
                value = json.loads(body.decode(), parse_constant=_refuse)
                _check_text(value)
            except UnicodeDecodeError:
                raise BadRequest("the body is not JSON: it is not UTF-8") from None
            except RecursionError:
                raise BadRequest("the body is nested too deeply") from None
            except json.JSONDecodeError:
                raise
            except ValueError as error:
                raise BadRequest(f"the body is not JSON: {error}") from None
            self._json = value
        return self._json

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the body may have {self._most} bytes", additional_info={"mostBytes": self._most})


def check_address(request: Request, known: Collection[str] | None) -> None:
    """Pass if the address is text without NUL and its query has only `known` parameters, each once.

    None knows every parameter.
    """
    if "\0" in request.url.path or any("\0" in part for pair in request.query_params.multi_items() for part in pair):
        raise BadRequest("the address has the character NUL")
    if known is None:
        return
    given = [key for key, _ in request.query_params.multi_items()]
    for key in given:
        if key not in known:
            allowed = f"one of the parameters {', '.join(sorted(known))}" if known else "no parameters"
            raise BadRequest.field(key, request.query_params[key], allowed)
        if given.count(key) > 1:
            raise BadRequest.field(key, request.query_params.getlist(key), "one value")


def has_body(request: Request) -> bool:
    """Whether the request says that a body follows (RFC 9112, 6.3)."""
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


def check_json_body(request: Request) -> None:
    """Pass if the body says that it is JSON; else UnknownMediaType."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise UnknownMediaType.field("Content-Type", kind, "application/json")


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _check_text(value: Any) -> None:
    """Pass if every text in the value is one that PostgreSQL can keep."""
    match value:
        case str():
            if "\0" in value:
                raise BadRequest("the body has a text with the character NUL")
            if any("\ud800" <= char <= "\udfff" for char in value):
                raise BadRequest("the body has a text with half a character (a lone surrogate)")
        case dict():
            for key, inner in value.items():
                _check_text(key)
                _check_text(inner)
        case list():
            for inner in value:
                _check_text(inner)
        case float() if value in (float("inf"), float("-inf")):
            raise BadRequest("the body has a number that is too large")
