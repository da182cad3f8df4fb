"""A whole run: a failure anywhere is the run's, the closing line tells the sum, and each gate can say no."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import checks

PASSES = "def test_it(): pass\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project in the place of ours, with a unit test, an integration test and a long test."""
    for folder in ("unit", "integration"):
        (tmp_path / "tests" / folder).mkdir(parents=True)
        (tmp_path / "tests" / folder / f"test_{folder}.py").write_text(PASSES)
    (tmp_path / "tests" / "unit" / "test_long.py").write_text(f"import pytest\n@pytest.mark.faults\n{PASSES}")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = faults\n    soak\naddopts = -p no:cacheprovider\n")
    (tmp_path / "conftest.py").write_text("import hypothesis\nhypothesis.settings.register_profile('long')\n")
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    monkeypatch.setattr(checks, "GATES", {"gate": ("-c", "")})
    monkeypatch.setattr(checks, "WORKERS", 0)
    return tmp_path


def closing(capfd: pytest.CaptureFixture[str]) -> str:
    return capfd.readouterr().out.strip().splitlines()[-1]


def test_run_when_all_passes_closes_with_the_sum(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert checks.run([]) == 0
    assert " 2 passed, 1 deselected in " in closing(capfd)


def test_run_when_a_late_test_fails_fails_and_says_so(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "tests" / "integration" / "test_bad.py").write_text("def test_it(): assert 0\n")
    assert checks.run([]) == 1
    assert " 1 failed, 2 passed, 1 deselected in " in closing(capfd)


def test_run_when_a_gate_says_no_fails_though_no_test_does(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "GATES", {"gate": ("-c", "raise SystemExit('a wrong thing')")})
    assert checks.run([]) == 1
    out = capfd.readouterr().out
    assert "a wrong thing" in out
    assert " 2 passed, 1 deselected in " in out.strip().splitlines()[-1]


def test_run_when_there_is_no_test_fails(project: Path) -> None:
    for path in (project / "tests").rglob("*.py"):
        path.unlink()
    assert checks.run([]) == 1


def test_run_when_given_arguments_hands_them_to_pytest(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert checks.run(["tests/integration", "-q"]) == 0
    assert "1 passed in" in closing(capfd)


def test_run_when_asked_for_faults_selects_that_mark_only(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert checks.run(["faults", "-q", "-p", "no:timeout", "-p", "timeout"]) == 0
    assert "1 passed, 2 deselected" in closing(capfd)


ROOMS = ("cms", "renderers", "screens", "media", "schedules", "deploy", "tests")
WRONG = {
    "lint": ("cms/wrong.py", '"""Doc."""\n\nimport os\n'),
    "format": ("cms/wrong.py", '"""Doc."""\n\nx = {  1 :2}\n'),
    "types": ("cms/wrong.py", '"""Doc."""\n\nx: int = "text"\n'),
    "arrows": ("media/wrong.py", '"""Doc."""\n\nimport cms\n'),
}


@pytest.mark.parametrize("gate", checks.GATES)
def test_gate_when_something_is_wrong_says_no(gate: str, tmp_path: Path) -> None:
    settings = (checks.ROOT / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(settings)
    for name in (*ROOMS, *re.findall(rf'"((?:{"|".join(ROOMS)})(?:\.\w+)+)"', settings)):
        folder = tmp_path.joinpath(*name.split("."))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").write_text('"""A room."""\n')
    path, text = WRONG[gate]
    (tmp_path / path).write_text(text)
    done = subprocess.run(
        [sys.executable, *checks.GATES[gate]], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert Path(path).stem in done.stdout
