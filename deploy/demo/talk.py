"""The demo's lecture, made on the spot: drawn slides, spoken by espeak-ng where it is installed, joined by ffmpeg."""

import asyncio
import io
import shutil
import tomllib
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import ffmpeg
from PIL import Image, ImageDraw, ImageFont

from deploy.demo.brush import GOLD, WALL
from deploy.demo.scenes import picture
from media.programs import started

SIZE: Final = (1280, 720)
FPS: Final = 25
# Face 2 of the collection has the Chinese glyphs; face 0 has Japanese ones.
FACE: Final = 2
FONTS: Final = Path("/usr/share/fonts/opentype/noto")
# A slide stays this long after its last word, and without a voice as long as reading it takes.
PAUSE_S: Final = 0.9
CHARACTERS_A_SECOND: Final = 4.2
VOICE: Final = ("-v", "cmn", "-s", "190", "-p", "42")
# Half a minute alone; beside other work on a small machine it takes as long as it takes.
FFMPEG_SECONDS: Final = 1_800


class NoTalk(Exception):
    """The lecture could not be made; the message says which program failed and how."""


async def make_talk(folder: Path) -> Path:
    """The lecture as an mp4 of about a minute in `folder`, which must be empty. Raises NoTalk."""
    talk = await asyncio.to_thread(_read)
    slides: Sequence[Mapping[str, Any]] = talk["slides"]
    voice = shutil.which("espeak-ng")
    parts = []
    for number, slide in enumerate(slides):
        image = folder / f"slide-{number}.png"
        await asyncio.to_thread(_draw, image, talk, slide, number, len(slides))
        seconds = len(slide["say"]) / CHARACTERS_A_SECOND
        spoken = None
        if voice is not None:
            spoken = folder / f"speech-{number}.wav"
            await _run(voice, *VOICE, "-w", str(spoken), slide["say"])
            seconds = await asyncio.to_thread(_length, spoken)
        parts.append((image, spoken, round((seconds + PAUSE_S) * FPS) / FPS))
    out = folder / "talk.mp4"
    await _run(*_command(parts, out))
    return out


def _read() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "talk.toml").read_text("utf-8"))


def _length(path: Path) -> float:
    with wave.open(str(path)) as speech:
        return float(speech.getnframes() / speech.getframerate())


def _command(parts: Sequence[tuple[Path, Path | None, float]], out: Path) -> list[str]:
    """One ffmpeg that shows each slide for its time and speaks over it."""
    streams = []
    for image, spoken, seconds in parts:
        streams.append(ffmpeg.input(str(image), loop=1, framerate=FPS, t=seconds).filter("format", "yuv420p"))
        sound = (
            ffmpeg.input(str(spoken)).filter("aresample", 48000)
            if spoken is not None
            # Without a voice a very soft tone: a silent lecture looks like a broken one.
            else ffmpeg.input(f"sine=frequency=220:sample_rate=48000:duration={seconds}", f="lavfi").filter(
                "volume", 0.05
            )
        )
        streams.append(sound.filter("apad", whole_dur=seconds).filter("atrim", end=seconds))
    joined = ffmpeg.concat(*streams, n=len(parts), v=1, a=1).node
    graph = ffmpeg.output(
        joined[0],
        joined[1],
        str(out),
        **{"c:v": "libx264", "preset": "veryfast", "crf": 20, "g": 2 * FPS, "c:a": "aac", "b:a": "128k", "ar": 48000},
        movflags="+faststart",
    ).global_args("-hide_banner", "-nostdin", "-loglevel", "error", "-y")
    command: list[str] = ffmpeg.compile(graph)
    return command


async def _run(*command: str) -> None:
    process = await started(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(FFMPEG_SECONDS):
            _, said = await process.communicate()
    except TimeoutError as error:
        raise NoTalk(f"{Path(command[0]).name}: not done after {FFMPEG_SECONDS} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise NoTalk(f"{Path(command[0]).name}: {said.decode(errors='replace')[-500:]}")


def _draw(path: Path, talk: Mapping[str, Any], slide: Mapping[str, Any], number: int, count: int) -> None:
    """One slide: the first is the title over the whole picture, the others text beside it."""
    image = Image.open(io.BytesIO(picture(slide["scene"]))).convert("RGB")
    page = _title(image, talk) if number == 0 else _page(image, talk, slide)
    draw = ImageDraw.Draw(page, "RGBA")
    width = 1120 / count
    for index in range(count):
        left = 80 + index * width
        tone = (*GOLD, 255) if index <= number else (255, 255, 255, 70)
        draw.rounded_rectangle((left, 682, left + width - 10, 688), 3, fill=tone)
    page.save(path)


def _title(image: Image.Image, talk: Mapping[str, Any]) -> Image.Image:
    # Off centre, so that the words stand beside what the picture shows.
    page = image.crop((0, 90, 1280, 810))
    draw = ImageDraw.Draw(page, "RGBA")
    draw.rectangle((0, 0, *SIZE), fill=(8, 30, 44, 130))
    draw.rounded_rectangle((80, 232, 92, 420), 6, fill=GOLD)
    draw.text((124, 216), talk["series"], font=_font("Regular", 34), fill=(255, 236, 200))
    draw.text((120, 268), talk["title"], font=_font("Bold", 84), fill=WALL)
    draw.text((124, 396), talk["speaker"], font=_font("Regular", 30), fill=(226, 236, 236))
    return page


def _page(image: Image.Image, talk: Mapping[str, Any], slide: Mapping[str, Any]) -> Image.Image:
    page = Image.new("RGB", SIZE, (18, 52, 70))
    part = image.resize((1280, 720), Image.Resampling.LANCZOS).crop((380, 0, 1020, 720))
    page.paste(part, (640, 0))
    draw = ImageDraw.Draw(page, "RGBA")
    draw.rectangle((632, 0, 640, 720), fill=GOLD)
    draw.text((80, 56), talk["series"], font=_font("Regular", 24), fill=(180, 206, 212))
    top = 170
    if "mark" in slide:
        draw.rounded_rectangle((80, 128, 204, 252), 18, fill=(168, 38, 34))
        draw.text((142, 190), slide["mark"], font=_font("Bold", 84), fill=WALL, anchor="mm")
        top = 292
    draw.text((80, top), slide["head"], font=_font("Bold", 44), fill=WALL)
    for row, line in enumerate(slide["lines"]):
        y = top + 96 + row * 62
        draw.ellipse((84, y + 14, 98, y + 28), fill=GOLD)
        draw.text((118, y), line, font=_font("Regular", 30), fill=(226, 236, 236))
    return page


def _font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / f"NotoSansCJK-{weight}.ttc"), size, index=FACE)
