"""Freshworks' `client.job` (seed 000) for Python programs, over the HTTP API.

    async with Freshworks("https://jobs.example.org", token) as client:
        job_id = await client.job.invoke("sample_job", "some_tag", {"ticketId": 12345})
        print((await client.job.get(job_id))["status"])

docs/from-freshworks.md says which of its words is which of ours; engine/sdk/freshworks.js is the same in JavaScript.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from engine.sdk.answers import Client, call

PATH = "/freshworks/jobs"


class Jobs:
    """`client.job`."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def invoke(
        self, name: str, tag: str | Mapping[str, Any] | None = None, payload: Mapping[str, Any] | None = None
    ) -> str:
        """The id of a new job: invoke(name, tag, payload) or invoke(name, payload).

        BadRequest if the app has no such job, TooManyRequests beyond 50 requests a minute.
        """
        if isinstance(tag, Mapping):
            tag, payload = None, tag
        body = {"name": name, "tag": tag, "payload": dict(payload or {})}
        answer = await call(self._http, "POST", PATH, {key: value for key, value in body.items() if value is not None})
        return str(answer["id"])

    async def get(self, job_id: str) -> dict[str, Any]:
        """The job: id, name, tag, start_time, status, status_message, and end_time once it has ended.

        NotFound if the app has no such job.
        """
        job: dict[str, Any] = await call(self._http, "GET", f"{PATH}/{quote(job_id, safe='')}")
        return job


class Freshworks(Client):
    """A client of the API at `url` with a token; used in `async with`, or closed. `jobs` is `job`."""

    def __init__(self, url: str, token: str, *, timeout_s: float = 30.0) -> None:
        super().__init__(url, token, timeout_s=timeout_s)
        self.job = self.jobs = Jobs(self._http)
