"""blake2b and sha256 out of Python's own C where it has them, as in `random`.

`hashlib` loads OpenSSL: 15 mappings and 100 pages, which every fork of the zygote copies.
"""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:  # a build that leaves all digests to OpenSSL
    from hashlib import blake2b

try:
    from _sha2 import sha256  # type: ignore[import-not-found]
except ImportError:
    try:
        from _sha256 import sha256  # type: ignore[import-not-found]
    except ImportError:
        from hashlib import sha256

__all__ = ["blake2b", "sha256"]
