"""Real processes under a real supervisor: what dies comes back, what must stop stops, and nothing is left behind."""

import contextlib
import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy.roles import metrics_place
from deploy.settings import ROLES, Role
from deploy.supervisor import name_of, role_argv, role_named
from tests.architecture.source import ROOT

# A child writes a line at its start and one when it is told to stop.
CHILD = """
import os, signal, sys, time
name, folder, kind = sys.argv[1:]
def told(text):
    with open(os.path.join(folder, name), "a") as file: file.write(f"{text} {os.getpid()} {time.monotonic()}\\n")
def stop(number, frame):
    told("stop")
    if kind != "deaf": sys.exit(0)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, signal.SIG_IGN)
told("start")
if kind == "dies": sys.exit(3)
while True: time.sleep(0.05)
"""
PARENT = """
import asyncio, os, pathlib, sys
from deploy import supervisor
folder, child, kinds, first, grace, announce = sys.argv[1:]
supervisor.FIRST_WAIT, supervisor.STOP_GRACE = float(first), float(grace)
children = [supervisor.Child(f"c{n}", (sys.executable, child, f"c{n}", folder, kind))
            for n, kind in enumerate(kinds.split(","))]
async def started():
    pathlib.Path(folder, "announced").touch()
    if announce == "fails": raise RuntimeError("no announcement")
    if announce == "waits": await asyncio.sleep(3600)
asyncio.run(supervisor.Supervisor(children, environment=os.environ).run(started))
"""


