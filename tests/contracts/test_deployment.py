"""The image, the compose file and the Kubernetes files against their schemas, and against what the engine promises."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from engine.settings import Settings
from grafana import expressions
from tests.contracts.test_metrics import exposed

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
KUBERNETES = ROOT / "deploy" / "kubernetes"
DOCUMENTS = [
    (f"{path.name}: {document['kind']}", document)
    for path in sorted(KUBERNETES.glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
OURS = [(name, document) for name, document in DOCUMENTS if document["kind"] != "ScaledObject"]
PODS = [(name, document["spec"]["template"]["spec"]) for name, document in OURS if "template" in document["spec"]]
# The oldest that is kept up by its makers, and the newest that the schemas know.
VERSIONS = ("1.34", "1.37")
MIB = {"Mi": 1, "Gi": 1024}
# Of the environment of others.
NOT_SETTINGS = {"HEADRACE_DB_PASSWORD", "HEADRACE_READER_PASSWORD", "HEADRACE_READER", "HEADRACE_PROMETHEUS_URL"}


def compose() -> dict[str, Any]:
    """The compose file."""
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return found


def only(kind: str, name: str) -> dict[str, Any]:
    """The Kubernetes object of this kind and name."""
    (found,) = [doc for _, doc in DOCUMENTS if doc["kind"] == kind and doc["metadata"].get("name") == name]
    return found


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("name", "document"), OURS, ids=[name for name, _ in OURS])
def test_a_kubernetes_object_follows_its_schema(name: str, document: dict[str, Any], version: str) -> None:
    """Each object is valid, and has no field that Kubernetes would ignore."""
    kubernetes_validate.validate(document, version, strict=True)


def test_the_schemas_refuse_what_is_wrong() -> None:
    """A field that does not exist is found, so a green run means something."""
    wrong = {**only("Deployment", "headrace-worker"), "spce": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


@pytest.mark.parametrize(("name", "pod"), PODS, ids=[name for name, _ in PODS])
def test_pods_have_the_security_context_of_the_sandbox(name: str, pod: dict[str, Any]) -> None:
    """That of docs/security.md: no root, no capability, no escalation, nothing to write to, no token of the cluster."""
    (documented,) = re.findall(
        r"```yaml\n(securityContext:\n.*?)```", (ROOT / "docs/security.md").read_text(), re.DOTALL
    )
    wanted = yaml.safe_load(documented)
    (container,) = pod["containers"]
    given = {**pod["securityContext"], **container["securityContext"]}
    assert {key: given.get(key) for key in wanted["securityContext"]} == wanted["securityContext"]
    assert pod["automountServiceAccountToken"] is wanted["automountServiceAccountToken"] is False
    assert container["resources"]["limits"]["memory"]


def test_a_worker_has_time_and_memory_enough() -> None:
    """It is killed after its grace time, not within; and its memory holds as many scripts as it has slots."""
    pod = only("Deployment", "headrace-worker")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    env = {item["name"]: item.get("value") for item in container["env"]}
    assert pod["terminationGracePeriodSeconds"] >= int(env["HEADRACE_GRACE_MS"]) / 1000 + 10
    amount, unit = re.fullmatch(r"(\d+)(Mi|Gi)", container["resources"]["limits"]["memory"]).groups()  # type: ignore[union-attr]
    assert int(amount) * MIB[unit] >= int(env["HEADRACE_SLOTS"]) * Settings().script_memory_mb + 300
    api = only("Deployment", "headrace-api")["spec"]["template"]["spec"]
    assert api["terminationGracePeriodSeconds"] > Settings().grace_ms / 1000


def test_probes_ask_what_processes_answer() -> None:
    """Paths and ports of all probes are served, and liveness never depends on the database."""
    for _, pod in PODS:
        (container,) = pod["containers"]
        ports = {port["name"] for port in container.get("ports", ())}
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            if probe in container:
                asked = container[probe]["httpGet"]
                assert asked["port"] in ports
                assert asked["path"] == ("/health/live" if probe == "livenessProbe" else "/health/ready")


def test_the_autoscaler_scales_the_workers_by_a_metric_that_exists() -> None:
    """KEDA's own schema is not in the package; what can be wrong in it is the query and the target."""
    scaled = only("ScaledObject", "headrace-worker")["spec"]
    assert only("Deployment", scaled["scaleTargetRef"]["name"])
    assert "replicas" not in only("Deployment", scaled["scaleTargetRef"]["name"])["spec"]
    (trigger,) = scaled["triggers"]
    assert expressions.metrics_in(trigger["metadata"]["query"]) <= set(exposed())
    assert scaled["minReplicaCount"] >= 2


def test_selectors_find_their_pods() -> None:
    """Services, budgets and policies select the labels that a deployment gives."""
    given = [
        only("Deployment", f"headrace-{part}")["spec"]["template"]["metadata"]["labels"] for part in ("worker", "api")
    ]
    for _, document in OURS:
        spec = document["spec"]
        selector = spec.get("podSelector") or spec.get("selector")
        if selector:
            assert selector.get("matchLabels", selector) in given


def test_compose_starts_everything_in_order() -> None:
    """The database, then the schema, then two workers and the API, then who looks at them; each proves its health."""
    services = compose()["services"]
    assert set(services) == {"postgres", "migrate", "reader", "worker", "api", "prometheus", "grafana"}
    for name, service in services.items():
        once = service.get("restart") == "no"
        assert once or "healthcheck" in service, name
        for needed, how in service.get("depends_on", {}).items():
            finished = services[needed].get("restart") == "no"
            assert how["condition"] == ("service_completed_successfully" if finished else "service_healthy"), name
    assert services["worker"]["deploy"]["replicas"] == 2


def test_compose_locks_our_containers() -> None:
    """Read-only, without capabilities; published ports are the loopback's only."""
    services = compose()["services"]
    for name in ("migrate", "worker", "api"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for service in services.values() for port in service.get("ports", ()))


def test_files_that_are_mounted_or_copied_exist() -> None:
    """Nothing is built or mounted that is not in the repository."""
    mounts = [mount for service in compose()["services"].values() for mount in service.get("volumes", ())]
    local = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]
    assert local
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert copied
    for path in [*local, *(name for names in copied for name in names.split())]:
        assert (ROOT / path).exists(), path


def test_settings_that_are_given_exist() -> None:
    """Each HEADRACE_ variable is a setting of this version, but for those of the other containers."""
    known = {f"HEADRACE_{field.name.upper()}" for field in fields(Settings)}
    texts = [path.read_text("utf-8") for path in (ROOT / "Dockerfile", COMPOSE, *KUBERNETES.glob("*.yaml"))]
    named = set(re.findall(r"\bHEADRACE_[A-Z_]+\b", "\n".join(texts)))
    assert {name for name in named - known - NOT_SETTINGS if not name.startswith("HEADRACE_POSTGRES_")} == set()


def test_the_image_runs_as_nobody_special() -> None:
    """The last stage sets a user by number, so that Kubernetes can tell that it is not root, and reaps orphans."""
    last = (ROOT / "Dockerfile").read_text(encoding="utf-8").split("\nFROM ")[-1]
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert 'ENTRYPOINT ["tini", "--", "headrace"]' in last


def test_docker_reads_the_compose_file() -> None:
    """Where Docker's compose is installed it accepts the file; elsewhere the other tests have to do."""
    docker = shutil.which("docker")
    has_compose = docker and subprocess.run([docker, "compose", "version"], capture_output=True).returncode == 0
    if has_compose:
        result = subprocess.run([docker, "compose", "-f", COMPOSE, "config", "-q"], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
