"""Routes that cannot exist without saying who may use them.

A route is declared with the scope that it needs, or PUBLIC. Its guard looks at the token before a byte of
the body is read: no token or a bad one is 401, too small a scope 403, another app's address 404.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from enum import Enum
from typing import Any, Final, Literal

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from engine.data import tokens
from engine.errors import Forbidden, NotFound, Unauthorized
from engine.model import Scope
from engine.settings import Settings
from engine.web import problems
from engine.web.context import Call, Web
from engine.web.limits import Allowance
from engine.web.problems import DESCRIPTIONS, problem_of
from engine.web.strict import StrictRequest, check_address, check_json_body, has_body


class _Public(Enum):
    PUBLIC = "public"


class _Declared(Enum):
    DECLARED = "declared"


PUBLIC: Final = _Public.PUBLIC
# The endpoint itself finds out what is needed, and calls `admit`: what an app declares may change with each push.
DECLARED: Final = _Declared.DECLARED
Access = Scope | Literal[_Public.PUBLIC, _Declared.DECLARED]
Endpoint = Callable[..., Awaitable[Any]]
SECURITY_SCHEME = "token"


class GuardedRoute(APIRoute):
    """A route with its guard. `body_limit` in bytes; `free_query` lets parameters through that are not declared."""

    def __init__(
        self,
        web: Web,
        path: str,
        endpoint: Endpoint,
        *,
        access: Access,
        body_limit: int,
        free_query: bool,
        **options: Any,
    ) -> None:
        self.web = web
        self.access = access
        self._body_limit = body_limit
        self._free_query = free_query
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint behind the guard; whatever either raises becomes a response in the one form."""
        handle = super().get_route_handler()
        known = None if self._free_query else {param.alias for param in self.dependant.query_params}

        async def guarded(request: Request) -> Response:
            try:
                check_address(request, known)
                request.state.web = self.web
                if isinstance(self.access, Scope):
                    request.state.call = await admit(self.web, request, self.access, request.path_params.get("app"))
                if self.body_field is not None and (self.body_field.field_info.is_required() or has_body(request)):
                    check_json_body(request)
                response = await handle(StrictRequest(request.scope, request.receive, self._body_limit))
            except Exception as error:
                response = problems.respond(error, request)
            left: Allowance | None = getattr(request.state, "allowance", None)
            if left is not None:
                response.headers["RateLimit-Limit"] = str(left.limit)
                response.headers["RateLimit-Remaining"] = str(left.remaining)
            return response

        return guarded


class Routes:
    """Adds routes to an API."""

    def __init__(self, api: FastAPI, web: Web) -> None:
        self._api = api
        self._web = web

    @property
    def settings(self) -> Settings:
        """The limits that routes have."""
        return self._web.settings

    def add(
        self,
        method: str,
        path: str,
        endpoint: Endpoint,
        *,
        access: Access,
        name: str,
        tag: str,
        errors: Sequence[int] = (),
        status: int = 200,
        body_limit: int | None = None,
        free_query: bool = False,
        responses: dict[int | str, dict[str, Any]] | None = None,
        extra: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """One route. `name` is its operationId; `errors` the statuses beyond those that every route has."""
        if status == 204:
            options.setdefault("response_class", Response)
        summary, _, rest = (endpoint.__doc__ or "").partition("\n")
        route = GuardedRoute(
            self._web,
            path,
            endpoint,
            access=access,
            body_limit=body_limit if body_limit is not None else self._web.settings.api_body_kb * 1024,
            free_query=free_query,
            methods=[method],
            operation_id=name,
            tags=[tag],
            summary=summary.rstrip("."),
            description=_description(rest, access),
            status_code=status,
            responses={**_errors(path, access, errors), **(responses or {})},
            openapi_extra={"security": _security(access), **(extra or {})},
            **options,
        )
        self._api.router.routes.append(route)


def check_guarded(routes: Sequence[BaseRoute]) -> None:
    """Pass if every route has a guard; a route that was added in any other way is a defect."""
    for route in routes:
        if not isinstance(route, GuardedRoute):
            raise TypeError(f"{route!r} has no declared scope: add it through Routes")


async def admit(web: Web, request: Request, scope: Scope, app: str | None) -> Call:
    """The call of a request whose token has this scope, in the app that its address names.

    Unauthorized, Forbidden or NotFound without it, TooManyRequests when the app has used up its requests.
    """
    token = await _token(web, request)
    request.state.allowance = web.limits.take(token.app)
    _admit(token, scope, app)
    return Call(web, token)


def _admit(token: tokens.Token, scope: Scope, app: str | None) -> None:
    if not token.allows(scope):
        raise Forbidden(
            f"this needs the scope {scope}; the token has {', '.join(sorted(token.scopes))}",
            additional_info={"scope": scope.value, "scopes": sorted(token.scopes)},
        )
    if app is not None and app != token.app:
        raise NotFound(f"there is no app {app!r} for this token", additional_info={"app": app})


async def _token(web: Web, request: Request) -> tokens.Token:
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        raise Unauthorized("this needs a token: send it as `Authorization: Bearer TOKEN`")
    async with web.pool.acquire() as conn:
        token = await tokens.find_by_secret(conn, secret.strip())
    if token is None:
        raise Unauthorized("the token is unknown, expired or revoked")
    return token


def _errors(path: str, access: Access, more: Sequence[int]) -> dict[int | str, dict[str, Any]]:
    always = {400, 500, 503}
    guarded = {401, 403, 429} if isinstance(access, Scope) else set()
    statuses = always | guarded | ({404} if "{" in path else set()) | set(more)
    form = problem_of(path)
    return {status: {"model": form, "description": DESCRIPTIONS[status]} for status in sorted(statuses)}


def _security(access: Access) -> list[dict[str, list[str]]]:
    return [{SECURITY_SCHEME: [access.value]}] if isinstance(access, Scope) else []


def _description(rest: str, access: Access) -> str:
    needs = "Needs no token." if access is PUBLIC else ""
    if isinstance(access, Scope):
        needs = f"Needs the scope `{access.value}`."
    return "\n\n".join(part for part in (" ".join(rest.split()), needs) if part)
