"""Traces over the wire: `headrace dev` sends what OpenTelemetry's protocol says to a receiver."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.cli.conftest import Call, Processes, until

CRM = Path(__file__).resolve().parents[2] / "examples" / "crm"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Receiver(ThreadingHTTPServer):
    """Takes OTLP over HTTP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.spans: list[Span] = []
        self.services: set[str] = set()

    def take(self, body: bytes) -> None:
        """Keeps what a request has."""
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            described = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
            self.services.add(described["service.name"])
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        assert self.path == "/v1/traces"
        self.server.take(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing to say."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on any free port."""
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_request_and_its_job_are_one_trace(
    processes: Processes, on_database: Call, dsn: str, receiver: Receiver
) -> None:
    """From the header of a request to the job's script; what is not sent yet is sent when the process ends."""
    on_database("push", str(CRM))
    made = on_database("token", "create", "--app", "crm", "--user", "ann", "--user-name", "Ann", "--scope", "admin")
    token = made.out.strip()
    endpoint = f"http://127.0.0.1:{receiver.server_address[1]}"
    environment = {"HEADRACE_TRACES": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_SERVICE_NAME": "jobs"}
    process = processes.start("dev", "--api-port", "0", "--database-url", dsn, env=environment)
    described = re.search(r"(http://\S+)/docs", until(process, "ready:"))
    assert described is not None
    headers = {"Authorization": f"Bearer {token}", "traceparent": f"00-{TRACE}-{PARENT}-01"}
    body = {"type": "EXECUTE_ACTION", "actionName": "report"}
    job = httpx.post(f"{described[1]}/apps/crm/jobs", json=body, headers=headers, timeout=60)
    assert job.status_code == 201, job.text
    address = f"{described[1]}/apps/crm/jobs/{job.json()['id']}"
    plain = {"Authorization": f"Bearer {token}"}
    while httpx.get(address, headers=plain, timeout=60).json()["status"] != "FINISHED":
        pass
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    assert process.returncode == 0
    ours = {span.name: span for span in receiver.spans if span.trace_id.hex() == TRACE}
    request = ours["POST /apps/{app}/jobs"]
    assert (request.parent_span_id.hex(), request.kind) == (PARENT, Span.SPAN_KIND_SERVER)
    attempt = ours["EXECUTE_ACTION report"]
    assert (attempt.parent_span_id, attempt.kind) == (request.span_id, Span.SPAN_KIND_CONSUMER)
    assert ours["waiting"].parent_span_id
    assert {"script", "sys.data.executeAction"} <= set(ours)
    assert receiver.services == {"jobs"}


def test_traces_that_cannot_be_sent_cost_no_job(processes: Processes, on_database: Call, dsn: str) -> None:
    """Nobody listens at the endpoint: the worker works, and ends."""
    environment = {"HEADRACE_TRACES": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    environment["OTEL_EXPORTER_OTLP_TIMEOUT"] = "1"
    process = processes.start("worker", "--database-url", dsn, env=environment)
    until(process, "worker")
    Path("one.js").write_text("return 1;", encoding="utf-8")
    assert on_database("run", "one.js").out == "1\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    assert process.returncode == 0


def test_no_sdk_is_imported_without_the_setting() -> None:
    """Whoever does not trace pays nothing: the SDK is not even looked for. (FastAPI itself imports the bare API.)"""
    code = (
        "import sys; sys.modules['opentelemetry.sdk'] = sys.modules['opentelemetry.exporter'] = None\n"
        "import engine.app, engine.worker.loop, engine.web.api, engine.cli.serve\n"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=CRM.parent.parent, check=False).returncode == 0


def test_the_setting_without_the_package_is_a_clear_error(processes: Processes, dsn: str, tmp_path: Path) -> None:
    """The message names the setting and what to install."""
    (tmp_path / "opentelemetry.py").write_text("raise ImportError('no', name='opentelemetry')", encoding="utf-8")
    environment = {"HEADRACE_TRACES": "true", "PYTHONPATH": str(tmp_path)}
    result = processes.run("worker", "--database-url", dsn, env=environment)
    assert result.code != 0
    assert "setting traces: opentelemetry is not installed; install headrace[otel]" in result.err
