"""Ductape's `product.jobs` (seed 004) for Python programs, over the HTTP API.

    async with Ductape("https://jobs.example.org", token) as ductape:
        await ductape.product.jobs.create({"name": "Example Job", "tag": "example_job", …})

docs/from-ductape.md says which of its words is which of ours; engine/sdk/ductape.js is the same in JavaScript.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import httpx

from engine.errors import BadRequest
from engine.sdk.answers import Client, call

Job = dict[str, Any]


class JobEventTypes(StrEnum):
    """What a job may execute."""

    ACTION = "ACTION"
    NOTIFICATION = "NOTIFICATION"
    DATABASE_ACTION = "DATABASE_ACTION"
    FUNCTION = "FUNCTION"
    MESSAGEBROKER = "MESSAGEBROKER"


class Jobs:
    """`product.jobs`: jobs as dicts with the seed's fields, and beside them state, executed and next_run."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def create(self, details: Mapping[str, Any]) -> Job:
        """A new job; BadRequest if a field is wrong, its event is not there, or its tag is taken."""
        job: Job = await self._call("POST", "", details)
        return job

    async def update(self, tag: str, data: Mapping[str, Any]) -> Job:
        """The job with these fields changed, from its next run on; NotFound if there is none."""
        job: Job = await self._call("PATCH", _named(tag), data)
        return job

    async def fetch(self, tag: str) -> Job:
        """The job; NotFound if there is none."""
        job: Job = await self._call("GET", _named(tag))
        return job

    async def fetch_all(self) -> list[Job]:
        """All jobs of the token's app, in the order of their tags."""
        jobs: list[Job] = await self._call("GET", "")
        return jobs

    fetchAll = fetch_all  # noqa: N815 - the seed's name

    async def _call(self, method: str, tag: str, body: Mapping[str, Any] | None = None) -> Any:
        path = f"/ductape/jobs/{quote(tag, safe='')}" if tag else "/ductape/jobs"
        return await call(self._http, method, path, body)


def _named(tag: str) -> str:
    """Without a tag the address would be that of all jobs."""
    if not isinstance(tag, str) or not tag:
        raise BadRequest.field("tag", tag, "the tag of a job")
    return tag


class Product:
    """What belongs to the product, which is the token's app."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.jobs = Jobs(http)


class Ductape(Client):
    """A client of the API at `url` with a token; used in `async with`, or closed."""

    def __init__(self, url: str, token: str, *, timeout_s: float = 30.0) -> None:
        super().__init__(url, token, timeout_s=timeout_s)
        self.product = Product(self._http)
