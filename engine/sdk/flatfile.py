"""Flatfile's `api.jobs` and `api.actions` (seed 001) for Python programs, over the HTTP API.

    async with Flatfile("https://jobs.example.org", token) as api:
        action = await api.actions.create({"label": "Export", "operation": "export", "targetId": "us_wb_1"})
        job = await api.actions.trigger(action["id"])
        print((await api.jobs.get(job["id"]))["status"])

docs/from-flatfile.md says which of its words is which of ours; in JavaScript there is the vendor's own @flatfile/api.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from engine.sdk.answers import Client, call

Document = dict[str, Any]


class Jobs:
    """`api.jobs`: jobs as dicts with the vendor's fields. What handlers answer is not here: see `job_handler`."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def create(self, config: Mapping[str, Any]) -> Document:
        """A new job of the handler `type:operation`; BadRequest names a field that is wrong."""
        return await _data(self._http, "POST", "/v1/jobs", config)

    async def get(self, job_id: str) -> Document:
        """The job; NotFound if there is none."""
        return await _data(self._http, "GET", _job(job_id))

    async def execute(self, job_id: str) -> None:
        """Lets a job run that waits for it; BadRequest if it does not."""
        await _data(self._http, "POST", f"{_job(job_id)}/execute", {})

    async def cancel(self, job_id: str, info: str | None = None) -> Document:
        """The job, canceled with its descendants; BadRequest if it is over."""
        return await _data(self._http, "POST", f"{_job(job_id)}/cancel", {} if info is None else {"info": info})

    async def retry(self, job_id: str) -> Document:
        """A new job like this one; BadRequest if it is not over."""
        return await _data(self._http, "POST", f"{_job(job_id)}/retry", {})

    async def ack_outcome(self, job_id: str) -> Document:
        """The job, whose end somebody has seen; BadRequest if it is not over."""
        return await _data(self._http, "POST", f"{_job(job_id)}/outcome/ack", {})


class Actions:
    """`api.actions`: actions as dicts with the vendor's fields."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def create(self, action: Mapping[str, Any], *, space_id: str | None = None) -> Document:
        """A new action on the resource `targetId`; BadRequest names a field that is wrong."""
        return await _data(self._http, "POST", _query("/v1/actions", spaceId=space_id), action)

    async def get_all(self, *, space_id: str | None = None, target_id: str | None = None) -> list[Document]:
        """The actions of a space, of a resource, or of the token's app, in the order in which they were made."""
        found: list[Document] = await call(
            self._http, "GET", _query("/v1/actions", spaceId=space_id, targetId=target_id)
        )
        return found

    async def get(self, action_id: str) -> Document:
        """The action; NotFound if there is none."""
        return await _data(self._http, "GET", _action(action_id))

    async def update(self, action_id: str, changes: Mapping[str, Any]) -> Document:
        """The action with these fields changed; the jobs that it made stay as they are."""
        return await _data(self._http, "PATCH", _action(action_id), changes)

    async def delete(self, action_id: str) -> None:
        """Removes the action; the jobs that it made stay."""
        await _data(self._http, "DELETE", _action(action_id))

    async def trigger(self, action_id: str, input: Mapping[str, Any] | None = None, **more: Any) -> Document:
        """A new job of the action, ready at once, with this input, else with the defaults of the action's form.

        `more` may be `metadata`. BadRequest if the form does not allow the input.
        """
        return await _data(
            self._http,
            "POST",
            f"{_action(action_id)}/trigger",
            {**more, **({} if input is None else {"input": dict(input)})},
        )


async def _data(http: httpx.AsyncClient, method: str, path: str, body: Mapping[str, Any] | None = None) -> Document:
    answer = await call(http, method, path, body)
    data: Document = answer["data"]
    return data


def _job(id: str) -> str:
    return f"/v1/jobs/{quote(id, safe='')}"


def _action(id: str) -> str:
    return f"/v1/actions/{quote(id, safe='')}"


def _query(path: str, **given: str | None) -> str:
    named = {name: value for name, value in given.items() if value is not None}
    return f"{path}?{urlencode(named)}" if named else path


class Flatfile(Client):
    """A client of the API at `url` with a token; used in `async with`, or closed."""

    def __init__(self, url: str, token: str, *, timeout_s: float = 30.0) -> None:
        super().__init__(url, token, timeout_s=timeout_s)
        self.jobs = Jobs(self._http)
        self.actions = Actions(self._http)
