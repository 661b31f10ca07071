"""How the error that ended an endpoint's script is told to its caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from engine.errors import (
    CODES,
    BadRequest,
    EndpointFailed,
    EndpointTimeout,
    Forbidden,
    HeadraceError,
    NotFound,
    OptimisticLocking,
    ValidationErrors,
)

# What a script throws with one of these codes is meant for its caller.
_TOLD: Mapping[str, type[HeadraceError]] = {
    kind.code: kind for kind in (BadRequest, NotFound, Forbidden, ValidationErrors, OptimisticLocking)
}


def failure(error: Mapping[str, Any], job_id: UUID) -> HeadraceError:
    """The error with the status of its code. Of what was not thrown on purpose only the job is told that has it."""
    code, info = error["code"], dict(error.get("additionalInfo", {}))
    if code in _TOLD:
        return _TOLD[code](error["message"], additional_info=info)
    if code == "timeout":
        return EndpointTimeout(error["message"], additional_info={"jobId": str(job_id)})
    if code not in CODES:
        return EndpointFailed(error["message"], additional_info={**info, "code": code, "jobId": str(job_id)})
    return EndpointFailed(f"the endpoint failed; job {job_id} has the error", additional_info={"jobId": str(job_id)})
