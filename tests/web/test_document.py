"""The OpenAPI document, and schemathesis against it on the running server."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import pytest

from tests.web.conftest import Api

# Bounded and without chance: the same requests in each run.
EXAMPLES = 12
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
)


async def fuzz(address: str, secret: str, *more: str) -> tuple[int, str]:
    """The exit code and the report of schemathesis."""
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{address}/openapi.json"),
        *("--header", f"Authorization: Bearer {secret}"),
        *("--checks", ",".join(CHECKS), "--max-examples", str(EXAMPLES), "--generation-deterministic"),
        *("--no-shrink", "--no-color", "--request-timeout", "60"),
        *more,
    ]
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


@pytest.mark.parametrize("which", ["--include-path-regex", "--exclude-path-regex"])
async def test_schemathesis_finds_nothing(api: Api, address: str, which: str) -> None:
    """No 5xx, no response that the document does not describe, no wrong request taken, no way past the token.

    In two halves, Flatfile's doors and all others, so that two processes can do it.
    """
    code, report = await fuzz(address, await api.token("admin"), which, "^/v1/")
    assert code == 0, report
