"""Answers of the HTTP API for the clients in this package: JSON, or the error that the engine would raise."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from engine.errors import (
    BadRequest,
    DatabaseUnavailable,
    Forbidden,
    HeadraceError,
    NotFound,
    OptimisticLocking,
    TooManyRequests,
    Unauthorized,
)

_ERRORS: Mapping[int, type[HeadraceError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: OptimisticLocking,
    429: TooManyRequests,
    503: DatabaseUnavailable,
}


class Client:
    """Connections to the API at `url` with a token; used in `async with`, or closed."""

    def __init__(self, url: str, token: str, *, timeout_s: float) -> None:
        self._http = httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=timeout_s)

    async def close(self) -> None:
        """Closes its connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def call(http: httpx.AsyncClient, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """The answer's JSON; a HeadraceError if there is none, or of the kind that the API names."""
    try:
        response = await http.request(method, path, json=None if body is None else dict(body))
    except httpx.HTTPError as error:
        raise HeadraceError(f"no answer from {http.base_url}: {error or type(error).__name__}") from error
    if response.is_success:
        return response.json() if response.content else None
    raise _error(response)


def _error(response: httpx.Response) -> HeadraceError:
    try:
        problem = response.json()
        message, info = problem["message"], problem.get("additionalInfo")
    except (ValueError, KeyError, TypeError):
        message, info = f"HTTP {response.status_code}", None
    error = _ERRORS.get(response.status_code, HeadraceError)(message)
    error.additional_info.update(info or {})
    return error
