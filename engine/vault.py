"""What is encrypted at rest: JSON under keys of the setting `vault_keys`, each time bound to what it belongs to.

Fernet (AES-128-CBC with HMAC-SHA256, keys of 32 bytes) of the library cryptography. The first key encrypts, all of
them decrypt: that is how keys are rotated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from engine.errors import ConfigError

_ALLOWED = "keys that `headrace iparams new-key` prints, separated by commas"


class Vault:
    """Seals and opens with the operator's keys."""

    def __init__(self, keys: str | None) -> None:
        """ConfigError if a key is none; without any the vault can do nothing, and says so when it is asked to."""
        self._fernet = None if keys is None else _fernet(keys)

    def seal(self, owner: str, value: Mapping[str, Any]) -> bytes:
        """The value as only these keys can read it, and only as the owner's."""
        text = json.dumps({"owner": owner, "value": dict(value)}, ensure_ascii=False, separators=(",", ":"))
        return self._needed().encrypt(text.encode())

    def open(self, owner: str, sealed: bytes) -> dict[str, Any]:
        """The owner's value; ConfigError if no key of the setting reads it, or if it is somebody else's."""
        try:
            found = json.loads(self._needed().decrypt(sealed))
        except InvalidToken:
            raise ConfigError(f"setting vault_keys: no key in it reads what {owner} has; expected {_ALLOWED}") from None
        if found["owner"] != owner:
            raise ConfigError(f"what is stored for {owner} was sealed for another: somebody moved it")
        value: dict[str, Any] = found["value"]
        return value

    def _needed(self) -> MultiFernet:
        if self._fernet is None:
            raise ConfigError(f"setting vault_keys is missing: installation parameters need it; expected {_ALLOWED}")
        return self._fernet


def new_key() -> str:
    """A new key, for the setting; none begins like an option, since commands take it as an argument too."""
    while (key := Fernet.generate_key().decode()).startswith("-"):
        pass
    return key


def _fernet(keys: str) -> MultiFernet:
    """The keys in their order; none of them is shown when one is wrong."""
    made: list[Fernet] = []
    for number, key in enumerate((part.strip() for part in keys.split(",")), start=1):
        try:
            made.append(Fernet(key.encode()))
        except ValueError:
            raise ConfigError(f"setting vault_keys: key {number} is not allowed; expected {_ALLOWED}") from None
    return MultiFernet(made)
