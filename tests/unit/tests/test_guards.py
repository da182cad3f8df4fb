"""The guards find what they are there for, and leave alone what is allowed."""

import asyncio
import os
import socket
import types
from pathlib import Path

import pytest

from tests.guards import GUARD, ROOT, BlockingCallError, ForeignAddressError


def product(source: str, **names: object) -> types.FunctionType:
    """A function `act` compiled as if it stood in a product file."""
    namespace: dict[str, object] = {"os": os, **names}
    exec(compile(source, str(ROOT / "cms" / "invented.py"), "exec"), namespace)
    act = namespace["act"]
    assert isinstance(act, types.FunctionType)
    return act


async def test_open_when_product_code_calls_it_in_the_loop_is_refused() -> None:
    act = product("def act(): return open('/etc/hostname')")
    with pytest.raises(BlockingCallError, match=r"cms/invented\.py:1"):
        act()
    GUARD.seen.clear()


async def test_swallowed_refusal_when_the_test_ends_is_still_known() -> None:
    act = product("def act():\n try: open('/etc/hostname')\n except Exception: pass")
    act()
    assert len(GUARD.seen) == 1
    GUARD.seen.clear()


async def test_fsync_when_product_code_calls_it_in_the_loop_is_refused(tmp_path: Path) -> None:
    fd = os.open(tmp_path / "f", os.O_CREAT | os.O_WRONLY)
    with pytest.raises(BlockingCallError, match="fsync"):
        product("def act(fd): os.fsync(fd)")(fd)
    os.close(fd)
    GUARD.seen.clear()


async def test_open_when_product_code_calls_it_in_a_thread_is_allowed() -> None:
    act = product("def act():\n with open('/etc/hostname') as f: return f.read()")
    assert await asyncio.to_thread(act)


async def test_open_when_the_test_itself_calls_it_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    assert (tmp_path / "f").read_text() == "x"


async def test_child_process_when_started_by_the_loop_is_allowed() -> None:
    source = "async def act():\n p = await exec_('/bin/true')\n return await p.wait()"
    assert await product(source, exec_=asyncio.create_subprocess_exec)() == 0


@pytest.mark.parametrize(("hops", "refused"), [(0, False), (1, True)])
def test_group_when_its_datagrams_have_a_hop_to_live_is_another_machine(hops: int, refused: bool) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
        caller.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, hops)
        caller.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        if refused:
            with pytest.raises(ForeignAddressError):
                caller.connect(("239.255.77.9", 5000))
        else:
            caller.connect(("239.255.77.9", 5000))
    GUARD.seen.clear()


def test_connection_when_it_leaves_the_machine_is_refused() -> None:
    with socket.socket() as s, pytest.raises(ForeignAddressError):
        s.connect(("192.0.2.1", 9))
    GUARD.seen.clear()


def test_connection_when_it_stays_on_the_machine_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
