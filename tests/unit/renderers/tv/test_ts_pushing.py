"""A push keeps its program running, gives it what lies ready, and tells nobody where it pushes to."""

import asyncio
import sys
from pathlib import Path

import pytest

from renderers.tv.ts import pushing
from renderers.tv.ts.pushing import Push, command, unsaid

URL = "rtmp://live.example.cn/app/key-1?sign=abcd"
MASKED = "rtmp://live.example.cn/app/•••"


def test_program_copies_and_is_told_the_form_its_server_takes() -> None:
    words = command(URL)
    assert words[-1] == URL
    assert words[words.index("-c") + 1] == "copy"
    assert words[words.index("-f", words.index("-c")) + 1] == "flv"
    assert command("srt://10.0.0.1:9000?streamid=a")[-2] == "mpegts"


@pytest.mark.parametrize(
    "said", [f"[out] Error opening {URL}: no", "publish key-1?sign=abcd refused", "key-1 refused", "sign=abcd refused"]
)
def test_what_the_program_says_is_shown_without_the_secret(said: str) -> None:
    shown = unsaid(said, URL, MASKED)
    assert "key-1" not in shown
    assert "abcd" not in shown


async def restarted(push: Push, times: int) -> None:
    while push.counts.restarts < times:  # noqa: ASYNC110 - a count, not an event
        await asyncio.sleep(0.01)


async def test_program_that_ends_is_started_again_and_given_the_next_slot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "FIRST_WAIT", 0.01)
    script = tmp_path / "program.py"
    script.write_text(
        f"import sys\nopen({str(tmp_path / 'got')!r}, 'ab').write(sys.stdin.buffer.read(4))\n"
        "sys.stderr.write('lost ' + sys.argv[-1] + '\\n')\n"
    )
    push = Push(URL, MASKED, (sys.executable, "-I", "-S", str(script)))
    running = asyncio.create_task(push.run())
    push.offer(1, b"one.")
    async with asyncio.timeout(20):
        await restarted(push, 1)
        push.offer(2, b"two.")
        await restarted(push, 2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (tmp_path / "got").read_bytes() == b"one.two."
    assert push.counts.slot == 2
    assert push.counts.error == f"lost {MASKED}"


async def test_program_that_is_not_there_is_said_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "FIRST_WAIT", 0.01)
    push = Push(URL, MASKED, ("/nowhere/ffmpeg",))
    running = asyncio.create_task(push.run())
    async with asyncio.timeout(5):
        await restarted(push, 2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert push.counts.error


async def test_program_that_takes_nothing_for_two_slots_is_ended_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(pushing, "STUCK", 0.1)
    started = tmp_path / "started"
    push = Push(URL, MASKED, ("sh", "-c", f"echo $$ >> '{started}'; exec sleep 60"))
    running = asyncio.create_task(push.run())
    for slot in range(2):
        push.offer(slot, bytes(1 << 20))  # more than a pipe holds
    async with asyncio.timeout(20):
        await restarted(push, 2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert push.counts.error == "stuck"
    assert push.counts.slot == 0, "nothing of it arrived"
    pids = (await asyncio.to_thread(started.read_text)).split()
    assert len(pids) >= 2
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


async def test_slots_that_the_program_does_not_take_are_dropped_oldest_first() -> None:
    push = Push(URL, MASKED)
    for slot in range(5):
        push.offer(slot, b"x")
    assert push.counts.missing == 3


async def test_push_cancelled_while_its_program_starts_ends_and_leaves_none_behind(tmp_path: Path) -> None:
    started = tmp_path / "started"
    program = ("sh", "-c", f"echo $$ >> '{started}'; exec sleep 60")
    for turns in range(24):
        task = asyncio.create_task(Push(URL, MASKED, program).run())
        for _ in range(turns):
            await asyncio.sleep(0.001 if turns > 12 else 0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
    pids = await asyncio.to_thread(started.read_text)
    assert pids.split()
    assert not [pid for pid in pids.split() if Path(f"/proc/{pid}").exists()]


async def test_push_cancelled_while_a_missing_program_is_looked_for_ends() -> None:
    for turns in range(12):
        task = asyncio.create_task(Push(URL, MASKED, ("/no/such/program",)).run())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
