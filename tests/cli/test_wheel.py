"""The command from a wheel, away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CALL = "import sys, engine; from engine.cli import main; print(engine.__file__); sys.exit(main())"


def test_a_wheel_migrates_pushes_and_runs(tmp_path: Path, empty_database: str) -> None:
    """The statements, migrations and stubs inside the wheel are enough for a script's way from file to result."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as archive:
        archive.extractall(tmp_path / "site")
    (tmp_path / "one.js").write_text("return params.n + 1;")

    def headrace(*words: str) -> list[str]:
        ended = subprocess.run(
            [sys.executable, "-c", CALL, *words, "--database-url", empty_database],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert ended.returncode == 0, ended.stderr
        where, *lines = ended.stdout.splitlines()
        assert where == str(tmp_path / "site" / "engine" / "__init__.py")
        return lines

    assert headrace("migrate")[0] == "applied 0001_jobs"
    assert headrace("push", str(ROOT / "examples" / "crm"))[0].startswith("crm: version 1 (")
    assert headrace("run", "one.js", "--app", "crm", "--param", "n=1") == ["2"]
