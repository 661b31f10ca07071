"""Apps' endpoints over HTTP, with a worker behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from engine import app
from engine.apps import endpoints, states
from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.data import tokens, users
from engine.data.users import User
from engine.db.pool import Pool
from engine.ids import new_id
from engine.jobs import store
from engine.model import Job, Scope
from engine.settings import Settings
from tests.postgres import Server
from tests.web.conftest import no_check

SCRIPTS = {
    "echo.js": "return request;",
    "echo.py": "return request",
    "status.js": "return {status: 201, headers: {Location: '/x', 'X-Two': 'b'}, body: {made: request.body.n}};",
    "status.py": "n = request.body.n\nheaders = {'Location': '/x', 'X-Two': 'b'}\n"
    "return {'status': 201, 'headers': headers, 'body': {'made': n}}",
    "text.js": "return {status: 200, headers: {'content-type': 'text/csv'}, body: 'a,b\\n'};",
    "none.js": "return {status: 204};",
    "bad.js": "return {status: 200, headers: {'Set-Cookie': 'a=b'}};",
    "throws.js": "sys.exceptions.throwException(request.query.code, 'no such thing');",
    "breaks.js": "return secret.of.ours;",
    "breaks.py": "return secret.of.ours",
    "slow.js": "while (true) { sys.jobs.getCurrentJobId(); }",
    "shut.js": "return 1;",
}
MORE = {
    "status.js": {"method": "POST", "access": "public"},
    "status.py": {"method": "POST", "access": "public"},
    "echo.js": {"method": "POST", "access": "run", "path": "/echo.js/{part}/{more}"},
    "echo.py": {"method": "POST", "access": "run", "path": "/echo.py/{part}/{more}"},
    "slow.js": {"access": "public", "timeout": 300},
    "shut.js": {"access": "public", "wakes": False},
}


def _toml(name: str) -> str:
    keys: dict[str, Any] = {"path": f"/{name}", "script": f"endpoints/{name}", "access": "public", **MORE.get(name, {})}
    lines = [f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}" for key, value in keys.items()]
    return "\n".join([f"[endpoints.{named(name)}]", *lines])


def named(script: str) -> str:
    """The name of the endpoint that a script is."""
    return script.replace(".", "_")


@dataclass(frozen=True, slots=True)
class Site:
    """An app with all of its endpoints deployed, a worker for it, and a client."""

    pool: Pool
    http: httpx.AsyncClient
    secrets: dict[str, str]

    async def call(self, method: str, path: str, status: int = 200, **options: Any) -> httpx.Response:
        """The response, which has this status."""
        response = await self.http.request(method, f"/apps/site/endpoints{path}", **options)
        assert response.status_code == status, (response.status_code, response.text)
        return response

    def bearer(self, scope: str) -> dict[str, str]:
        """The header of a token with only this scope."""
        return {"Authorization": f"Bearer {self.secrets[scope]}"}

    async def job(self, response: httpx.Response) -> Job:
        """The job that answered."""
        async with self.pool.acquire() as conn:
            return await store.get(conn, "site", UUID(response.headers["headrace-job"]))


@pytest.fixture(scope="module")
async def working(server: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """One worker and one API for all of these tests."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "endpoints").mkdir()
    for name, source in SCRIPTS.items():
        (folder / "endpoints" / name).write_text(source)
    (folder / "app.toml").write_text("\n".join(['[app]\nname = "site"', *map(_toml, SCRIPTS)]))
    name = await server.create(template=template)
    settings = Settings(
        database_url=server.database(name), slots=3, poll_ms=100, api_port=0, api_requests_per_minute=1_000_000,
        api_body_kb=64,
    )  # fmt: skip
    async with (
        app.open_database(settings) as database,
        app.open_worker(settings, database.pool) as worker,
        app.open_api(settings, database.pool, no_check) as api,
        httpx.AsyncClient(base_url=api.url, timeout=60) as http,
    ):
        secrets = {}
        async with database.pool.acquire() as conn:
            await push(conn, load_folder(Path(folder)))
            await users.save(conn, "site", User("ann", "Ann"))
            for scope in Scope:
                issued = await tokens.issue(conn, "site", "ann", name="t", scopes=[scope])
                secrets[scope.value] = issued.secret
        running = [asyncio.create_task(worker.run()), asyncio.create_task(api.run())]
        yield Site(database.pool, http, secrets)
        worker.stop()
        api.stop()
        await asyncio.gather(*running)
    await server.drop(name)


