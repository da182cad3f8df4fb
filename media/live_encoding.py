"""The encoder of a live signal: transport stream in by a pipe, every track out by a pipe of its own, in the sandbox.

The signal is a stranger's: whoever decodes it sees no network and no file. Nothing of it is on a disk before a whole
segment of every track is there.
"""

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import ffmpeg

from media import ladder, package
from media.errors import MediaRefused
from media.house import AUDIO, AUDIO_FRAME_SAMPLES, AUDIO_TIMESCALE, DELAY_MS, FPS, SEGMENT_FRAMES, SEGMENT_MS
from media.ladder import Gain, leveled
from media.limits import VideoLimits
from media.live import HEADROOM, LADDERS, Grid, Made, Measured, Splitter, made, rungs_for, slowed
from media.live_sight import HEIGHT, WIDTH
from media.logo import DEAREST, Worn, box, laid, plate, reader
from media.loudness import UNHEARD, Loudness, live_gain, measured as listened
from media.runner import FFMPEG, Listener, Stage, command, given_input, made_output, probe_command
from media.sandbox import Bounds, Sandbox
from media.store import Store
from media.threads import in_thread
from media.workspace import private_folder

# Nobody is on air for longer at a stretch.
_LONGEST: Final = 25 * 3_600
_PROBED: Final = 2_000_000  # bytes and microseconds that are looked at before a signal is decoded
_BLOCK: Final = 1 << 16
_WAITING: Final = 512  # segments of one track that may wait for those of another: a sound that ended
_SMALL: Final = VideoLimits(min_free_bytes=0).bounds(SEGMENT_MS)
_STILL: Final = 640
_PART: Final = 16_000_000 // 8_000 * SEGMENT_MS  # of a signal of 16 Mbit/s

# As it comes, but for its peaks.
HELD: Final = live_gain(UNHEARD)

