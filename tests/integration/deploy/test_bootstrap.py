"""The start script on machines that lack something: it says what, names the line to run, leaves nothing half."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

TOOLS = ("sh", "dirname", "readlink", "sha256sum", "mkdir", "touch", "date", "tail", "sed", "flock", "rm", "mv", "cat")
SAYS = (
    "import os, sys\n"
    "print(sys.argv[1:], os.getcwd(), os.environ.get('YUNPING_PYTHON'), os.environ.get('PYTHONDONTWRITEBYTECODE'))\n"
)


class Machine:
    """A checkout with a stand-in for the program, and a PATH that holds only what is put there."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "云屏 checkout"
        self.bin = folder / "bin"
        (self.checkout / "deploy").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(ROOT / "yunping", self.checkout)
        shutil.copy(ROOT / "pyproject.toml", self.checkout)
        shutil.copy(ROOT / "deploy" / "register.py", self.checkout / "deploy")
        shutil.copytree(ROOT / "deploy" / "locks", self.checkout / "deploy" / "locks")
        (self.checkout / "deploy" / "__init__.py").touch()
        (self.checkout / "deploy" / "cli.py").write_text(SAYS)
        for tool in TOOLS:
            self.bin.joinpath(tool).symlink_to(str(shutil.which(tool)))

    def put(self, name: str, script: str = "exit 0") -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / name).chmod(0o755)

    def installed(self) -> None:
        """As after a finished installation: an environment, and stamps over the locks."""
        home = self.checkout / ".yunping"
        (home / "venv" / "bin").mkdir(parents=True)
        (home / "venv" / "bin" / "python").symlink_to(sys.executable)
        locks = {
            "run": ["deploy/locks/run.txt"],
            "test": ["deploy/locks/run.txt", "deploy/locks/dev.txt"],
            "project": ["pyproject.toml", "deploy/register.py"],
        }
        for stamp, files in locks.items():
            sums = subprocess.check_output(["sha256sum", *files], cwd=self.checkout, text=True)
            (home / f"stamp.{stamp}").write_text(sums)

    def start(
        self, *args: str, at: Path | None = None, cwd: Path = Path("/"), **env: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(at or self.checkout / "yunping"), *args],
            cwd=cwd,
            env={"PATH": str(self.bin), "LANG": "C", **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_start_when_installed_runs_the_program_at_once(machine: Machine) -> None:
    """The PATH holds no installer and no Python: nothing but the program can have been run."""
    machine.installed()
    done = machine.start("--version", "a b", YUNPING_PYTHON="/nowhere", PYTHONDONTWRITEBYTECODE="1")
    assert done.stdout.strip() == f"{['--version', 'a b']} {machine.checkout} None None"
    assert done.stderr == ""


def test_start_when_called_through_links_finds_its_checkout(machine: Machine, tmp_path: Path) -> None:
    machine.installed()
    (tmp_path / "one").symlink_to(machine.checkout / "yunping")
    (tmp_path / "two").symlink_to("one")
    done = machine.start("--help", at=tmp_path / "two", cwd=tmp_path)
    assert str(machine.checkout) in done.stdout


def without_root(machine: Machine) -> None:
    machine.put("id", "echo 1000")
    machine.put("apt-get", "echo apt-get was called; exit 1")


def test_start_when_packages_are_missing_and_root_is_not_to_be_had_prints_the_line(machine: Machine) -> None:
    machine.installed()
    without_root(machine)
    done = machine.start("up")
    assert done.returncode == 69
    line = re.search(r"^ +(apt-get update && .*)$", done.stderr, re.MULTILINE)
    assert line is not None
    assert line[1].startswith("apt-get update && apt-get install -y --no-install-recommends ")
    assert {"ffmpeg", "bubblewrap"} <= set(line[1].split())
    assert not {"chromium", "gcc"} & set(line[1].split())
    assert done.stdout == ""


def test_start_when_tests_are_asked_for_names_what_they_need_too(machine: Machine) -> None:
    machine.installed()
    without_root(machine)
    assert "chromium" in machine.start("test").stderr


def test_start_when_a_database_server_is_there_leaves_it_alone(machine: Machine) -> None:
    """An installation would upgrade and restart somebody's database."""
    machine.installed()
    without_root(machine)
    machine.put("initdb")
    assert "postgresql" not in machine.start("test").stderr


def test_start_when_the_fanout_benchmark_is_asked_for_names_the_compiler(machine: Machine) -> None:
    machine.installed()
    without_root(machine)
    assert "gcc" in machine.start("bench", "fanout").stderr
    assert "gcc" not in machine.start("bench", "--list").stderr


def test_start_when_the_locale_is_chinese_speaks_chinese(machine: Machine) -> None:
    machine.installed()
    without_root(machine)
    assert "请以 root 运行" in machine.start("up", LANG="zh_CN.UTF-8").stderr


def test_start_when_no_python_fits_says_which_would(machine: Machine) -> None:
    machine.put("python3", "exit 1")
    machine.put("id", "echo 0")
    machine.put("apt-get", "echo broken package sources; exit 100")
    machine.put("awk", "echo 0")
    machine.put("env", 'shift; exec "$@"')
    done = machine.start("--version", YUNPING_PYTHON=str(machine.bin / "python3"))
    assert done.returncode == 69
    assert "python3 python3-venv" in done.stderr
    assert "broken package sources" in done.stderr
    assert "Next: " in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(("system", "chosen"), [("echo /fake/system", "/fake/system"), ("exit 1", "/fake/other")])
def test_start_when_somebody_compiled_another_python_takes_that_of_the_system_if_it_fits(
    machine: Machine, system: str, chosen: str
) -> None:
    script = machine.checkout / "yunping"
    script.write_text(script.read_text().replace("/usr/bin/python3 ", f"'{machine.bin}/system' ", 1))
    for name in ("ffmpeg", "ffprobe", "bwrap", "espeak-ng"):
        machine.put(name)
    machine.put("system", system)
    machine.put("python3.11", "echo /fake/other")
    done = machine.start("--help")
    assert done.returncode == 69
    assert f"private Python environment ({chosen})" in done.stderr


def test_start_when_a_lock_changed_installs_again(machine: Machine) -> None:
    machine.installed()
    with (machine.checkout / "deploy" / "locks" / "run.txt").open("a") as lock:
        lock.write("# changed\n")
    machine.put("apt-get", "exit 1")
    machine.put("id", "echo 1000")
    done = machine.start("--version", YUNPING_PYTHON="/nowhere")
    assert done.returncode == 69
    assert "[" not in done.stdout


def test_start_when_the_folder_cannot_be_written_says_so(machine: Machine) -> None:
    (machine.checkout / ".yunping").touch()
    done = machine.start("up")
    assert done.returncode == 69
    assert "Cannot write to" in done.stderr


def test_script_when_read_by_a_plain_shell_has_no_error() -> None:
    for shell in ("/bin/dash", "/bin/bash"):
        subprocess.run([shell, "-n", str(ROOT / "yunping")], check=True)
    assert os.access(ROOT / "yunping", os.X_OK)


def test_script_when_searched_sets_no_certificate_index_or_proxy() -> None:
    text = (ROOT / "yunping").read_text("utf-8")
    words = r"(?i)\b(export\s+)?\w*(_CERT|CA_BUNDLE|SSL_\w+|INDEX_URL|DEFAULT_INDEX|FIND_LINKS|https?_proxy)\w*="
    assert re.findall(words, text) == []