@pytest.fixture
async def site(working: Site) -> Site:
    """Started, with everything deployed."""
    async with working.pool.transaction() as conn:
        await states.start(conn, "site")
        for name in SCRIPTS:
            await endpoints.deploy(conn, "site", named(name))
    return working


both = pytest.mark.parametrize("language", ["js", "py"])


@both
async def test_the_request_as_the_script_sees_it(site: Site, language: str) -> None:
    """Method, path, its parameters, query, headers but the caller's secrets, body, and the token's user."""
    headers = {**site.bearer("run"), "X-Mine": "1", "Cookie": "a=b"}
    response = await site.call(
        "POST", f"/echo.{language}/a%2Fb/%C3%A4?q=1&q=2&r=x", headers=headers, json={"n": [1, None, "ä"]}
    )
    seen = response.json()
    assert (seen["method"], seen["path"], seen["user"]) == ("POST", f"/echo.{language}/a/b/ä", "ann")
    assert (seen["params"], seen["query"]) == ({"part": "a/b", "more": "ä"}, {"q": ["1", "2"], "r": "x"})
    assert (seen["body"], seen["headers"]["x-mine"]) == ({"n": [1, None, "ä"]}, "1")
    assert {"authorization", "cookie"} & set(seen["headers"]) == set()
    job = await site.job(response)
    assert (job.type.value, job.data, job.run_by) == ("CALL_ENDPOINT", {"endpointName": f"echo_{language}"}, "ann")


@both
async def test_an_answer_of_its_own(site: Site, language: str) -> None:
    """Status, headers and body as the script says."""
    response = await site.call("POST", f"/status.{language}", 201, json={"n": 5})
    assert (response.json(), response.headers["location"], response.headers["x-two"]) == ({"made": 5}, "/x", "b")
    assert response.headers["content-security-policy"].startswith("default-src 'none'")


async def test_bodies_that_are_no_json(site: Site) -> None:
    """A text with its own type, nothing at all, and a text that comes in."""
    csv = await site.call("GET", "/text.js")
    assert (csv.text, csv.headers["content-type"]) == ("a,b\n", "text/csv")
    assert (await site.call("GET", "/none.js", 204)).content == b""
    run = {**site.bearer("run"), "Content-Type": "text/plain"}
    assert (await site.call("POST", "/echo.js/a/b", headers=run, content="käse".encode())).json()["body"] == "käse"


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"a": "\\u0000"}', "application/json", 400),
        (b"[1e999]", "application/json", 400),
        (b"\xff\xfe", "application/octet-stream", 415),
        (b"a\0b", "text/plain", 400),
        (b"x" * 70_000, "text/plain", 413),
    ],
)
async def test_bodies_that_are_refused(site: Site, content: bytes, kind: str, status: int) -> None:
    """Broken JSON, what PostgreSQL cannot keep, bytes that are no text, and too many of them: no job is made."""
    headers = {**site.bearer("run"), "Content-Type": kind}
    response = await site.call("POST", "/echo.js/a/b", status, headers=headers, content=content)
    assert (response.json()["code"], "headrace-job" in response.headers) == ("badRequest", False)


@pytest.mark.parametrize(("code", "status"), [("badRequest", 400), ("notFound", 404), ("forbidden", 403)])
async def test_what_a_script_throws_has_its_status(site: Site, code: str, status: int) -> None:
    """A code of the platform is told as it is."""
    body = (await site.call("GET", f"/throws.js?code={code}", status)).json()
    assert (body["code"], body["message"]) == (code, "no such thing")


async def test_a_script_that_fails(site: Site) -> None:
    """Its own code is told, an accident is not: only the job has it. So has an answer that is none."""
    own = (await site.call("GET", "/throws.js?code=soldOut", 500)).json()
    assert (own["code"], own["message"], own["additionalInfo"]["code"]) == (
        "endpointException",
        "no such thing",
        "soldOut",
    )
    for name in ("breaks.js", "breaks.py", "bad.js"):
        told = (await site.call("GET", f"/{name}", 500)).json()
        assert told["code"] == "endpointException" and "secret" not in str(told)
        async with site.pool.acquire() as conn:
            left = await store.results(conn, "site", told["additionalInfo"]["jobId"]) or {}
        assert ("no answer" if name == "bad.js" else "secret") in left["error"]["message"]


