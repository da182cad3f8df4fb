"""A real signal through the real encoder in the sandbox: segments of the house on the grid, a still, a film of them."""

import asyncio
import contextlib
import hashlib
import io
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image

from media.errors import MediaRefused
from media.fragments import patched_head
from media.house import AUDIO, RUNGS, TRACKS, read_index, write_index
from media.ladder import LADDER
from media.limits import VideoLimits
from media.live import Grid, Made
from media.live_encoding import LiveEncoder, Signal, factor_of, loudness_of, signal_of, still_of
from media.live_keeping import Part, films
from media.live_receiving import Receiver, listener, receiving
from media.live_sight import HEIGHT, WIDTH
from media.logo import Corner, Place, Worn, box
from media.loudness import live_gain, read_summary
from media.package import house_of
from media.sandbox import Sandbox
from media.store import Store

SIGNAL = (
    "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30", "-f", "lavfi", "-i", "sine=440:r=44100",
    "-af", "volume=15dB", "-t", "9.5",
    "-c:v", "libx264", "-preset", "ultrafast", "-g", "30", "-c:a", "aac", "-f", "mpegts", "pipe:1",
)  # fmt: skip


LOGO = Place(Corner.BOTTOM_RIGHT, 5, 20, 100)


def shown_in(film: Path, at: int) -> tuple[int, ...]:
    """The colour in the middle of the logo's place, in the picture of that number."""
    view = ("ffmpeg", "-v", "error", "-i", str(film), "-vf", f"select=eq(n\\,{at}),scale=854:480", "-vsync", "0")
    told = ("-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1")
    data = subprocess.run([*view, *told], check=True, capture_output=True, timeout=60).stdout
    rung = LADDER["480"]
    place = box(LOGO, rung.width, rung.height)
    # Three to two in a box that is wider: against the right edge and the lower one, as high as the box.
    spot = (place.x + place.width - 20, place.y + place.height - 20)
    pixel = Image.frombytes("RGB", (rung.width, rung.height), data).getpixel(spot)
    assert isinstance(pixel, tuple)
    return pixel


def is_logo(colour: tuple[int, ...]) -> bool:
    return colour[0] > 200 and colour[1] < 60 and colour[2] > 200


def track_of(slots: Sequence[Made], name: str) -> bytes:
    """A track of slots one behind the other, as a list of a channel gives them to a player."""
    first = slots[0].tracks[name]
    out = slots[0].data[first.start : first.start + first.init]
    for number, slot in enumerate(slots):
        begin, length = slot.tracks[name].segment(0)
        data = slot.data[begin : begin + length]
        out += patched_head(data, sequence=number + 1, base=number * slot.tracks[name].ticks)
    return out


@pytest.fixture(scope="module")
def signal() -> bytes:
    return subprocess.run(SIGNAL, check=True, capture_output=True, timeout=60).stdout


