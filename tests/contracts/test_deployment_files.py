"""The volume for files, in the compose file and for Kubernetes: writable, and at the same place for all who need it."""

from __future__ import annotations

import copy
import re
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.contracts.test_deployment import KUBERNETES, ROOT, VERSIONS, compose, only

PARTS = ("worker", "api")
ACCOUNT = 10001


def document(name: str) -> dict[str, Any]:
    """An object of the folder for the volume."""
    found: dict[str, Any] = yaml.safe_load((KUBERNETES / "files" / f"{name}.yaml").read_text(encoding="utf-8"))
    return found


def applied(there: Any, more: Any) -> Any:
    """What server-side apply makes of both: lists of objects are merged by name, or by path for mounts."""
    if isinstance(there, dict) and isinstance(more, dict):
        return there | {key: applied(there[key], value) if key in there else value for key, value in more.items()}
    if isinstance(there, list) and isinstance(more, list):
        merged = copy.deepcopy(there)
        for item in more:
            key = "mountPath" if "mountPath" in item else "name"
            same = [n for n, each in enumerate(merged) if each[key] == item[key]]
            if same:
                merged[same[0]] = applied(merged[same[0]], item)
            else:
                merged.append(item)
        return merged
    return more


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("part", PARTS)
def test_a_deployment_with_the_volume_is_valid(part: str, version: str) -> None:
    """It is what it was, and has the claim's volume where files_dir points, writable for the image's account."""
    plain = only("Deployment", f"headrace-{part}")
    merged = applied(plain, document(part))
    kubernetes_validate.validate(merged, version, strict=True)
    pod = merged["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    env = {item["name"]: item.get("value") for item in container["env"]}
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    claims = {volume["name"]: volume.get("persistentVolumeClaim", {}).get("claimName") for volume in pod["volumes"]}
    assert claims[mounts[env["HEADRACE_FILES_DIR"]]] == document("claim")["metadata"]["name"]
    assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsUser"] == ACCOUNT
    before = plain["spec"]["template"]["spec"]
    assert [volume for volume in pod["volumes"] if volume in before["volumes"]] == before["volumes"]
    assert container["securityContext"] == before["containers"][0]["securityContext"]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_claim_is_for_all_pods(version: str) -> None:
    """Workers and API processes are on many nodes, and all of them write."""
    claim = document("claim")
    kubernetes_validate.validate(claim, version, strict=True)
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]


def test_compose_mounts_the_volume_for_all_who_write_files() -> None:
    """At the folder that the image gives to its account; it is used if the setting says so, which is passed on."""
    found = compose()
    for part in PARTS:
        assert found["services"][part]["volumes"] == ["files:/files"]
        assert found["services"][part]["environment"]["HEADRACE_FILES_DIR"] is None
    assert "files" in found["volumes"]
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8").split("\nFROM ")[-1]
    assert re.search(rf"install -d -o {ACCOUNT} -g {ACCOUNT} \S* *\S* */files$", image, re.MULTILINE)


def test_compose_has_the_compression_that_the_guide_advises() -> None:
    """Its PostgreSQL is built with lz4, which costs files less than half of the default."""
    assert compose()["services"]["postgres"]["command"] == ["postgres", "-c", "default_toast_compression=lz4"]


def test_the_guide_says_how_to_mount_it() -> None:
    """The folder of Kubernetes and the setting for compose, as they are."""
    guide = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert "kubectl apply --server-side --field-manager=headrace-files -f deploy/kubernetes/files\n" in guide
    assert "HEADRACE_FILES_DIR=/files docker compose up --build --wait\n" in guide
