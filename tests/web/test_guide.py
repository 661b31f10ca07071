"""docs/http.md: each of its samples is run against the API."""

from __future__ import annotations

import shlex
from pathlib import Path
from string import Template

import httpx

from tests.web.conftest import Api, Caller

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "http.md"


def request(line: str, names: dict[str, str]) -> httpx.Request:
    """The request that curl would send."""
    words = shlex.split(Template(line).substitute(names))[1:]
    method, body, headers, url = "GET", None, {}, ""
    while words:
        match words.pop(0):
            case "-X":
                method = words.pop(0)
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "-d":
                body = words.pop(0)
                method = "POST" if method == "GET" else method
            case "-N":
                pass
            case word:
                url = word
    return httpx.Request(method, url, headers=headers, content=body)


async def test_every_sample_of_the_guide_works(api: Api, ann: Caller, address: str) -> None:
    """Each curl line succeeds, in the order of the page; what it makes is what the later ones name."""
    names = {"URL": address, "TOKEN": ann.secret}
    made = {"/jobs": "JOB", "/records/companies": "RECORD", "/files": "FILE"}
    lines = [line for line in GUIDE.read_text(encoding="utf-8").splitlines() if line.startswith("curl ")]
    assert len(lines) > 20
    for line in lines:
        sent = request(line, names)
        response = await api.http.send(sent)
        assert response.status_code in (200, 201, 202, 204), (line, response.text)
        for end, name in made.items():
            if response.status_code == 201 and sent.url.path.endswith(end):
                names[name] = response.json()["id"]
