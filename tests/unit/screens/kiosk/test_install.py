"""The installer's copy: what it writes, what it refuses, and that a second run replaces the first."""

import json
import subprocess
from pathlib import Path

import pytest

from screens.kiosk.box import load, read_config
from tests.vectors import world

CHECKOUT = Path(__file__).resolve().parents[4]
INSTALL = CHECKOUT / "screens" / "kiosk" / "install"


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
    assert (config["site"], config["idle"]) == ("", 60)
    assert config["root"] == json.loads(root.read_text())
    served = load(folder)
    for name in ("/", "/main.js", "/trust/viewer.js", "/templates/frame.js", "/vendor/qr-0.7.0.js"):
        assert name in served


PROGRAMS = ("apt-get", "dpkg", "id", "systemctl", "useradd")
SHIM = """#!/bin/sh
echo "$(basename "$0") $*" >>"$LOG"
case "$(basename "$0") $1" in "id -u") echo 0 ;; "id yunping-screen" | "dpkg -s") exit 1 ;; esac
"""


@pytest.fixture
def bare_box(tmp_path: Path) -> Path:
    """Where a Debian box has its programs and its services: what is called is written down."""
    for name in ("opt", "units", "bin"):
        (tmp_path / name).mkdir()
    for name in PROGRAMS:
        (tmp_path / "bin" / name).write_text(SHIM)
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def on_box(box: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The installation as root sees it, in a house of its own: /opt and the services are the box's."""
    walls = ("bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--bind", str(box), str(box))
    doors = ("--bind", str(box / "opt"), "/opt", "--bind", str(box / "units"), "/etc/systemd/system")
    checkout = ("--ro-bind", str(CHECKOUT), str(CHECKOUT))  # which may itself lie below /opt
    told = ("--setenv", "LOG", str(box / "log"), "--setenv", "PATH", f"{box / 'bin'}:/usr/bin:/bin")
    command = [*walls, *doors, *checkout, *told, str(INSTALL), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_bare_debian_box_becomes_a_screen_by_one_command(bare_box: Path, root: Path) -> None:
    given = ("--server", "https://yunping.example", "--root", root, "--rotate", "90", "--port", "8791")
    done = on_box(bare_box, *given)
    assert done.returncode == 0, done.stderr
    called = (bare_box / "log").read_text("utf-8").splitlines()
    (packages,) = [one for one in called if one.startswith("apt-get install")]
    assert {"chromium", "chromium-sandbox", "cage", "espeak-ng", "fonts-noto-cjk"} <= set(packages.split())
    (user,) = [one for one in called if one.startswith("useradd")]
    assert "--system" in user
    assert "--shell /usr/sbin/nologin" in user
    assert called[-2:] == [
        "systemctl daemon-reload",
        "systemctl enable --now yunping-screen.service yunping-kiosk.service",
    ]
    screen = bare_box / "opt" / "yunping-screen"
    assert "/main.js" in load(screen)
    assert read_config(screen)["rotate"] == "90"
    units = {path.name: path.read_text("utf-8") for path in (bare_box / "units").iterdir()}
    assert set(units) == {"yunping-screen.service", "yunping-kiosk.service"}
    for unit in units.values():
        assert "--port 8791" in unit
        assert "@PORT@" not in unit
        assert "User=yunping-screen" in unit
        assert "no-sandbox" not in unit
    assert "no-sandbox" not in (screen / "code/screens/kiosk/browse.py").read_text("utf-8")


def test_box_gets_nothing_that_another_box_must_not_have(tmp_path: Path, root: Path) -> None:
    """No key, password or token is installed: the device makes its own key, and the root is public."""
    for name in ("one", "two"):
        run("--prefix", tmp_path / name, "--server", "https://yunping.example", "--root", root)
    one, two = (read_config(tmp_path / name) for name in ("one", "two"))
    assert one == two
    assert set(one) == {"server", "gateway", "media", "name", "rotate", "root", "site", "idle", "sound"}
    assert set(one["root"]) == {"text", "signatures"}


def test_second_run_replaces_the_player_and_leaves_no_rest(tmp_path: Path, root: Path) -> None:
    folder = tmp_path / "box"
    for _ in range(2):
        done = run("--prefix", folder, "--server", "http://127.0.0.1:8080", "--root", root)
        assert done.returncode == 0, done.stderr
        (folder / "player" / "older.js").write_text("old")
    run("--prefix", folder, "--server", "http://127.0.0.1:8080", "--root", root)
    assert not (folder / "player" / "older.js").exists()
    assert sorted(path.name for path in folder.iterdir()) == ["box.py", "browse.py", "code", "config.json", "player"]


def test_site_and_idle_when_given_are_what_the_touch_layer_reads(tmp_path: Path, root: Path) -> None:
    where = ("--site", "https://news.example/", "--idle", "90")
    done = run("--prefix", tmp_path / "box", "--server", "https://yunping.example", "--root", root, *where)
    assert done.returncode == 0, done.stderr
    config = read_config(tmp_path / "box")
    assert (config["site"], config["idle"]) == ("https://news.example", 90)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--root", "ROOT"), "--server"),
        (("--server", "https://yunping.example"), "--root"),
        (("--server", "http://yunping.example", "--root", "ROOT"), "https://"),
        (("--server", "https://yunping.example", "--root", "/nowhere.json"), "/nowhere.json"),
        (("--server", "https://yunping.example", "--root", "ROOT", "--colour", "red"), "--colour"),
        (("--server", "https://yunping.example", "--root", "ROOT", "--rotate", "45"), "--rotate"),
        (("--server", "https://yunping.example", "--root", "ROOT", "--site", "http://news.example"), "--site"),
        (("--server", "https://yunping.example", "--root", "ROOT", "--idle", "9"), "--idle"),
        (("--server", "https://yunping.example", "--root", "ROOT", "--idle", "1e2"), "--idle"),
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
