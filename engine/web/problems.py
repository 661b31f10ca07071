"""Every error that leaves the API: one form, the right status, and nothing of the inside.

An error that is the caller's to repair says what to repair. One that is ours says only under which id the log has it.
"""

from __future__ import annotations

import logging
from typing import Any, Literal

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from engine.errors import (
    AppStopped,
    BadRequest,
    EndpointFailed,
    HeadraceError,
    NotAllowed,
    NotFound,
    TooManyRequests,
    Unauthorized,
)

log = logging.getLogger(__name__)

Code = Literal[
    "badRequest",
    "unauthorized",
    "forbidden",
    "notFound",
    "timeout",
    "validationErrors",
    "optimisticLocking",
    "tooManyRequests",
    "systemException",
    "endpointException",
]

DESCRIPTIONS = {
    400: "Something in the request is malformed or not allowed here; `additionalInfo` names it.",
    401: "There is no token, or it is unknown, expired or revoked.",
    403: "The token does not have the scope that this needs, or the job was run by somebody else.",
    404: "There is no such thing in the token's app.",
    405: "The address is known, the method is not; `Allow` has those that are.",
    408: "The wait reached its deadline.",
    409: "The record changed since it was read.",
    412: "The record is not in the version that If-Match names.",
    413: "The body has more bytes than the limit allows.",
    415: "The body is of a kind that is not taken here.",
    422: "The record breaks its entity's declaration; `additionalInfo` has a reason for each field.",
    429: "The app has used up its requests for now; `Retry-After` says for how many seconds.",
    500: "The server failed; its log has the error under `requestId`.",
    503: "The database cannot be reached just now, or the app does not run.",
    504: "The endpoint did not answer in time.",
}
RETRY_AFTER_S = 5
# Of Flatfile's client.
VENDOR_PATHS = "/v1/"


class Problem(BaseModel):
    """The one form of every error."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        json_schema_extra={
            "examples": [
                {
                    "code": "badRequest",
                    "message": "status: 'DONE' is not allowed; expected one of PENDING, RUNNING, FINISHED",
                    "additionalInfo": {"field": "status", "value": "'DONE'", "allowed": "one of PENDING, …"},
                }
            ]
        },
    )

    code: Code = Field(description="What went wrong, for programs; the same code as in scripts and on the command line")
    message: str = Field(description="What went wrong, for people")
    additional_info: dict[str, Any] = Field(description="What it is about; for some errors field, value and allowed")


class VendorError(BaseModel):
    """One thing that is wrong, in the form of Flatfile's client."""

    key: str | None = Field(None, description="The field, if it is about one")
    message: str = Field(description="What is wrong with it")


class VendorProblem(Problem):
    """The form of errors under Flatfile's paths: ours, and beside it the one that its client knows."""

    errors: list[VendorError] = Field(min_length=1, description="Each thing that is wrong")


def problem_of(path: str) -> type[Problem]:
    """The form of the errors of an address."""
    return VendorProblem if path.startswith(VENDOR_PATHS) else Problem


def respond(error: Exception, request: Request) -> JSONResponse:
    """The response for any exception."""
    known = _known(error)
    if known is None or (known.http_status >= 500 and not isinstance(known, EndpointFailed)):
        return _ours(known or error, request)
    headers = {"Cache-Control": "no-store"}
    match known:
        case Unauthorized():
            headers["WWW-Authenticate"] = "Bearer"
        case TooManyRequests():
            headers["Retry-After"] = str(known.retry_after_s)
        case AppStopped():
            headers["Retry-After"] = str(RETRY_AFTER_S)
        case NotAllowed():
            headers["Allow"] = ", ".join(known.additional_info["allowed"])
    return JSONResponse(_body(known.to_json(), error, request), known.http_status, headers)


def _known(error: Exception) -> HeadraceError | None:
    match error:
        case HeadraceError():
            return error
        case RequestValidationError():
            return _invalid(error)
        case HTTPException(__cause__=HeadraceError() as cause):
            return cause
        case HTTPException(status_code=404):
            return NotFound("there is nothing at this address; /openapi.json lists what there is")
        case HTTPException(status_code=status) if status < 500:
            return BadRequest(str(error.detail))
        case _:
            return None


def _ours(error: Exception, request: Request) -> JSONResponse:
    status = error.http_status if isinstance(error, HeadraceError) else 500
    request_id = request.scope.get("headrace.request_id", "")
    log.error("request %s %s %s failed", request_id, request.method, request.url.path, exc_info=error)
    message = "the server cannot reach its database just now; try again" if status == 503 else "the server failed"
    body = {
        "code": "systemException",
        "message": f"{message}; its log has the error under {request_id}",
        "additionalInfo": {"requestId": request_id},
    }
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == 503 else {}
    return JSONResponse(_body(body, error, request), status, headers | {"Cache-Control": "no-store"})


def _body(told: dict[str, Any], error: Exception, request: Request) -> dict[str, Any]:
    """What is told, in the form that the address has."""
    if problem_of(request.url.path) is Problem:
        return told
    invalid = error.errors() if isinstance(error, RequestValidationError) else []
    wrong = [_problem(each).to_json() for each in invalid] or [told]
    errors = [VendorError(key=each["additionalInfo"].get("field"), message=each["message"]) for each in wrong]
    return {**told, "errors": [each.model_dump(exclude_none=True) for each in errors]}


def _invalid(error: RequestValidationError) -> BadRequest:
    """The first thing that is wrong, as its field, value and what is allowed; all of them in additionalInfo."""
    problems = [_problem(each) for each in error.errors()]
    first = problems[0]
    if len(problems) > 1:
        first.additional_info["problems"] = [each.message for each in problems]
    return first


def _problem(item: dict[str, Any]) -> BadRequest:
    place = [str(part) for part in item["loc"]]
    if item["type"] == "json_invalid":
        return BadRequest(f"the body is not JSON: {item['ctx']['error']} at character {place[-1]}")
    if item["type"] == "missing":
        return BadRequest(
            f"{_field(place)} is missing",
            additional_info={"field": _field(place), "value": None, "allowed": "a value"},
        )
    return BadRequest.field(_field(place), item["input"], _allowed(item))


def _field(place: list[str]) -> str:
    """The place without where it was: the name of a parameter, or the way into the body."""
    return ".".join(place[1:]) if len(place) > 1 else place[0]


def _allowed(item: dict[str, Any]) -> str:
    text: str = item["msg"]
    for start in ("Value error, ", "Input should be ", "String should "):
        text = text.removeprefix(start)
    return "no such field" if item["type"] == "extra_forbidden" else text
