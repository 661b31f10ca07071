"""The samples of seed 004, in Python and in Node, through the clients of engine/sdk."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import BadRequest, HeadraceError, NotFound, Unauthorized
from engine.sdk.ductape import Ductape, JobEventTypes
from tests.node import run_node
from tests.web.conftest import Api

# The seed's samples; `action_tag` is a handler here, since the example app has no action of that name.
NODE = """
import { page } from "./page.mjs";
const { exported } = await page(process.env.URL + "/ductape/client.js");
const { default: ductapeOf, Ductape, DuctapeError, JobEventTypes } = exported;
const ductape = new Ductape({ token: process.env.TOKEN });
const details = {
  name: 'Example Job',
  tag: 'example_job',
  event_type: JobEventTypes.FUNCTION,
  event_tag: 'action_tag',
  executions: 5,
  intervals: 60000,
};
const seen = [];
seen.push(await ductape.product.jobs.create(details));
const tag = 'example_job';
const data = { name: 'Updated Job Name', executions: 10, intervals: 120000 };
seen.push(await ductape.product.jobs.update(tag, data));
seen.push(await ductape.product.jobs.fetchAll());
seen.push(await ductape.product.jobs.fetch('example_job'));
try { await ductape.product.jobs.fetch('nothing'); } catch (error) {
  seen.push([error instanceof DuctapeError, error.status, error.code, ductapeOf === Ductape]);
}
const { jobs } = ductape.product;
const wrong = [() => jobs.update(tag, { executions: null }), () => jobs.update(tag, { cron: '* * * * *' }),
  () => jobs.update(tag), () => jobs.update(undefined, data), () => jobs.fetch(), () => jobs.fetch('')];
for (const call of wrong) {
  seen.push(await call().catch((error) => [error.code, error.additionalInfo.field, error.additionalInfo.value]));
}
console.log(JSON.stringify(seen));
"""


async def test_the_samples_in_node(api: Api, address: str, tmp_path: Path) -> None:
    """The file that the API serves does what the seed says; an error has its code."""
    created, updated, everything, fetched, refused, *wrong = await run_node(
        NODE, tmp_path, URL=address, TOKEN=await api.token()
    )
    assert (created["name"], created["executions"], created["intervals"]) == ("Example Job", 5, 60_000)
    assert (updated["name"], updated["executions"], updated["intervals"]) == ("Updated Job Name", 10, 120_000)
    assert (everything, fetched) == ([updated], updated)
    assert refused == [True, 404, "notFound", True]
    fields = [("executions", "null"), ("cron", "'* * * * *'"), ("body", "null")]
    tags = [("tag", "undefined"), ("tag", "undefined"), ("tag", '""')]
    assert wrong == [["badRequest", *each] for each in (*fields, *tags)]


async def test_the_samples_in_python(api: Api, address: str) -> None:
    """The same calls by the same names, with our errors."""
    async with Ductape(address, await api.token()) as ductape:
        jobs = ductape.product.jobs
        details = {
            "name": "Example Job",
            "tag": "example_job",
            "event_type": JobEventTypes.FUNCTION,
            "event_tag": "action_tag",
            "executions": 5,
            "intervals": 60_000,
        }
        created = await jobs.create(details)
        assert {key: created[key] for key in details} == details
        updated = await jobs.update("example_job", {"name": "Updated Job Name", "executions": 10, "intervals": 120_000})
        assert await jobs.fetchAll() == await jobs.fetch_all() == [updated]
        assert await jobs.fetch("example_job") == updated
        with pytest.raises(NotFound, match="has no schedule 'nothing'"):
            await jobs.fetch("nothing")
        with pytest.raises(BadRequest, match=r"tag: 'example_job' is not allowed"):
            await jobs.create(details)
        for wrong in (
            lambda: jobs.update("example_job", {"executions": None}),
            lambda: jobs.update("example_job", {"cron": "* * * * *"}),
            lambda: jobs.update("", {"executions": 5}),
            lambda: jobs.fetch(""),
        ):
            with pytest.raises(BadRequest, match=r"^(executions: null|cron: '\* \* \* \* \*'|tag: '') is not allowed"):
                await wrong()
        assert await jobs.fetch("example_job") == updated
    async with Ductape(address, "wrong") as ductape:
        with pytest.raises(Unauthorized):
            await ductape.product.jobs.fetch_all()
    async with Ductape("http://127.0.0.1:9", "wrong") as ductape:
        with pytest.raises(HeadraceError, match=r"no answer from http://127\.0\.0\.1:9"):
            await ductape.product.jobs.fetch_all()
