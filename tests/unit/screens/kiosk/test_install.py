"""The installer's copy: what it writes, what it refuses, and that a second run replaces the first."""

import json
import subprocess
from pathlib import Path

import pytest

from screens.kiosk.box import load, read_config
from tests.vectors import world

INSTALL = Path(__file__).resolve().parents[4] / "screens" / "kiosk" / "install"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    file = tmp_path / "root.json"
    file.write_text(json.dumps(world.by(world.root(), "root").value()))
    return file


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(INSTALL), *map(str, arguments)], capture_output=True, text=True, check=False)


def test_copy_is_complete_and_its_start_command_is_told(tmp_path: Path, root: Path) -> None:
    folder = tmp_path / "box"
    done = run("--prefix", folder, "--server", "https://yunping.example/", "--root", root, "--name", "松陵街道实践所")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"python3 {folder}/box.py --dir {folder} --port 8790"
    config = read_config(folder)
    assert config["gateway"] == "wss://yunping.example/screens/v1"
    assert config["media"] == config["server"] == "https://yunping.example"
    assert config["name"] == "松陵街道实践所"
    assert config["root"] == json.loads(root.read_text())
    served = load(folder)
    for name in ("/", "/main.js", "/trust/viewer.js", "/templates/frame.js", "/vendor/qr-0.7.0.js"):
        assert name in served


def test_second_run_replaces_the_player_and_leaves_no_rest(tmp_path: Path, root: Path) -> None:
    folder = tmp_path / "box"
    for _ in range(2):
        done = run("--prefix", folder, "--server", "http://127.0.0.1:8080", "--root", root)
        assert done.returncode == 0, done.stderr
        (folder / "player" / "older.js").write_text("old")
    run("--prefix", folder, "--server", "http://127.0.0.1:8080", "--root", root)
    assert not (folder / "player" / "older.js").exists()
    assert sorted(path.name for path in folder.iterdir()) == ["box.py", "browse.py", "code", "config.json", "player"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--root", "ROOT"), "--server"),
        (("--server", "https://yunping.example"), "--root"),
        (("--server", "http://yunping.example", "--root", "ROOT"), "https://"),
        (("--server", "https://yunping.example", "--root", "/nowhere.json"), "/nowhere.json"),
        (("--server", "https://yunping.example", "--root", "ROOT", "--colour", "red"), "--colour"),
        (("--server", "https://yunping.example", "--root", "ROOT", "--rotate", "45"), "--rotate"),
        (("--server",), "--server"),
    ],
)
def test_wrong_call_is_refused_by_name(tmp_path: Path, root: Path, arguments: tuple[str, ...], named: str) -> None:
    done = run("--prefix", tmp_path / "box", *(str(root) if one == "ROOT" else one for one in arguments))
    assert done.returncode == 2
    assert named in done.stderr
    assert not (tmp_path / "box" / "config.json").exists()


def test_root_file_that_is_none_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps({"text": '{"type":"manifest"}', "signatures": []}))
    done = run("--prefix", tmp_path / "box", "--server", "https://yunping.example", "--root", bad)
    assert done.returncode != 0
    assert "bad.json" in done.stderr
