"""The secret of a webhook: as the app's folder has it, or an installation parameter, which is encrypted at rest."""

from __future__ import annotations

from engine.apps.iparams import get_iparams
from engine.apps.outgoing import SECRET_LENGTHS, Notification, secret_parameter
from engine.errors import ConfigError
from engine.executors.run import Run
from engine.vault import Vault


async def secret_of(run: Run, notification: Notification) -> str:
    """The secret in plain text, for this attempt; ConfigError, which does not show it, if it cannot sign."""
    given = notification.secret or ""
    name = secret_parameter(given)
    if name is None:
        return given
    async with run.services.pool.acquire() as conn:
        values = await get_iparams(conn, Vault(run.services.settings.vault_keys), run.claim.app)
    value = values.get(name)
    if not isinstance(value, str) or len(value) not in SECRET_LENGTHS:
        raise ConfigError(
            f"notifications.{notification.name}.secret: {run.claim.app} has no installation parameter {name!r} "
            "that is a text of 16 to 200 characters; `headrace iparams set` gives it one"
        )
    return value
