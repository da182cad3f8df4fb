"""The line of the screens' port: one that is kept, and beside that of several gateways room for another's own."""

import socket
from pathlib import Path

import pytest

from deploy.kept_socket import kept
from deploy.settings import Settings
from screens.main import listening


def settings(folder: Path, port: int, gateways: int) -> Settings:
    return Settings(data=folder, gateway_port=port, gateways=gateways)


def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("gateways", [1, 2])
def test_line_when_kept_takes_screens_in_before_any_gateway_lives(tmp_path: Path, gateways: int) -> None:
    port = free()
    line = kept(settings(tmp_path, port, gateways))
    assert line is not None
    with line, socket.create_connection(("127.0.0.1", port), timeout=5):
        pass


def test_line_of_several_when_one_more_gateway_is_started_shares_the_port_with_it(tmp_path: Path) -> None:
    port = free()
    line = kept(settings(tmp_path, port, 2))
    assert line is not None
    with line, listening("127.0.0.1", port, shared=True) as other:
        other.listen()


def test_line_when_the_port_is_taken_is_left_to_the_gateway_to_complain_of(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert kept(settings(tmp_path, other.getsockname()[1], 1)) is None
