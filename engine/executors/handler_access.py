"""Which apps' jobs the platform's own handlers take: the setting `handler_apps`.

An app's schedule may name any handler, and so may whoever makes jobs of the app by SQL or HTTP. All of these doors lead
to the place where the job would run, so it is refused there.
"""

from __future__ import annotations

from functools import cache

from engine.errors import BadRequest, ConfigError, Forbidden
from engine.model import check_name, handler_queue


@cache
def allowed(setting: str) -> frozenset[tuple[str, str | None]]:
    """Pairs of app and handler in `crm, desk/space:configure`; None is all of them. ConfigError names a wrong entry."""
    return frozenset(_entry(text.strip()) for text in setting.split(",")) if setting.strip() else frozenset()


def _entry(text: str) -> tuple[str, str | None]:
    app, slash, handler = text.partition("/")
    try:
        check_name("app", app)
        if slash:
            handler_queue(handler)
    except BadRequest:
        expected = "APP for all handlers, or APP/HANDLER, separated by commas"
        raise ConfigError(f"handler_apps: {text!r} is not allowed; expected {expected}") from None
    return app, handler if slash else None


def check_allowed(setting: str, app: str, handler: str) -> None:
    """Forbidden if the setting names apps, and neither this one nor this handler of it."""
    pairs = allowed(setting)
    if pairs and (app, None) not in pairs and (app, handler) not in pairs:
        raise Forbidden(
            f"handler {handler!r} is not for jobs of {app}: the operator's setting handler_apps does not name it"
        )
