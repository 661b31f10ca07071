"""Every error that Headrace raises on purpose, in one tree.

    HeadraceError                     systemException    500
    ├── BadRequest                    badRequest         400   an argument is malformed or not allowed here
    │   ├── ConfigError               badRequest         400   a setting, an app folder or a command line is wrong
    │   ├── NotAllowed                badRequest         405   the address is known, the method is not
    │   ├── TooLarge                  badRequest         413   more bytes than the limit allows
    │   └── UnknownMediaType          badRequest         415   the body is of a kind that is not taken here
    ├── Unauthorized                  unauthorized       401   no token, or one that does not count
    ├── NotFound                      notFound           404   no such thing, or it belongs to another app
    ├── Forbidden                     forbidden          403   the caller may not do this
    ├── WaitTimeout                   timeout            408   a wait reached its deadline
    │   └── Deadlock                  timeout            409   a wait for a lock that could never end
    ├── ValidationErrors              validationErrors   422   a record breaks its entity's declaration
    ├── OptimisticLocking             optimisticLocking  409   the record changed since it was read
    │   └── PreconditionFailed        optimisticLocking  412   the same, where the caller sent If-Match
    ├── TooManyRequests               tooManyRequests    429   the app has used up its requests for now
    ├── ScriptError                   (its own)          500   a script that was waited for ended with this error
    ├── EndpointFailed                endpointException  500   an endpoint's script failed, or returned no answer
    │   ├── AppStopped                endpointException  503   the app does not run, and this call does not wake it
    │   └── EndpointTimeout           timeout            504   an endpoint's script did not answer in time
    ├── LostClaim                     systemException    500   another attempt owns the job: drop what you have
    ├── DatabaseUnavailable           systemException    503   no connection to PostgreSQL
    ├── MailUnavailable               systemException    503   the mail server cannot be reached, or takes no mail now
    ├── DatabaseError                 systemException    500   PostgreSQL refused a statement
    └── SchemaError                   systemException    500   the schema and this code do not fit each other
        ├── SchemaTooNew
        └── SchemaTooOld

`code` is what scripts, HTTP and the CLI show; the codes are those of the scripting API
(seed 003 and docs/scripting.md), so a caller handles an error the same way wherever it meets it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

CODES = (
    "badRequest",
    "unauthorized",
    "notFound",
    "forbidden",
    "timeout",
    "validationErrors",
    "optimisticLocking",
    "tooManyRequests",
    "systemException",
    "javascriptException",
    "endpointException",
    "unknownError",
)


class HeadraceError(Exception):
    """The engine could not do what was asked."""

    code: ClassVar[str] = "systemException"
    http_status: ClassVar[int] = 500

    def __init__(self, message: str = "", *, additional_info: Mapping[str, Any] | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").splitlines()[0]
        self.additional_info: dict[str, Any] = dict(additional_info or {})
        super().__init__(self.message)

    def to_json(self) -> dict[str, Any]:
        """The one form in which every interface shows an error: code, message, additionalInfo."""
        return {"code": self.code, "message": self.message, "additionalInfo": self.additional_info}


class BadRequest(HeadraceError):
    """An argument is malformed or not allowed here."""

    code = "badRequest"
    http_status = 400

    @classmethod
    def field(cls, field: str, value: object, allowed: str) -> BadRequest:
        """An error that names the field, the value that came (as JSON, a text in quotes) and what is allowed."""
        shown = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=repr)
        if len(shown) > 80:
            shown = shown[:77] + "..."
        return cls(
            f"{field}: {shown} is not allowed; expected {allowed}",
            additional_info={"field": field, "value": shown, "allowed": allowed},
        )


class ConfigError(BadRequest):
    """A setting, an app folder or a command line is wrong."""


class NotAllowed(BadRequest):
    """This address does not know the method."""

    http_status = 405


class TooLarge(BadRequest):
    """There are more bytes than the limit allows."""

    http_status = 413


class UnknownMediaType(BadRequest):
    """The body is of a kind that is not taken here."""

    http_status = 415


class Unauthorized(HeadraceError):
    """There is no token, or it does not count."""

    code = "unauthorized"
    http_status = 401


class NotFound(HeadraceError):
    """There is no such thing in this app."""

    code = "notFound"
    http_status = 404


class Forbidden(HeadraceError):
    """The caller may not do this."""

    code = "forbidden"
    http_status = 403


class EndpointFailed(HeadraceError):
    """An endpoint's script failed, or returned no answer."""

    code = "endpointException"


class AppStopped(EndpointFailed):
    """The app does not run, and this call does not wake it."""

    http_status = 503


class EndpointTimeout(EndpointFailed):
    """An endpoint's script did not answer in time."""

    code = "timeout"
    http_status = 504


class WaitTimeout(HeadraceError):
    """The wait reached its deadline."""

    code = "timeout"
    http_status = 408


class Deadlock(WaitTimeout):
    """The lock's holder waits for the one who asks for it: nobody would ever get on."""

    http_status = 409


class ValidationErrors(HeadraceError):
    """The record breaks its entity's declaration."""

    code = "validationErrors"
    http_status = 422


class OptimisticLocking(HeadraceError):
    """The record changed since it was read."""

    code = "optimisticLocking"
    http_status = 409


class PreconditionFailed(OptimisticLocking):
    """The record is not in the version that If-Match names."""

    http_status = 412


class TooManyRequests(HeadraceError):
    """The app has used up its requests for now."""

    code = "tooManyRequests"
    http_status = 429

    def __init__(self, message: str = "", *, retry_after_s: int = 1) -> None:
        super().__init__(message, additional_info={"retryAfterSeconds": retry_after_s})
        self.retry_after_s = retry_after_s


class ScriptError(HeadraceError):
    """A script that was waited for ended with an error; the code is that which it gave, also one of its own."""

    def __init__(self, code: object, message: str, *, additional_info: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, additional_info=additional_info)
        self.script_code = code if isinstance(code, str) and code else "unknownError"

    def to_json(self) -> dict[str, Any]:
        """As every error, with the script's code."""
        return {**super().to_json(), "code": self.script_code}


class LostClaim(HeadraceError):
    """Another attempt owns the job, or the job has ended."""


class DatabaseUnavailable(HeadraceError):
    """There is no connection to PostgreSQL."""

    http_status = 503


class MailUnavailable(HeadraceError):
    """The mail server cannot be reached, or takes no mail now."""

    http_status = 503


class DatabaseError(HeadraceError):
    """PostgreSQL refused a statement."""


class LostRace(DatabaseError):
    """Two transactions met in an order that could not be served; this one did nothing wrong, and may run again."""


class SchemaError(HeadraceError):
    """The schema and this code do not fit each other."""


class SchemaTooNew(SchemaError):
    """The database was migrated by a newer version of Headrace."""


class SchemaTooOld(SchemaError):
    """The database has not been migrated to this version: run `headrace migrate`."""