def eventually(fact: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


@dataclass
class Family:
    """A supervisor and its children."""

    folder: Path
    parent: subprocess.Popen[bytes]
    seen: set[int] = field(default_factory=set)

    def lines(self, name: str, what: str) -> list[tuple[int, float]]:
        path = self.folder / name
        rows = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        self.seen |= {int(pid) for _, pid, _ in rows}
        return [(int(pid), float(at)) for word, pid, at in rows if word == what]

    def starts(self, name: str) -> list[int]:
        return [pid for pid, _ in self.lines(name, "start")]

    def all_started(self, count: int) -> bool:
        return all(self.starts(f"c{n}") for n in range(count))

    def nothing_left(self) -> bool:
        for path in self.folder.glob("c?"):
            self.lines(path.name, "start")
        return not any(is_alive(pid) for pid in self.seen)


Start = Callable[..., Family]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    child = tmp_path / "child.py"
    child.write_text(CHILD)
    families: list[Family] = []

    def run(*kinds: str, first: float = 0.05, grace: float = 5, announce: str = "returns") -> Family:
        folder = tmp_path / f"family{len(families)}"
        folder.mkdir()
        argv = [
            sys.executable,
            "-c",
            PARENT,
            str(folder),
            str(child),
            ",".join(kinds),
            str(first),
            str(grace),
            announce,
        ]
        families.append(Family(folder, subprocess.Popen(argv, cwd=ROOT, stderr=subprocess.DEVNULL)))
        return families[-1]

    yield run
    for family in families:
        family.parent.kill()
        family.parent.wait()
        family.nothing_left()
        for pid in family.seen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_children_when_started_are_announced_once_all_run(start: Start) -> None:
    family = start("obeys", "obeys", "obeys", "obeys")
    eventually((family.folder / "announced").exists)
    eventually(lambda: family.all_started(4))


def test_child_when_killed_is_started_again_and_the_others_are_left_alone(start: Start) -> None:
    family = start("obeys", "obeys")
    eventually(lambda: family.all_started(2))
    os.kill(family.starts("c0")[0], signal.SIGKILL)
    eventually(lambda: len(family.starts("c0")) == 2)
    assert is_alive(family.starts("c0")[1])
    assert len(family.starts("c1")) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("announce", ["returns", "waits"])
def test_supervisor_when_told_to_stop_tells_all_and_ends_well(start: Start, number: int, announce: str) -> None:
    family = start("obeys", "obeys", "obeys", announce=announce)
    eventually(lambda: family.all_started(3))
    eventually((family.folder / "announced").exists)
    family.parent.send_signal(number)
    assert family.parent.wait(10) == 0
    assert [len(family.lines(f"c{n}", "stop")) for n in range(3)] == [1, 1, 1]
    assert family.nothing_left()


def test_child_when_it_does_not_stop_is_killed_after_the_grace(start: Start) -> None:
    family = start("deaf", "obeys", grace=0.5)
    eventually(lambda: family.all_started(2))
    began = time.monotonic()
    family.parent.terminate()
    assert family.parent.wait(10) == 0
    assert time.monotonic() - began >= 0.5
    assert family.lines("c0", "stop")
    assert family.nothing_left()


def test_child_when_it_dies_at_once_is_tried_ever_more_slowly(start: Start) -> None:
    family = start("dies", first=0.1)
    eventually(lambda: len(family.starts("c0")) >= 4)
    at = [moment for _, moment in family.lines("c0", "start")]
    waits = [later - earlier for earlier, later in itertools.pairwise(at)]
    assert waits[0] >= 0.1
    assert waits[1] >= 0.2
    assert waits[2] >= 0.4


AGAIN = """
import asyncio, os, sys
from deploy import supervisor
supervisor.FIRST_WAIT, supervisor.HEALTHY_AFTER = 60.0, float(sys.argv[2])
file = sys.argv[1]
child = (sys.executable, "-c", "import sys; open(sys.argv[1], 'a').write(sys.argv[2])", file)
ways = ["short", "short", None]
async def again():
    way = ways.pop(0) if ways else None
    return way and await asyncio.create_subprocess_exec(*child, way + " ")
async def started(): pass
one = supervisor.Child("c", (*child, "long "), again=again)
asyncio.run(supervisor.Supervisor([one], environment=os.environ).run(started))
"""


@pytest.mark.parametrize(("well_after", "comes_back"), [("0.0", True), ("60", False)])
def test_child_when_it_had_run_well_is_there_again_at_once_by_the_short_way_or_else_by_its_command(
    tmp_path: Path, well_after: str, comes_back: bool
) -> None:
    place = tmp_path / "ways"
    place.touch()
    parent = [sys.executable, "-c", AGAIN, str(place), well_after]
    with subprocess.Popen(parent, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as family:
        if comes_back:
            eventually(lambda: len(place.read_text().split()) >= 4)
            assert place.read_text().startswith("short short long long")
        else:
            eventually(lambda: place.read_text().split() == ["short"])
            time.sleep(1)
            assert place.read_text().split() == ["short"]
        family.terminate()


@pytest.mark.parametrize("role", ROLES)
def test_name_of_a_process_says_its_role_and_number(role: Role) -> None:
    for number in (1, 2, 12):
        assert role_named(name_of(role, number)) == (role, number)


def test_supervisor_when_told_to_stop_while_it_waits_does_not_wait(start: Start) -> None:
    family = start("dies", first=60)
    eventually(lambda: family.starts("c0"))
    time.sleep(0.3)
    family.parent.terminate()
    assert family.parent.wait(3) == 0


@pytest.mark.parametrize("seed", range(6))
def test_supervisor_when_told_to_stop_at_any_moment_leaves_nothing(start: Start, seed: int) -> None:
    """Also while a child is just being started."""
    family = start("dies", "dies", "obeys", first=0.0)
    eventually(lambda: family.all_started(3))
    time.sleep(random.Random(seed).random() * 0.3)
    family.parent.terminate()
    assert family.parent.wait(10) == 0
    counts = [len(family.starts(f"c{n}")) for n in range(3)]
    time.sleep(0.2)
    assert family.nothing_left()
    assert [len(family.starts(f"c{n}")) for n in range(3)] == counts


def test_supervisor_when_the_announcement_fails_stops_its_children_and_says_so(start: Start) -> None:
    family = start("obeys", "obeys", announce="fails")
    assert family.parent.wait(10) != 0
    eventually(family.nothing_left)


def test_children_when_the_supervisor_is_killed_stop_too(start: Start) -> None:
    family = start("obeys", "obeys")
    eventually(lambda: family.all_started(2))
    family.parent.kill()
    family.parent.wait()
    eventually(family.nothing_left)


WAITER = """
import socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
listener.accept()[0].sendall(b"served")
"""


def test_socket_that_is_kept_lets_those_wait_who_come_while_its_child_is_away(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        fd, script = listener.fileno(), tmp_path / "waiter.py"
        script.write_text(WAITER)
        child = f"supervisor.Child('c', (sys.executable, {str(script)!r}, '{fd}'), keeps=({fd},))"
        parent = (
            "import asyncio, os, sys\nfrom deploy import supervisor\nsupervisor.FIRST_WAIT = 0.2\n"
            "async def started(): pass\n"
            f"asyncio.run(supervisor.Supervisor([{child}], environment=os.environ).run(started))"
        )
        family = subprocess.Popen([sys.executable, "-c", parent], cwd=ROOT, stderr=subprocess.DEVNULL, pass_fds=(fd,))
        # Each child serves one and dies: the next of them waits in line, and nobody is refused.
        for _ in range(3):
            with socket.create_connection(listener.getsockname(), timeout=20) as one:
                assert one.recv(6) == b"served"
        family.terminate()
        family.wait(10)


def test_role_when_started_runs_with_this_interpreter() -> None:
    assert role_argv("guard") == (sys.executable, "-m", "deploy.cli", "run", "guard")
    assert role_argv("gateway", 2)[-3:] == ("gateway", "--number", "2")
    assert role_argv("gateway", listener=7)[-3:] == ("gateway", "--listener", "7")


def test_metrics_of_further_gateways_come_after_the_six_roles() -> None:
    assert [metrics_place(role, 1) for role in ROLES] == [0, 1, 2, 3, 4, 5]
    assert [metrics_place("gateway", number) for number in (2, 3)] == [6, 7]
