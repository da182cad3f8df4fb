"""Upright films: composed cards one after another, or a lecture's picture on its own blurred ground.

Everything runs in the sandbox with one input, and writes one file. Cross-fades are blended pictures in the list of
frames, because ffmpeg's own filter for it keeps every frame of both sides in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ffmpeg
from PIL import Image

from media.errors import MediaRefused
from media.marks import Stretch, total
from media.sandbox import INPUT, OUTPUT, Bounds, Ended, Sandbox
from media.threads import in_thread

FPS: Final = 25
_FADE_FRAMES: Final = 8
_FFMPEG: Final = "/usr/bin/ffmpeg"
_FILM: Final = "film.mp4"
_FRAME: Final = "frame.png"
_WORDS: Final = "words.ass"
_GIB: Final = 1 << 30
# Slower than the slowest machine measured; a run beyond it hangs.
_SECONDS_PER_SECOND: Final = 8
_VIDEO: Final = {
    "c:v": "libx264",
    "profile:v": "high",
    "preset": "veryfast",
    "pix_fmt": "yuv420p",
    "g": 2 * FPS,
    "r": FPS,
    "threads": 2,
    "c:a": "aac",
    "ar": 48_000,
    "ac": 2,
    "movflags": "+faststart",
    "map_metadata": -1,
    "fflags": "+bitexact",
    "f": "mp4",
}


@dataclass(frozen=True, slots=True)
class Length:
    """How long a film of cards is."""

    cards: int
    hold: float

    @property
    def seconds(self) -> float:
        return round(self.cards * self.hold + (self.cards - 1) * _FADE_FRAMES / FPS, 3)


async def film_of_cards(pages: Sequence[Image.Image], *, hold: float, folder: Path, sandbox: Sandbox) -> Path:
    """A film in which each page stands for `hold` seconds, with a silent track as the platform wants one."""
    frames, out = folder / "frames", folder / "out"
    await in_thread(_lay_out, pages, hold, frames, out)
    length = Length(len(pages), hold).seconds
    shown = ffmpeg.input(f"{INPUT}/list.txt", f="concat").video.filter("fps", FPS)
    silence = ffmpeg.input("anullsrc=r=48000:cl=stereo", f="lavfi", t=length)
    graph = ffmpeg.output(
        shown, silence, f"{OUTPUT}/{_FILM}", t=length, crf=20, tune="stillimage", **_VIDEO, **{"b:a": "64k"}
    )
    return await _run(graph, given=frames, out=out, sandbox=sandbox, seconds=length)


async def film_of_lecture(
    video: Path,
    frame: Image.Image,
    *,
    stretches: Sequence[Stretch],
    captions: str,
    folder: Path,
    sandbox: Sandbox,
) -> Path:
    """Stretches of a lecture, centred over a blurred ground of itself, under the frame with its words.

    `captions` are its subtitles as ASS, already where the stretches put them; empty for none.
    """
    out = folder / "out"
    await in_thread(_lay_frame, frame, captions, out)
    width, height = frame.size
    seconds = total(stretches) / 1000
    moving, sound = _cut(stretches)
    parts = moving.filter_multi_output("split")
    # Blurred small and scaled up: a sixth of the cost of blurring at full size, and nobody sees a difference.
    tiny = (width // 8 // 2 * 2, height // 8 // 2 * 2)
    ground = (
        parts.stream(0)
        .filter("scale", *tiny, force_original_aspect_ratio="increase")
        .filter("crop", *tiny)
        .filter("boxblur", 4, 2)
        .filter("scale", width, height, flags="bilinear")
        .filter("setsar", 1)
    )
    picture = parts.stream(1).filter("scale", width, width * 9 // 16 // 2 * 2).filter("setsar", 1)
    words = ffmpeg.input(f"{OUTPUT}/{_FRAME}").video
    shown = ground.overlay(picture, x=0, y="(H-h)/2").overlay(words)
    if captions:
        shown = shown.filter("ass", f"{OUTPUT}/{_WORDS}")
    shown = shown.filter("format", "yuv420p")
    graph = ffmpeg.output(
        shown, sound, f"{OUTPUT}/{_FILM}", t=seconds, crf=23, maxrate="2500k", bufsize="5000k", **_VIDEO,
        **{"b:a": "128k"},
    )  # fmt: skip
    return await _run(graph, given=video, out=out, sandbox=sandbox, seconds=seconds)


def _lay_out(pages: Sequence[Image.Image], hold: float, frames: Path, out: Path) -> None:
    frames.mkdir()
    out.mkdir()
    listed = ["ffconcat version 1.0"]

    def show(name: str, page: Image.Image, seconds: float) -> None:
        page.save(frames / name, "PNG", compress_level=1)
        listed.extend((f"file '{name}'", f"duration {seconds:.3f}"))

    for place, page in enumerate(pages):
        if place:
            for step in range(1, _FADE_FRAMES + 1):
                mixed = Image.blend(pages[place - 1], page, step / (_FADE_FRAMES + 1))
                show(f"f{place}-{step}.png", mixed, 1 / FPS)
        show(f"c{place}.png", page, hold)
    # The list's last duration counts only when something follows.
    listed.append(f"file 'c{len(pages) - 1}.png'")
    (frames / "list.txt").write_text("\n".join(listed) + "\n", "utf-8")


def _cut(stretches: Sequence[Stretch]) -> tuple[Any, Any]:
    """Picture and sound of the stretches, one behind another; only what is shown is decoded."""
    tracks: list[Any] = []
    for start, end in stretches:
        source = ffmpeg.input(INPUT, ss=start / 1000, t=(end - start) / 1000)
        tracks += [source.video.filter("fps", FPS), source.audio]
    if len(stretches) == 1:
        return tracks[0], tracks[1]
    joined = ffmpeg.concat(*tracks, v=1, a=1).node
    return joined[0], joined[1]


def _lay_frame(frame: Image.Image, captions: str, out: Path) -> None:
    out.mkdir()
    frame.save(out / _FRAME, "PNG", compress_level=1)
    if captions:
        (out / _WORDS).write_text(captions, "utf-8")


async def _run(graph: Any, *, given: Path, out: Path, sandbox: Sandbox, seconds: float) -> Path:
    argv = ffmpeg.compile(graph, cmd=_FFMPEG, overwrite_output=True)
    argv[1:1] = ["-nostdin", "-hide_banner", "-loglevel", "error"]
    bounds = Bounds(
        seconds=60 + int(seconds * _SECONDS_PER_SECOND),
        memory_bytes=4 * _GIB,
        file_bytes=_GIB,
        output_bytes=_GIB + (64 << 20),
    )
    finished = await sandbox.run(argv, given=given, out=out, bounds=bounds)
    film = out / _FILM
    if finished.ended is not Ended.itself or finished.returncode or not await in_thread(film.is_file):
        raise MediaRefused("douyin.film_failed", why=(finished.stderr.strip()[-200:] or finished.ended.value))
    return film
