"""The setting `handler_apps`: an app reaches only the handlers that the operator lets it have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from engine import app
from engine.db.pool import Pool
from engine.errors import ConfigError, Forbidden
from engine.executors import handler
from engine.executors.handler import HandlerJob
from engine.executors.handler_access import check_allowed
from engine.settings import Settings
from tests.engine.hands import APP, call
from tests.engine.shop import Shop


@pytest.fixture
async def shop(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """Workers that run handlers."""
    shop = Shop(pool, monkeypatch)
    shop.does(handler.execute)
    yield shop


async def test_a_handler_is_not_called_for_an_app_that_may_not_have_it(shop: Shop) -> None:
    """Its job ends at once with `forbidden`, whatever tries it has; the handler that is allowed does its job."""
    called: list[str] = []

    async def work(job: HandlerJob) -> Any:
        called.append("work")

    async def other(job: HandlerJob) -> Any:
        called.append("other")

    async with shop.worker(handlers={"work": work, "other": other}, handler_apps=f"somebody, {APP}/other"):
        refused = await shop.until(await call(shop.pool, maxAttempts=5))
        await shop.until(await call(shop.pool, "other"))
    assert called == ["other"]
    assert refused.attempt == 1
    error = (await shop.results(refused.id))["error"]
    assert (error["code"], "handler_apps" in error["message"]) == ("forbidden", True)


@pytest.mark.parametrize(
    ("setting", "lets"),
    [
        ("", True),
        (" ", True),
        ("crm", True),
        ("desk , crm", True),
        ("crm/space:configure", True),
        ("desk", False),
        ("crmx", False),
        ("crm/space", False),
        ("desk/space:configure", False),
    ],
)
def test_who_may_have_it(setting: str, lets: bool) -> None:
    """The app alone stands for all handlers; nothing is matched in part; without the setting every app may."""
    try:
        check_allowed(setting, "crm", "space:configure")
        assert lets
    except Forbidden:
        assert not lets


@pytest.mark.parametrize("setting", ["crm,", ",", "crm/", "/work", "c r m", "crm/a b", "crm/*"])
async def test_a_wrong_entry_ends_the_start(pool: Pool, setting: str) -> None:
    """The worker does not begin; the error names setting, entry and what is allowed."""
    with pytest.raises(ConfigError, match=r"handler_apps: '.*' is not allowed; expected APP for all"):
        async with app.open_worker(Settings(handler_apps=setting), pool):
            pass
