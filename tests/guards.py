"""What no test may do unnoticed: block the event loop from our code, or talk to another machine.

Both are found by the interpreter's own audit events, so nothing is patched but the two calls that raise none.
A call is laid at the door of the innermost frame that is ours: if that frame is product code and a loop runs in this
thread, the call is refused and the test fails even if the refusal was swallowed. Test code itself may block.
"""

import asyncio
import ipaddress
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = tuple(f"{ROOT / name}/" for name in ("cms", "renderers", "screens", "media", "schedules", "deploy"))
OURS = (*PRODUCT, f"{ROOT / 'tests'}/")

BLOCKING = frozenset(
    {
        "open",
        "os.chmod",
        "os.chown",
        "os.link",
        "os.listdir",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.scandir",
        "os.symlink",
        "os.system",
        "os.truncate",
        "os.utime",
        "shutil.copyfile",
        "shutil.move",
        "shutil.rmtree",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "sqlite3.connect",
        "subprocess.Popen",
        "tempfile.mkdtemp",
        "tempfile.mkstemp",
        "time.sleep",
    }
)
# Raise no audit event; a stat is left alone, because the kernel answers it from memory.
SILENT = ("fsync", "fdatasync")

# Allowed although they block: each happens once, is small, or is the loop's own work.
EXCEPTIONS = (
    "<frozen importlib",  # the first import of a module
    "/importlib/",
    "/asyncio/",  # starting a child process and binding a socket are the loop's own calls
    "/uvloop/",
    "/zoneinfo/",  # a zone is read once and kept
    "/mimetypes.py",  # the table is read once and kept
    "/jinja2/loaders.py",  # a template is read once and kept compiled
    "/linecache.py",  # a traceback is being written: the test fails anyway, or the failure is being logged
    "/traceback.py",
    "/logging/",
)
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0", "::", "")


class BlockingCallError(RuntimeError):
    """Product code blocked the event loop."""


class ForeignAddressError(RuntimeError):
    """A test reached for another machine."""


class _Guard:
    """The audit hook; it can never be taken out again, only disarmed."""

    def __init__(self) -> None:
        self.armed = False
        self.seen: list[str] = []

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.armed:
            return
        if event in BLOCKING:
            self.check(event, args)
        elif event == "socket.connect":
            self._stay_home(args[0], args[1])

    def check(self, event: str, args: tuple[Any, ...]) -> None:
        if asyncio._get_running_loop() is None:
            return
        culprit = _culprit(sys._getframe(1))
        if culprit is None:
            return
        found = f"{event} {args[:1]} in {culprit}"
        self.seen.append(found)
        raise BlockingCallError(found)

    def _stay_home(self, caller: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK[:3]):
            if str(address[0]) in LOOPBACK or _is_heard_here_alone(caller, str(address[0])):
                return
            self.seen.append(f"connection to {address[0]}")
            raise ForeignAddressError(str(address[0]))


def _is_heard_here_alone(caller: socket.socket, address: str) -> bool:
    """Whether datagrams to a group never leave this machine: with no hop to live they reach its own members only."""
    try:
        is_group = ipaddress.IPv4Address(address).is_multicast
    except ValueError:
        return False
    return is_group and caller.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL) == 0


def _culprit(frame: FrameType | None) -> str | None:
    """The innermost frame of ours as ``file:line``, if it is product code and nothing on the way is an exception."""
    while frame is not None:
        name = frame.f_code.co_filename
        if any(part in name for part in EXCEPTIONS):
            return None
        if name != __file__ and name.startswith(OURS):
            return f"{name}:{frame.f_lineno}" if name.startswith(PRODUCT) else None
        frame = frame.f_back
    return None


GUARD = _Guard()
sys.addaudithook(GUARD)


def _watched(name: str, call: Callable[[int], None]) -> Callable[[int], None]:
    def wrapper(fd: int) -> None:
        if GUARD.armed:
            GUARD.check(f"os.{name}", (fd,))
        call(fd)

    return wrapper


for _name in SILENT:
    setattr(os, _name, _watched(_name, getattr(os, _name)))


@pytest.fixture(autouse=True)
def _nothing_blocks_and_nothing_leaves() -> Iterator[None]:
    GUARD.seen.clear()
    GUARD.armed = True
    try:
        yield
    finally:
        GUARD.armed = False
    found = list(GUARD.seen)
    GUARD.seen.clear()
    if found:
        pytest.fail("blocked the loop or left the machine:\n  " + "\n  ".join(found), pytrace=False)