async def test_signal_becomes_segments_of_the_house_with_the_logo_and_a_recording_without_it(
    signal: bytes, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox = sandbox.apart(parallel=4)
    found = await signal_of(signal, sandbox=sandbox, work=tmp_path)
    assert found == Signal(has_sound=True, width=320, height=180)
    seen = await still_of(signal, sandbox=sandbox, work=tmp_path)
    assert seen is not None
    still, cells = seen
    assert still[:2] == b"\xff\xd8"
    assert len(cells) == WIDTH * HEIGHT
    assert len(set(cells)) > 20, "a picture with something in it"
    heard = await loudness_of(signal, sandbox=sandbox, work=tmp_path)
    assert heard.integrated is not None
    assert heard.integrated > -10, "far too loud"
    house = await house_of(sandbox, tmp_path)
    made: list[Made] = []
    enough = asyncio.Event()

    async def take(number: int, slot: Made) -> None:
        assert number == len(made)
        made.append(slot)
        if len(made) == 2:
            enough.set()

    picture = io.BytesIO()
    Image.new("RGB", (90, 60), (255, 0, 255)).save(picture, "PNG")
    logo = Worn(picture.getvalue(), "png_pipe", LOGO)
    encoder = LiveEncoder(Grid(100, 520), RUNGS[2:], found, house, take, live_gain(heard), logo)
    async with encoder.running(sandbox, tmp_path) as task:
        feeding = asyncio.create_task(encoder.feed(signal))
        waiting = asyncio.create_task(enough.wait())
        await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
        assert not task.done() or task.exception() is None, encoder.said
        feeding.cancel()
    assert len(made) >= 2, "a segment is whole when the next one begins"

    for one in made[:2]:
        index = read_index(write_index(one.index(house.name, "0" * 64)))
        assert set(index.tracks) == set(TRACKS)
        assert index.tracks["1080"] == index.tracks["720"] == index.tracks["480"], "filled from the lowest"
        for name in ("480", AUDIO):
            track = index.tracks[name]
            init = one.data[track.start : track.start + track.init]
            assert hashlib.sha256(init).hexdigest() == house.inits[name]
    pictures, sound = tmp_path / "pictures.mp4", tmp_path / "sound.mp4"
    pictures.write_bytes(track_of(made[:2], "480"))
    sound.write_bytes(track_of(made[:2], AUDIO))
    for film, count in ((pictures, "192"), (sound, "360")):
        counted = ("ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets")
        told = subprocess.run([*counted, "-of", "csv=p=0", str(film)], check=True, capture_output=True, text=True)  # noqa: ASYNC221
        assert told.stdout.split() == [count], "two slots, to the frame"
    meter = ("ffmpeg", "-hide_banner", "-i", str(sound), "-af", "ebur128=peak=true", "-f", "null", "-")
    aired = read_summary(subprocess.run(meter, check=True, capture_output=True, text=True, timeout=60).stderr)  # noqa: ASYNC221
    assert aired.integrated == pytest.approx(-24, abs=1)
    assert aired.peak is not None
    assert aired.peak <= -2

    # What came in, as it came: the encoder's own input is what a recording is made of.
    store = await asyncio.to_thread(Store.open, f"file://{tmp_path}/store", min_free_bytes=0)
    parts = [await store.put(part, media_type="video/mp2t") for part in (signal[:200_000], signal[200_000:])]
    (tmp_path / "films").mkdir()
    reel = [Part(0, number, number, part.sha256, part.size) for number, part in enumerate(parts)]
    recorded = await films(
        [reel], tmp_path / "films", store=store, sandbox=sandbox, limits=VideoLimits(min_free_bytes=0)
    )
    (film,) = recorded.paths
    for number in (0, 96):
        assert is_logo(await asyncio.to_thread(shown_in, pictures, number)), "on air from the first picture on"
    for number in (0, 60, 150, 280):
        assert not is_logo(await asyncio.to_thread(shown_in, film, number)), "never in the recording"
    given = tmp_path / "given.ts"
    given.write_bytes(signal)
    assert await asyncio.to_thread(shown_in, film, 150) == await asyncio.to_thread(shown_in, given, 150), "copied"


async def test_machine_is_measured_by_really_encoding_with_a_logo(sandbox: Sandbox, tmp_path: Path) -> None:
    assert await factor_of(RUNGS[2:], sandbox, tmp_path, has_logo=True) > 0


@contextlib.asynccontextmanager
async def calling(kind: str, signal: bytes, folder: Path) -> AsyncIterator[str]:
    """A source of that kind on loopback, which sends the signal as it would go on air; the address to receive it at."""
    given, port = folder / "signal.ts", free_port()
    await asyncio.to_thread(given.write_bytes, signal)
    send = ["ffmpeg", "-v", "error", "-nostdin", "-re", "-i", str(given), "-c", "copy"]
    server = None
    match kind:
        case "listen":
            url = listener(port, "a-secret-of-ten")
            send += ["-f", "mpegts", f"srt://127.0.0.1:{port}?passphrase=a-secret-of-ten&pbkeylen=16"]
        case "srt":
            url = f"srt://127.0.0.1:{port}?passphrase=a-secret-of-ten&pbkeylen=16"
            send += ["-f", "mpegts", f"srt://127.0.0.1:{port}?mode=listener&passphrase=a-secret-of-ten&pbkeylen=16"]
        case "rtmp":
            url = f"rtmp://127.0.0.1:{port}/live/key"
            send += ["-bsf:a", "aac_adtstoasc", "-f", "flv", "-listen", "1", url]
        case _:
            app = web.Application()
            app.add_routes([web.static("/", folder)])
            server = TestServer(app)
            await server.start_server()
            url = str(server.make_url("/live.m3u8"))
            send += ["-f", "hls", "-hls_time", "1", "-hls_list_size", "4", str(folder / "live.m3u8")]
    process = await asyncio.create_subprocess_exec(*send)
    try:
        yield url
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if server is not None:
            await server.close()


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize("kind", ["listen", "srt", "rtmp", "hls"])
async def test_source_of_every_kind_is_received_for_real(
    signal: bytes, sandbox: Sandbox, tmp_path: Path, kind: str
) -> None:
    heard = bytearray()
    enough = asyncio.Event()

    async def hear(block: bytes) -> None:
        heard.extend(block)
        if len(heard) > 150_000:
            enough.set()

    async with calling(kind, signal, tmp_path) as url:
        receiver = Receiver(url, hear)
        task = asyncio.create_task(receiver.run())
        try:
            await asyncio.wait_for(enough.wait(), 60)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    found = await signal_of(bytes(heard), sandbox=sandbox, work=tmp_path)
    assert found == Signal(has_sound=True, width=320, height=180)


async def test_encoder_of_another_house_puts_nothing_on_air(signal: bytes, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox = sandbox.apart(parallel=2)
    house = await house_of(sandbox, tmp_path)
    other = type(house)("other", dict.fromkeys(house.inits, "0" * 64))

    async def take(_number: int, _slot: Made) -> None:
        raise AssertionError

    encoder = LiveEncoder(Grid(100, 0), RUNGS[2:], Signal(has_sound=True), other, take)
    async with encoder.running(sandbox, tmp_path) as task:
        feeding = asyncio.create_task(encoder.feed(signal))
        with pytest.raises(MediaRefused, match="house_mismatch"):
            await task
        feeding.cancel()


async def test_receiver_starts_its_program_anew_and_hears_every_byte() -> None:
    heard: list[bytes] = []
    twice = asyncio.Event()

    async def hear(block: bytes) -> None:
        heard.append(block)
        if len(heard) == 4:
            twice.set()

    program = ("/bin/sh", "-c", "echo signal; echo broken >&2")
    receiver = Receiver("srt://x", hear, program=program, began=lambda: heard.append(b"began"))
    task = asyncio.create_task(receiver.run())
    await twice.wait()
    async with asyncio.timeout(20):
        while not receiver.error:  # noqa: ASYNC110 - what a program complains of comes by another pipe
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert heard == [b"began", b"signal\n"] * 2, "nothing goes on from what was before"
    assert (receiver.restarts, receiver.error) == (1, "broken")


async def test_receiver_keeps_what_a_program_said_last_however_late_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    listen = Receiver._listen

    async def late(self: Receiver, stream: asyncio.StreamReader) -> None:
        await asyncio.sleep(0.3)
        await listen(self, stream)

    async def hear(_block: bytes) -> None:
        pass

    monkeypatch.setattr(Receiver, "_listen", late)
    receiver = Receiver("srt://x", hear, program=("/bin/sh", "-c", "echo signal; echo broken >&2"))
    task = asyncio.create_task(receiver.run())
    async with asyncio.timeout(20):
        while not receiver.restarts:  # noqa: ASYNC110 - nothing rings for it
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert receiver.error == "broken"


async def test_listener_that_nobody_calls_ends_with_a_killed_process_and_leaves_its_port() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    wanted = f"import asyncio; from media.live_receiving import *; asyncio.run(Receiver({listener(port, 'a' * 10)!r}, "
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", f"{wanted}print).run())")

    def is_held() -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            try:
                other.bind(("0.0.0.0", port))
            except OSError:
                return True
            return False

    async with asyncio.timeout(60):
        while not is_held():  # noqa: ASYNC110 - the kernel tells nobody
            await asyncio.sleep(0.05)
        process.kill()
        await process.wait()
        while is_held():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def test_receiver_opens_no_file_and_no_other_protocol() -> None:
    assert "mode=listener" in listener(9000, "a.b_c~d-e0")
    for url, allowed in (
        (listener(9000, "a" * 10), "srt,pipe"),
        ("rtmp://h/a/k", "rtmp,tcp,pipe"),
        ("https://h/a.m3u8", "http,https,tcp,tls,crypto,pipe"),
    ):
        given = receiving(url)
        assert given[given.index("-protocol_whitelist") + 1] == allowed
        assert given[given.index("-i") + 1] == url


async def test_source_that_is_held_up_can_be_ended_while_it_still_sends() -> None:
    heard = asyncio.Event()

    async def held(_: bytes) -> None:
        heard.set()
        await asyncio.Event().wait()

    receiver = Receiver("srt://x", held, program=("/bin/sh", "-c", "exec /usr/bin/yes signal"))
    running = asyncio.create_task(receiver.run())
    await asyncio.wait_for(heard.wait(), 10)
    await asyncio.sleep(0.2)  # until the pipe and what is kept of it are full
    running.cancel()
    done, _ = await asyncio.wait([running], timeout=20)
    assert done
    assert running.cancelled()