async def test_one_that_is_too_slow(site: Site) -> None:
    """504 after its time-out, and its job does not go on."""
    told = (await site.call("GET", "/slow.js", 504)).json()
    assert told["code"] == "timeout"
    async with asyncio.timeout(60), site.pool.acquire() as conn:
        job_id = told["additionalInfo"]["jobId"]
        while not (await store.get(conn, "site", job_id)).status.is_final:  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(0.02)


async def test_who_may_call(site: Site) -> None:
    """The scope that is declared, or a public one anybody; methods and addresses that there are not."""
    path = "/echo.js/a/b"
    assert (await site.call("POST", path, 401)).json()["code"] == "unauthorized"
    assert (await site.call("POST", path, 401, headers={"Authorization": "Bearer x"})).json()["code"] == "unauthorized"
    assert (await site.call("POST", path, 403, headers=site.bearer("read"))).json()["code"] == "forbidden"
    await site.call("POST", path, 200, headers=site.bearer("admin"))
    assert (await site.call("GET", path, 405)).headers["allow"] == "POST"
    await site.call("GET", "/nothing", 404)
    assert (await site.http.get("/apps/none/endpoints/text.js")).status_code == 404


async def test_another_apps_token_is_404(site: Site) -> None:
    """A token does not get into an app that is not its own."""
    async with site.pool.acquire() as conn:
        await conn.execute(
            "insert into headrace.apps (name, label, version) values ('other', '', 0) on conflict do nothing"
        )
        await users.save(conn, "other", User("bob", "Bob"))
        issued = await tokens.issue(conn, "other", "bob", name="t", scopes=list(Scope))
    await site.call("POST", "/echo.js/a/b", 404, headers={"Authorization": f"Bearer {issued.secret}"})


async def test_only_what_is_deployed_answers(site: Site) -> None:
    """404 after UNDEPLOY_ENDPOINT, the answer again after DEPLOY_ENDPOINT; each is an admin's job."""

    async def change(method: str, status: int) -> None:
        made = await site.http.request(method, "/apps/site/deployments/text_js", headers=site.bearer("admin"))
        assert made.status_code == status, made.text
        path = f"/apps/site/jobs/{made.json()['id']}"
        job = (await site.http.get(f"{path}/wait", headers=site.bearer("read"))).json()
        assert (job["data"], job["hasErrors"]) == ({"endpointName": "text_js"}, False)
        assert (await site.http.get(f"{path}/results", headers=site.bearer("read"))).json() == {}

    for _ in range(2):
        await change("DELETE", 202)
        assert (await site.call("GET", "/text.js", 404)).json()["code"] == "notFound"
    await change("POST", 201)
    await site.call("GET", "/text.js")
    listed = (await site.http.get("/apps/site/deployments", headers=site.bearer("read"))).json()["items"]
    assert {each["name"] for each in listed if each["deployed"]} == set(map(named, SCRIPTS))
    nothing = await site.http.post("/apps/site/deployments/nothing", headers=site.bearer("admin"))
    assert nothing.status_code == 404


@pytest.mark.parametrize("sleeping", [True, False])
async def test_a_call_to_an_app_that_does_not_run(site: Site, sleeping: bool) -> None:
    """A sleeping app is woken, by one START_APP however many call; a stopped one is 503, and who does not wake."""
    async with site.pool.transaction() as conn:
        await states.stop(conn, "site", sleeping=sleeping, by=new_id())
    shut = await site.call("GET", "/shut.js", 503)
    assert (shut.json()["code"], shut.headers["retry-after"].isdigit()) == ("endpointException", True)
    if not sleeping:
        assert "is stopped" in (await site.call("GET", "/text.js", 503)).json()["message"]
        return
    before = await site.pool.fetch("select id from headrace.jobs where type = 'START_APP'")
    answers = await asyncio.gather(*(site.call("GET", "/text.js") for _ in range(5)))
    assert {answer.text for answer in answers} == {"a,b\n"}
    after = await site.pool.fetch("select id from headrace.jobs where type = 'START_APP' order by id")
    assert len(after) == len(before) + 1
    async with site.pool.acquire() as conn:
        woken = await store.get(conn, "site", after[-1]["id"])
    assert woken.data == {"pushChanges": False, "wakingUp": True}
