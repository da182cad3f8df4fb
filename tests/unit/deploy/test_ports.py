"""A port that cannot be had stops the start in words, before anything is written or started."""

import errno
import functools
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cms.kernel.errors import Unavailable
from deploy import up
from deploy.ports import LISTENING, ports_free, simulators_free
from deploy.settings import load
from screens.bench.processes import free_port


@pytest.fixture
def stranger() -> Iterator[int]:
    """The port of another program."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def typed(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, which ends with its refusal."""
    command, home = (sys.executable, "-m", "deploy.cli", *words), Path(__file__).parents[3]
    return subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(("setting", "demo"), [("YUNPING_PORT", ("--demo",)), ("YUNPING_GATEWAY_PORT", ())])
def test_start_when_a_port_is_taken_says_which_setting_and_leaves_the_folder_empty(
    setting: str, demo: tuple[str, ...], stranger: int, tmp_path: Path
) -> None:
    ports = {"YUNPING_PORT": str(free_port()), "YUNPING_GATEWAY_PORT": str(free_port()), setting: str(stranger)}
    said = typed({"YUNPING_DATA": str(tmp_path), **ports}, "up", *demo)
    assert (said.returncode, said.stdout) == (69, "")
    assert f"端口 {stranger} 已被另一个程序占用" in said.stderr
    assert f"在设置 {setting} 中换一个端口" in said.stderr
    assert "[deploy.port_taken]" in said.stderr
    assert {one.name for one in tmp_path.iterdir()} == {"up.lock"}


def test_demo_when_a_port_of_its_platforms_is_taken_says_so_and_leaves_the_folder_empty(
    stranger: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulators_free([free_port()], patience=0)
    with pytest.raises(Unavailable):
        simulators_free([free_port(), stranger], patience=0)
    monkeypatch.setattr(up, "PORTS", {"wechat": stranger})
    monkeypatch.setattr(up, "simulators_free", functools.partial(simulators_free, patience=0))
    ports = {"YUNPING_PORT": str(free_port()), "YUNPING_GATEWAY_PORT": str(free_port())}
    with pytest.raises(Unavailable) as refused:
        up.run_up(load({"YUNPING_DATA": str(tmp_path), **ports}), demo=True)
    assert (refused.value.code, refused.value.params) == ("deploy.demo_port_taken", {"port": stranger})
    assert {one.name for one in tmp_path.iterdir()} == {"up.lock"}


def test_role_by_itself_when_its_port_is_taken_says_so(stranger: int, tmp_path: Path) -> None:
    said = typed({"YUNPING_DATA": str(tmp_path), "YUNPING_GATEWAY_PORT": str(stranger)}, "run", "gateway")
    assert said.returncode == 69
    assert "在设置 YUNPING_GATEWAY_PORT 中换一个端口" in said.stderr


def test_address_that_is_not_of_this_machine_is_named(tmp_path: Path) -> None:
    env = {"YUNPING_DATA": str(tmp_path), "YUNPING_HOST": "203.0.113.7", "YUNPING_PORT": str(free_port())}
    said = typed(env, "up")
    assert said.returncode == 69
    assert "无法在地址 203.0.113.7 上监听" in said.stderr
    assert "[deploy.address_foreign]" in said.stderr


def test_port_that_may_not_be_used_is_told_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", forbidden)
    with pytest.raises(Unavailable) as refused:
        ports_free(load({"YUNPING_DATA": str(tmp_path), "YUNPING_PORT": "80"}), "web")
    assert refused.value.code == "deploy.port_forbidden"
    assert refused.value.params == {"port": 80, "setting": "YUNPING_PORT"}


def test_ports_are_only_looked_at_and_gateways_of_several_share_theirs(tmp_path: Path) -> None:
    given = {
        "YUNPING_DATA": str(tmp_path),
        "YUNPING_PORT": str(free_port()),
        "YUNPING_GATEWAY_PORT": str(free_port()),
        "YUNPING_GATEWAYS": "2",
    }
    settings = load(given)
    for _ in range(2):
        ports_free(settings, *LISTENING, "worker")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", settings.gateway_port))
        other.listen()
        ports_free(settings, *LISTENING)
        with pytest.raises(Unavailable):
            ports_free(load(given | {"YUNPING_GATEWAYS": "1"}), "gateway", patience=0)


def test_port_of_a_house_that_is_about_to_end_is_waited_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as before:
        settings = load({"YUNPING_DATA": str(tmp_path), "YUNPING_PORT": str(before.getsockname()[1])})
        with pytest.raises(Unavailable):
            ports_free(settings, "web", patience=0)
        ending = threading.Timer(0.3, before.close)
        ending.start()
        ports_free(settings, "web", patience=60)
        ending.join()
