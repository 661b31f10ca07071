"""The OpenAPI document, and schemathesis against it on the running server."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

import pytest

from tests.web.conftest import Api

# Bounded and without chance: the same requests in each run. These come behind those at the borders of each value, some
# forty for each operation.
EXAMPLES = 6
# Most of the time is spent in requests that wait, so processes share the operations; in threads of one of them
# Hypothesis fails by itself.
OPERATIONS = ("--phases", "examples,coverage,fuzzing")
PARTS = ("^/v1/jobs", "^/v1/(actions|events|listeners)", "^/apps/[^/]+/jobs", "^/apps/[^/]+/(records|files|schedules)")
SHARES = (
    *((*OPERATIONS, "--include-path-regex", part) for part in PARTS),
    (*OPERATIONS, "--exclude-path-regex", "|".join(PARTS)),
    ("--phases", "stateful"),
)
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


@pytest.mark.timeout(900)
async def test_schemathesis_finds_nothing(api: Api, address: str) -> None:
    """No 5xx, no response that the document does not describe, no wrong request taken, no way past the token."""
    secret = await api.token("admin")
    ended = await asyncio.gather(*(fuzz(address, secret, *share) for share in SHARES))
    for code, report in ended:
        assert code == 0, report
        assert re.search(r"[1-9]\d* generated", report), report
