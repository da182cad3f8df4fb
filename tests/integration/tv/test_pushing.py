"""A channel pushed to a real receiver over RTMP and SRT on this machine, which goes away and comes back."""

import asyncio
import contextlib
import itertools
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from renderers.tv.ts import pushing
from renderers.tv.ts.pushing import Push

CLIP = (
    "ffmpeg -nostdin -v error -y -f lavfi -i testsrc=size=160x90:rate=25 -f lavfi -i sine=frequency=440"
    " -t 4 -ar 48000 -c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p -c:a aac -f mpegts"
)
RECEIVERS = {
    "rtmp": (socket.SOCK_STREAM, "rtmp://127.0.0.1:{}/live/key", ("-listen", "1"), ""),
    "srt": (socket.SOCK_DGRAM, "srt://127.0.0.1:{}", (), "?mode=listener"),
}


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextlib.asynccontextmanager
async def received(url: str, options: tuple[str, ...], path: Path) -> AsyncIterator[Path]:
    """A receiver that writes what it is sent into a file, killed at the end."""
    said = ("-nostdin", "-v", "error", "-y", "-flush_packets", "1")
    taken = ("-probesize", "32k", "-analyzeduration", "0")
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", *said, *taken, *options, "-i", url, "-c", "copy", "-f", "mpegts", str(path)
    )
    try:
        yield path
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def arrives(path: Path) -> None:
    while not path.exists() or path.stat().st_size < 4_000:  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(0.05)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("scheme", RECEIVERS)
async def test_channel_reaches_a_receiver_again_after_it_went_away(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "FIRST_WAIT", 0.2)
    monkeypatch.setattr(pushing, "LONGEST_WAIT", 0.5)
    clip = tmp_path / "slot.ts"
    await asyncio.to_thread(subprocess.run, [*CLIP.split(), str(clip)], check=True, timeout=60)
    data = await asyncio.to_thread(clip.read_bytes)
    kind, form, options, query = RECEIVERS[scheme]
    url = form.format(free_port(kind))
    push = Push(url, "•••")

    async def offer() -> None:
        for slot in itertools.count(1):
            push.offer(slot, data)
            await asyncio.sleep(0.5)

    tasks = [asyncio.create_task(one) for one in (push.run(), offer())]
    try:
        for number in (1, 2):
            before = push.counts.restarts
            async with received(url + query, options, tmp_path / f"{number}.ts") as path:
                await arrives(path)
            while push.counts.restarts == before:  # noqa: ASYNC110 - the program ends by itself
                await asyncio.sleep(0.05)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    probe = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", str(tmp_path / "2.ts")]
    told = await asyncio.to_thread(subprocess.run, probe, check=True, capture_output=True, timeout=60)
    assert set(told.stdout.decode().split()) == {"h264", "aac"}
    assert push.counts.restarts >= 2
    assert "key" not in push.counts.error
