"""A zygote bears what it is told to, says how each ended, and takes all along when it or its keeper is gone."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cms.kernel.zygote import Zygote, pair
from tests.architecture.source import ROOT

# As the bench's and the supervisor's: a process of one thread, which a test runner is not.
PROGRAM = """
import os, socket, sys, time
from cms.kernel.zygote import serve
def work(text, handed):
    kind, place = text.split()
    with open(place, "w") as file: file.write(f"{os.getpid()} {open('/proc/self/comm').read()}")
    if kind == "answers": os.write(handed[0], b"here")
    if kind == "exits": sys.exit(7)
    if kind == "raises": raise RuntimeError("broken")
    if kind == "waits": time.sleep(60)
serve(socket.socket(fileno=int(sys.argv[1])), work, name=lambda text: "born-" + text.split()[0])
"""


@dataclass
class Mother:
    """A zygote's process and what is said to it."""

    process: subprocess.Popen[bytes]
    zygote: Zygote
    folder: Path

    def note(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().split() if path.exists() else []


@pytest.fixture
def mother(tmp_path: Path) -> Iterator[Mother]:
    ours, its = pair()
    argv = [sys.executable, "-c", PROGRAM, str(its.fileno())]
    with subprocess.Popen(argv, cwd=ROOT, pass_fds=[its.fileno()]) as process:
        its.close()
        zygote = Zygote(ours)
        yield Mother(process, zygote, tmp_path)
        zygote.close()
        process.wait(20)


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


async def eventually(fact: object) -> None:
    assert callable(fact)
    until = time.monotonic() + 20
    while not fact():
        assert time.monotonic() < until
        await asyncio.sleep(0.02)


async def test_newborn_is_named_and_its_code_is_told_to_everybody_who_waits(mother: Mother) -> None:
    for kind, code in (("returns", 0), ("exits", 7), ("raises", 1)):
        born = await mother.zygote.start(f"{kind} {mother.folder / kind}")
        assert born is not None
        assert await born.wait() == await born.wait() == born.returncode == code
        assert mother.note(kind) == [str(born.pid), f"born-{kind}"]


async def test_newborn_when_killed_ends_by_the_signal(mother: Mother) -> None:
    born = await mother.zygote.start(f"waits {mother.folder / 'it'}")
    assert born is not None
    await eventually(lambda: mother.note("it"))
    born.kill()
    assert await born.wait() == -signal.SIGKILL
    born.terminate()  # nobody else has its number now


async def test_newborn_is_handed_descriptors_and_nobody_keeps_them(mother: Mother) -> None:
    ours, its = socket.socketpair()
    with ours:
        with its:
            born = await mother.zygote.start(f"answers {mother.folder / 'it'}", [its.fileno()])
        assert born is not None
        await born.wait()
        assert await asyncio.to_thread(ours.recv, 16) == b"here"
        assert await asyncio.to_thread(ours.recv, 16) == b""


async def test_many_are_born_at_once(mother: Mother) -> None:
    born = await asyncio.gather(*(mother.zygote.start(f"exits {mother.folder / str(one)}") for one in range(20)))
    assert len({one.pid for one in born if one is not None}) == 20
    assert await asyncio.gather(*(one.wait() for one in born if one is not None)) == [7] * 20


async def test_wait_when_cancelled_while_the_code_is_asked_is_answered_the_next_time(mother: Mother) -> None:
    born = await mother.zygote.start(f"exits {mother.folder / 'it'}")
    assert born is not None
    for steps in range(12):
        waiting = asyncio.create_task(born.wait())
        for _ in range(steps):
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert await asyncio.wait_for(born.wait(), 20) == 7


async def test_start_when_cancelled_leaves_nobody_behind(mother: Mother) -> None:
    place = mother.folder / "it"
    starting = asyncio.create_task(mother.zygote.start(f"waits {place}"))
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    after = await mother.zygote.start(f"exits {mother.folder / 'after'}")
    assert after is not None
    assert await after.wait() == 7
    await asyncio.sleep(0.2)
    assert not [pid for pid in mother.note("it")[:1] if is_alive(int(pid))]


async def test_zygote_when_killed_takes_all_along_and_bears_nobody(mother: Mother) -> None:
    born = await mother.zygote.start(f"waits {mother.folder / 'it'}")
    assert born is not None
    await eventually(lambda: mother.note("it"))
    mother.process.kill()
    assert await asyncio.wait_for(born.wait(), 20) == -signal.SIGTERM
    assert await mother.zygote.start(f"exits {mother.folder / 'after'}") is None
    assert await mother.zygote.start(f"exits {mother.folder / 'after'}") is None
    assert not mother.note("after")


async def test_zygote_when_its_keeper_is_gone_ends_with_all_that_it_bore(mother: Mother) -> None:
    born = await mother.zygote.start(f"waits {mother.folder / 'it'}")
    assert born is not None
    await eventually(lambda: mother.note("it"))
    mother.zygote.close()
    await eventually(lambda: mother.process.poll() is not None)
    await eventually(lambda: not is_alive(born.pid))


async def test_zygote_when_told_to_stop_by_ctrl_c_goes_on(mother: Mother) -> None:
    first = await mother.zygote.start(f"exits {mother.folder / 'first'}")
    assert first is not None
    mother.process.send_signal(signal.SIGINT)
    second = await mother.zygote.start(f"waits {mother.folder / 'it'}")
    assert second is not None
    await eventually(lambda: mother.note("it"))
    os.kill(second.pid, signal.SIGINT)  # its own it hears
    assert await second.wait() == 1


@contextlib.asynccontextmanager
async def stopped(process: subprocess.Popen[bytes]) -> AsyncIterator[None]:
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


async def test_zygote_when_it_does_not_answer_is_left_alone(mother: Mother, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cms.kernel.zygote._ANSWER_SECONDS", 0.2)
    async with stopped(mother.process):
        assert await mother.zygote.start(f"waits {mother.folder / 'it'}") is None
    # What it was asked for last it may still do; it ends then, and that with it.
    await eventually(lambda: mother.process.poll() is not None)
    await asyncio.sleep(0.2)
    assert not [pid for pid in mother.note("it")[:1] if is_alive(int(pid))]