Take = Callable[[int, Made], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Signal:
    """What a signal consists of, as far as its encoder must know."""

    has_sound: bool
    width: int = 0
    height: int = 0


def outputs(
    grid: Grid, rungs: Sequence[str], *, has_sound: bool, gain: Gain = HELD, logo: Worn | None = None
) -> list[Any]:
    """Every track of a signal from the first slot of its grid on, as long as it lasts; the logo is in every rung."""
    given = given_input(0, f="mpegts", probesize=_PROBED, analyzeduration=_PROBED)
    lead = f"{grid.lead_ms / 1000:.3f}"
    picture = given.video.filter("yadif", deint="interlaced").filter("fps", FPS, start_time=lead)
    picture = picture.filter("trim", start=lead).filter("setpts", "PTS-STARTPTS")
    fitted = _fitted(picture, rungs[0])
    if logo is not None:
        top = ladder.LADDER[rungs[0]]
        fitted = laid(fitted, logo.place, logo.form, width=top.width, height=top.height)
    return [*_pictures(fitted, rungs), _sound(given, grid.lead_ms, gain if has_sound else None)]


def argv(
    grid: Grid, rungs: Sequence[str], *, has_sound: bool, gain: Gain = HELD, logo: Worn | None = None
) -> list[str]:
    return command(*outputs(grid, rungs, has_sound=has_sound, gain=gain, logo=logo), level="warning")


async def signal_of(begin: bytes, *, sandbox: Sandbox, work: Path) -> Signal | None:
    """What the first bytes of a signal say of it; None while no picture can be seen in them. Raises MediaRefused."""
    async with private_folder(work) as folder:
        given, out = folder / "begin", folder / "out"
        await in_thread(given.write_bytes, begin)
        await in_thread(out.mkdir)
        asked = probe_command("mpegts", "stream=codec_type,width,height")
        finished = await sandbox.run(asked, given=given, out=out, bounds=_SMALL)
    try:
        streams = json.loads(finished.stdout or b"{}").get("streams", [])
    except ValueError:
        return None
    picture = next((one for one in streams if one.get("codec_type") == "video" and one.get("width")), None)
    if picture is None:
        return None
    sound = any(one.get("codec_type") == "audio" for one in streams)
    return Signal(sound, int(picture["width"]), int(picture["height"]))


async def loudness_of(data: bytes, *, sandbox: Sandbox, work: Path) -> Loudness:
    """How loud a stretch of a signal is. Raises MediaRefused when its sound cannot be read."""
    async with private_folder(work) as folder:
        given, out = folder / "part", folder / "out"
        await in_thread(given.write_bytes, data)
        await in_thread(out.mkdir)
        sound = given_input(0, f="mpegts").audio
        return await listened(sound, sandbox=sandbox, given=given, out=out, bounds=_SMALL, total_ms=0)


async def still_of(data: bytes, *, sandbox: Sandbox, work: Path) -> tuple[bytes, bytes] | None:
    """The last key picture in a stretch of a signal as a small JPEG, and as grey cells for `media.live_sight`.

    None when there is none.
    """
    async with private_folder(work) as folder:
        given, out = folder / "part", folder / "out"
        await in_thread(given.write_bytes, data)
        await in_thread(out.mkdir)
        picture = given_input(0, f="mpegts", skip_frame="nokey").video.filter_multi_output("split", 2)
        sized = picture[0].filter("scale", _STILL, -2)
        # Whatever its range, black is 16: the thresholds are those of television.
        cells = picture[1].filter("scale", WIDTH, HEIGHT, flags="area", out_range="tv").filter("format", "yuv420p")
        # Each key picture is written over the one before it.
        told = {"f": "image2", "update": 1, "vsync": 0}
        seen = [
            made_output(sized, name="still.jpg", **told, **{"q:v": 5}),
            made_output(cells, name="cells.yuv", **told, **{"c:v": "rawvideo"}),
        ]
        await sandbox.run(command(*seen), given=given, out=out, bounds=_SMALL)
        with contextlib.suppress(FileNotFoundError):
            jpeg = await in_thread((out / "still.jpg").read_bytes)
            return jpeg, (await in_thread((out / "cells.yuv").read_bytes))[: WIDTH * HEIGHT]
    return None


async def measured(*, sandbox: Sandbox, work: Path, store: Store) -> Measured:
    """Encodes one slot of moving pictures with each ladder, the largest first, until one is fast enough for all.

    Then once more with the largest logo a channel can have; and what keeping a signal costs is measured beside it.

    Raises MediaRefused as `run_ffmpeg`, and as `Store.put`.
    """
    await package.house_of(sandbox, work)
    keeping = await _keeping(store)
    plain = await _factors(LADDERS, keeping, sandbox, work, has_logo=False)
    # What is too dear without a logo is so with one; how fast the smallest is, is told in any case.
    most = max(1, len(rungs_for(plain)))
    marked = await _factors([one for one in LADDERS if len(one) <= most], keeping, sandbox, work, has_logo=True)
    return Measured(plain, marked, keeping)


async def _factors(
    ladders: Sequence[Sequence[str]], keeping: float, sandbox: Sandbox, work: Path, *, has_logo: bool
) -> Mapping[int, float]:
    factors: dict[int, float] = {}
    for tried in ladders:
        factors[len(tried)] = await factor_of(tried, sandbox, work, has_logo=has_logo)
        if slowed(factors[len(tried)], keeping) >= HEADROOM:
            break
    return factors


async def factor_of(rungs: Sequence[str], sandbox: Sandbox, work: Path, *, has_logo: bool) -> float:
    """Times real time that this machine encodes these rungs at, now. Raises MediaRefused."""
    loop = asyncio.get_running_loop()
    async with private_folder(work) as folder:
        out, logo = folder / "out", folder / "logo"
        await in_thread(out.mkdir)
        await in_thread(logo.write_bytes, plate(*_largest(rungs)))
        began = loop.time()
        run = command(*tried(rungs, has_logo=has_logo))
        finished = await sandbox.run(run, given=[Path(FFMPEG), logo], out=out, bounds=_SMALL)
        if finished.returncode != 0:
            raise MediaRefused("media.live_encoder")
    return SEGMENT_MS / 1000 / max(loop.time() - began, 0.001)


def tried(rungs: Sequence[str], *, has_logo: bool) -> list[Any]:
    """What is encoded to measure a machine: moving pictures, with a logo over them if that is asked."""
    top = ladder.LADDER[rungs[0]]
    source = f"testsrc2=s={top.width}x{top.height}:r={FPS}"
    picture = ffmpeg.input(source, f="lavfi", t=ladder.seconds(1)).video.filter("format", "yuv420p")
    if has_logo:
        picture = laid(picture, DEAREST, reader("image/png"), width=top.width, height=top.height)
    return _pictures(picture, rungs, frames=SEGMENT_FRAMES)


def _largest(rungs: Sequence[str]) -> tuple[int, int]:
    top = ladder.LADDER[rungs[0]]
    here = box(DEAREST, top.width, top.height)
    return here.width, here.height


async def _keeping(store: Store) -> float:
    data = await in_thread(os.urandom, _PART)  # nobody else's file, and none that is there already
    began = time.process_time()
    stored = await store.put(data, media_type="video/mp2t")
    took = time.process_time() - began
    await store.delete(stored.sha256)
    return took


@dataclass(slots=True)
class LiveEncoder:
    """One run of the encoder: `feed` gives it bytes, `take` hears of each slot that is whole, in their order."""

    grid: Grid
    rungs: Sequence[str]
    signal: Signal
    house: package.House
    take: Take
    gain: Gain = HELD
    logo: Worn | None = None
    made: int = 0
    speed: float = 0.0
    said: str = ""
    _input: int = -1
    _waiting: "asyncio.Future[None] | None" = None
    _taps: dict[str, "_Tap"] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def feed(self, data: bytes) -> None:
        """Gives it the next bytes; waits while it has no room for them."""
        view = memoryview(data)
        while view and self._input >= 0:
            try:
                view = view[os.write(self._input, view) :]
            except BlockingIOError:
                self._waiting = asyncio.get_running_loop().create_future()
                await _writable(self._input, self._waiting)

    @contextlib.asynccontextmanager
    async def running(self, sandbox: Sandbox, work: Path) -> AsyncIterator["asyncio.Task[None]"]:
        """The encoder at work; its task ends when it does, with MediaRefused when it made what is not of the house."""
        names = [*self.rungs, AUDIO]
        async with private_folder(work) as folder:
            out = folder / "out"
            opened = await in_thread(_pipes, folder, out, names)
            given = [folder / "in"]
            if self.logo is not None:
                given.append(folder / "logo")
                await in_thread(given[1].write_bytes, self.logo.picture)
            self._input = opened[0]
            self._taps = {name: _Tap(fd, self._news) for name, fd in zip(names, opened[1:], strict=True)}
            task = asyncio.create_task(self._run(sandbox, given, out))
            try:
                yield task
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                self._input = -1
                if self._waiting is not None and not self._waiting.done():
                    self._waiting.set_result(None)
                    await asyncio.sleep(0)
                for tap in self._taps.values():
                    tap.close()
                for fd in opened:
                    os.close(fd)

    async def _run(self, sandbox: Sandbox, given: Sequence[Path], out: Path) -> None:
        listener = Listener(Stage.encoding, 0, lambda told: setattr(self, "speed", told.speed))
        run = argv(self.grid, self.rungs, has_sound=self.signal.has_sound, gain=self.gain, logo=self.logo)
        bounds = Bounds(
            seconds=_LONGEST, memory_bytes=VideoLimits().memory_bytes, file_bytes=1 << 20, output_bytes=1 << 20
        )
        encoding = asyncio.create_task(sandbox.run(run, given=given, out=out, bounds=bounds, hear=listener.hear))
        try:
            while not encoding.done():
                news = asyncio.create_task(self._news.wait())
                await asyncio.wait([encoding, news], return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
                self._news.clear()
                await self._whole()
            self.said = encoding.result().stderr[-300:]
        finally:
            encoding.cancel()
            await asyncio.gather(encoding, return_exceptions=True)

    async def _whole(self) -> None:
        for tap in self._taps.values():
            if tap.broken is not None:
                raise tap.broken
        while all(tap.parts for tap in self._taps.values()):
            parts = {name: (tap.init, tap.parts.pop(0)) for name, tap in self._taps.items()}
            if self.made == 0:
                _gate(parts, self.house)
            slot = await in_thread(made, parts)
            self.made += 1
            await self.take(self.made - 1, slot)
        if any(len(tap.parts) > _WAITING for tap in self._taps.values()):
            raise MediaRefused("media.live_encoder")


class _Tap:
    """The pipe one track comes out of."""

    def __init__(self, fd: int, news: asyncio.Event) -> None:
        self._fd, self._news, self._splitter = fd, news, Splitter()
        self.parts: list[bytes] = []
        self.broken: MediaRefused | None = None
        asyncio.get_running_loop().add_reader(fd, self._read)

    @property
    def init(self) -> bytes:
        return self._splitter.init

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._fd)

    def _read(self) -> None:
        try:
            whole = self._splitter.feed(os.read(self._fd, _BLOCK))
        except BlockingIOError:
            return
        except MediaRefused as refused:
            self.broken = refused
            self.close()
            self._news.set()
            return
        if whole:
            self.parts += whole
            self._news.set()


def _gate(parts: Mapping[str, tuple[bytes, bytes]], house: package.House) -> None:
    for name, (init, _) in parts.items():
        if package.init_of(init) != house.inits[name]:
            raise MediaRefused("media.house_mismatch", track=name)


def _fitted(picture: Any, largest: str) -> Any:
    """The picture in the size of the largest rung and the house's colours, whatever size it has meanwhile."""
    square = picture.filter("scale", "trunc(iw*sar/2)*2", "ih")
    top = ladder.LADDER[largest]
    within = {"force_original_aspect_ratio": "decrease", "force_divisible_by": 2}
    sized = square.filter("scale", top.width, top.height, out_color_matrix="bt709", out_range="tv", **within)
    return sized.filter("format", "yuv420p").filter("pad", top.width, top.height, "(ow-iw)/2", "(oh-ih)/2", "black")


def _pictures(picture: Any, rungs: Sequence[str], *, frames: int = 0) -> list[Any]:
    """The rungs; cheaper than an upload's by the encoder's effort alone, which init segments do not show."""
    copies = ladder.tagged(picture).filter_multi_output("split", len(rungs))
    found = []
    for number, name in enumerate(rungs):
        rung = ladder.LADDER[name]
        sized = copies.stream(number)
        if name != rungs[0]:
            sized = ladder.smaller(sized, rung)
        limits = {"maxrate": f"{rung.maxrate}k", "bufsize": f"{rung.bufsize}k", "level": rung.level}
        told = {**ladder.CONTAINER, **ladder.VIDEO, **ladder.THREADS, **limits, "preset": "superfast"}
        end = {"frames:v": frames} if frames else {"flush_packets": 1}
        found.append(made_output(sized, name=name, **told, **end))
    return found


def _sound(given: Any, lead_ms: int, gain: Gain | None) -> Any:
    layout = {"sample_fmts": "fltp", "channel_layouts": "stereo"}
    if gain is not None:
        lead = lead_ms * AUDIO_TIMESCALE // 1000
        sound = given.audio.filter("aresample", AUDIO_TIMESCALE, **{"async": 1000, "first_pts": lead})
        sound = sound.filter("aformat", **layout).filter("asetpts", f"PTS-{lead}/{AUDIO_TIMESCALE}/TB")
        sound = leveled(sound, gain)
        sound = sound.filter("adelay", delays=DELAY_MS, all=1)
    else:
        quiet = ffmpeg.input(f"anullsrc=r={AUDIO_TIMESCALE}:cl=stereo", f="lavfi").audio
        sound = quiet.filter("aformat", **layout)
    whole = sound.filter("asetnsamples", AUDIO_FRAME_SAMPLES)
    return made_output(whole, name=AUDIO, **ladder.CONTAINER, **ladder.AUDIO, flush_packets=1)


def _pipes(folder: Path, out: Path, names: Sequence[str]) -> list[int]:
    """Makes the pipes and opens our end of each: for both ways, so that nobody waits for the other to come."""
    out.mkdir()
    paths = [folder / "in", *(out / name for name in names)]
    for path in paths:
        os.mkfifo(path, 0o600)
    return [os.open(path, os.O_RDWR | os.O_NONBLOCK) for path in paths]


async def _writable(fd: int, ready: "asyncio.Future[None]") -> None:
    loop = asyncio.get_running_loop()
    loop.add_writer(fd, _set, ready)
    try:
        await ready
    finally:
        loop.remove_writer(fd)


def _set(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
