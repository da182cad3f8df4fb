"""Forked children: their end is told, they run nothing of their parent, and they do not outlive it."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

from cms.kernel.forking import Forked
from tests.architecture.source import ROOT

# Forking is for processes of one thread, which a test runner is not.
PARENT = """
import asyncio, os, pathlib, sys, time
from cms.kernel.forking import fork
folder, kind = pathlib.Path(sys.argv[1]), sys.argv[2]
def work():
    (folder / "name").write_text(pathlib.Path("/proc/self/comm").read_text())
    (folder / "pid").write_text(str(os.getpid()))
    if kind == "raises": raise RuntimeError("broken")
    if kind == "exits": sys.exit(7)
    if kind == "waits": time.sleep(60)
child = fork(work, name="yunping-a-very-long-name")
(folder / "forked").touch()
if len(sys.argv) > 3: time.sleep(60)
async def end():
    if kind == "waits":
        while not (folder / "pid").exists(): await asyncio.sleep(0.01)
        child.terminate()
    first = asyncio.create_task(child.wait())
    return await first, await child.wait()
print(*asyncio.run(end()))
"""


def run(folder: Path, kind: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-c", PARENT, str(folder), kind]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)


def test_child_when_it_returns_ends_with_zero_and_has_its_name(tmp_path: Path) -> None:
    assert run(tmp_path, "returns").stdout.split() == ["0", "0"]
    assert (tmp_path / "name").read_text().strip() == "yunping-a-very-"


def test_child_when_it_raises_tells_why_and_its_parent_goes_on(tmp_path: Path) -> None:
    done = run(tmp_path, "raises")
    assert done.stdout.splitlines()[-1].split() == ["1", "1"]
    assert "broken" in done.stdout


def test_child_when_it_exits_keeps_its_code(tmp_path: Path) -> None:
    assert run(tmp_path, "exits").stdout.split() == ["7", "7"]


def test_child_when_told_to_stop_ends_by_the_signal(tmp_path: Path) -> None:
    assert run(tmp_path, "waits").stdout.split() == ["-15", "-15"]


def test_child_when_its_parent_is_killed_ends_too(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path), "waits", "stay"], cwd=ROOT) as parent:
        until = time.monotonic() + 20
        while not (tmp_path / "pid").exists():
            assert time.monotonic() < until
            time.sleep(0.02)
        pid = int((tmp_path / "pid").read_text())
        parent.kill()
    while Path(f"/proc/{pid}").exists() and "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text():
        assert time.monotonic() < until
        time.sleep(0.02)


async def test_signal_when_the_child_has_ended_is_not_sent() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])  # noqa: ASYNC220 - any child will do
    child = Forked(process.pid)
    assert await asyncio.wait_for(child.wait(), 20) == 0
    process.returncode = 0
    child.terminate()
    child.kill()
