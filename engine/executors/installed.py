"""What an app was installed with, on its way to a script: beside its variables, never among them.

The variables of a run are kept (chunks of executeInJob begin with them); these values are read anew for each attempt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.apps.iparams import get_iparams
from engine.apps.veil import Veil
from engine.executors.run import Run
from engine.vault import Vault
from scripting.model import Json, Language

# What scripting/stubs/boot.js takes out again before the script sees its variables.
INSTALLED = "$installed"


async def variables(run: Run, language: Language, given: Mapping[str, Any]) -> Mapping[str, Json]:
    """The script's variables, with the app's parameters for it to conceal where the app has any."""
    if run.claim.app_version is None or language is not Language.JAVASCRIPT:
        return given
    async with run.services.pool.acquire() as conn:
        app = await run.services.apps.get(conn, run.claim.app, run.claim.app_version)
        if not app.manifest.iparams:
            return given
        values = await get_iparams(conn, Vault(run.services.settings.vault_keys), run.claim.app)
    run.veil = Veil.over(values)
    return {**given, INSTALLED: {"values": values, "marks": [list(pair) for pair in run.veil.marks]}}
