"""What the API counts of its requests."""

from __future__ import annotations

import httpx

from engine.metrics import Metrics
from engine.web import api as web_api
from engine.web.context import Web

REQUESTS = "headrace_http_requests_total"


async def test_requests_are_counted_by_their_template(web: Web) -> None:
    """No id of a path and no method that a caller made up becomes a label."""
    metrics = Metrics()
    transport = httpx.ASGITransport(web_api.framed(web_api.build(web), web, metrics.service))
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as http:
        await http.get("/health/live")
        for n in range(3):
            await http.get(f"/apps/crm/jobs/{n}")
            await http.request("GET", f"/nowhere/{n}")
        await http.request("BREW", "/apps/crm/jobs/1")
    families = [family for family in metrics.registry.collect() if family.name == "headrace_http_requests"]
    counted = {
        (sample.labels["method"], sample.labels["route"], sample.labels["status"]): sample.value
        for family in families
        for sample in family.samples
        if sample.name == REQUESTS
    }
    assert counted["GET", "/health/live", "200"] == 1
    assert counted["GET", "/apps/{app}/jobs/{jobId}", "401"] == 3
    assert counted["GET", "unmatched", "404"] == 3
    assert {method for method, _, _ in counted} == {"GET", "other"}
