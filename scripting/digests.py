"""blake2b and sha256 out of Python's own C where it has them, as in `random`.

`hashlib` loads OpenSSL: 15 mappings and 100 pages, which every fork of the zygote copies.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

__all__ = ["blake2b", "sha256"]


def _digest(module: str, name: str) -> Any:
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError:  # a build that leaves all digests to OpenSSL
        return getattr(importlib.import_module("hashlib"), name)


blake2b = _digest("_blake2", "blake2b")
sha256 = _digest("_sha2" if sys.version_info >= (3, 12) else "_sha256", "sha256")
