"""Which limit holds for a script (job, action, app, operator), and what a killed one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.apps.folder import load_folder
from engine.apps.limits import RANGES, ScriptLimits
from engine.apps.manifest import NO_LIMITS, Manifest
from engine.errors import ConfigError
from engine.executors.limits import InForce, in_force
from engine.executors.log_limit import LogLimit
from engine.settings import Settings
from scripting.model import Killed

APP = """
[app]
name = "shop"

[limits]
cpu_ms = 500
calls = 10

[entities.items.fields]
name = { type = "text" }

[entities.items.actions.go]
kind = "one"
script = "actions/go.js"
limits = { cpu_ms = 900, log_lines = 3 }

[actions.all]
script = "actions/go.js"

[listeners.hear]
on = "custom"
event = "x"
script = "actions/go.js"
limits.memory_mb = 64

[endpoints.get]
path = "/x"
script = "actions/go.js"
limits.wall_ms = 5000
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    """An app with limits of its own, and others for some of its scripts."""
    (tmp_path / "actions").mkdir()
    (tmp_path / "actions" / "go.js").write_text("return 1;")
    (tmp_path / "app.toml").write_text(APP)
    return load_folder(tmp_path).manifest


def test_the_nearest_declaration_wins(manifest: Manifest) -> None:
    """An action's, a listener's and an endpoint's limits come before the app's, each key by itself."""
    assert manifest.script_limits({"entityName": "items", "actionName": "go"}) == ScriptLimits(
        cpu_ms=900, calls=10, log_lines=3
    )
    assert manifest.script_limits({"actionName": "all"}) == ScriptLimits(cpu_ms=500, calls=10)
    assert manifest.script_limits({"listenerName": "hear"}).memory_mb == 64
    assert manifest.script_limits({"endpointName": "get"}).wall_ms == 5000
    assert manifest.script_limits({"path": "actions/go.js"}) == ScriptLimits(cpu_ms=500, calls=10)


def test_a_stored_manifest_keeps_its_limits(manifest: Manifest) -> None:
    """What is pushed and read back has the same limits."""
    assert Manifest.from_json(manifest.to_json()) == manifest


@pytest.mark.parametrize("key", RANGES)
def test_a_limit_out_of_its_range_is_refused_with_place_and_range(tmp_path: Path, key: str) -> None:
    """The error names the key, the value and what is allowed."""
    low, high = RANGES[key]
    (tmp_path / "app.toml").write_text(f'[app]\nname = "shop"\n[limits]\n{key} = {high + 1}\n')
    with pytest.raises(ConfigError, match=rf"app.toml: limits.{key}: {high + 1} .* from {low} to {high}"):
        load_folder(tmp_path)


def test_an_unknown_limit_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    """A typing error does not leave a script without its limit."""
    (tmp_path / "app.toml").write_text('[app]\nname = "shop"\n[limits]\ncpu = 5\n')
    with pytest.raises(ConfigError, match=r"limits\.cpu: is not known here; did you mean 'cpu_ms'\?"):
        load_folder(tmp_path)


def test_the_operator_has_the_last_word() -> None:
    """Apps lower what they like, and raise a limit only up to the operator's most."""
    settings = Settings(script_cpu_ms=100, script_cpu_max_ms=200)
    assert in_force(settings, NO_LIMITS).cpu_ms == 100
    assert in_force(settings, ScriptLimits(cpu_ms=50)).cpu_ms == 50
    assert in_force(settings, ScriptLimits(cpu_ms=150)).cpu_ms == 150
    assert in_force(settings, ScriptLimits(cpu_ms=900)).cpu_ms == 200
    assert in_force(settings, ScriptLimits(result_kb=60_000)).result_kb == settings.script_result_kb


def test_a_default_above_the_most_is_meant() -> None:
    """An operator who raises only the default gets it."""
    settings = Settings(script_memory_mb=4096)
    assert in_force(settings, NO_LIMITS).memory_mb == 4096
    assert in_force(settings, ScriptLimits(memory_mb=4096)).memory_mb == 4096


def test_the_default_is_two_minutes_and_a_job_may_say_otherwise() -> None:
    """A vendor's default is ours; the job's own time-out comes before its app's."""
    assert in_force(Settings(), NO_LIMITS).wall_ms == 120_000
    assert in_force(Settings(), ScriptLimits(wall_ms=5), timeout_ms=7).wall_ms == 7


def test_a_killed_script_is_told_how_to_raise_its_limit() -> None:
    """The message names the limit's key and how far it goes, or the setting that forbids more."""
    settings = Settings()
    low = in_force(settings, ScriptLimits(cpu_ms=50))
    assert low.explained(Killed("cpu", "too long"), settings).message == (
        "too long; limits.cpu_ms in app.toml raises it to at most 3600000"
    )
    assert low.explained(Killed("result", "too large"), settings).message == (
        "too large; it is the most that is allowed here (setting script_result_kb)"
    )
    assert low.explained(Killed("crash", "gone"), settings) == Killed("crash", "gone")


def _limits(**limits: int) -> InForce:
    return in_force(Settings(), ScriptLimits(**limits))


def test_a_log_is_cut_at_its_lines_and_at_its_bytes() -> None:
    """One line tells, the rest is dropped; bytes count as UTF-8."""
    by_lines = LogLimit(_limits(log_lines=2))
    assert [by_lines.add("x") for _ in range(2)] == [None, None]
    cuts = [by_lines.add("x"), by_lines.add("x")]
    assert [(cut.limit, cut.first) for cut in cuts if cut] == [("lines", True), ("lines", False)]
    by_bytes = LogLimit(_limits(log_kb=1))
    assert by_bytes.add("é" * 512) is None
    cut = by_bytes.add("x")
    assert cut is not None
    assert (cut.limit, cut.first) == ("bytes", True)
    assert "1 KiB (limits.log_kb)" in cut.message
