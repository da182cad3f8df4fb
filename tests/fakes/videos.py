"""Quick tools in place of ffmpeg: a «video» is any bytes, its files are made of nothing, and tests hold the reins."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from cms.library.tools import Tools
from media.cutting import Piece, checked, length_of
from media.encode import EncodedFile, EncodedVideo
from media.errors import MediaRefused
from media.findings import Findings
from media.house import TRACKS, HouseIndex, Track, write_index
from media.joining import Film
from media.kept import Kept
from media.kinds import Kind
from media.limits import VideoLimits
from media.probe import probe
from media.runner import Progress, Report, Stage
from media.sandbox import Sandbox
from media.stable import look
from media.subtitles import Cue
from media.video import Sound, VideoFacts

DURATION_MS = 62_400
# The head of an MP4 file, so that the look at the first bytes takes it for one.
CLIP = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 4096
HALF = Progress(Stage.encoding, 31_200, DURATION_MS, 0.5)
_TRACK = Track("0" * 64, 0, 1, tuple(range(2, 19)), 854, 480, "avc1.64001e", 1, 1, 12_800)
INDEX_OF = HouseIndex("house", 17, DURATION_MS, dict.fromkeys(TRACKS, _TRACK))
NAMES = ("house-1080", "house-720", "house-480", "house-audio", "house-index", "play-720", "poster", "sprites")


def clip_facts(path: Path) -> VideoFacts:
    form = probe(path, accept={Kind.video})
    sound = Sound(1, "aac", 2, DURATION_MS)
    return VideoFacts(
        form, 0, "h264", 1920, 1080, 0, 25.0, False, "", "bt709", DURATION_MS, DURATION_MS, sound, look(path)
    )


def poster(at_ms: int = 0) -> bytes:
    """A dusk over water, so that a page with it can be looked at; later moments are greener."""
    buffer = io.BytesIO()
    sky = Image.linear_gradient("L").resize((1280, 720))
    tones = (190, 120 + at_ms % 90, 90)
    Image.merge("RGB", [sky.point(lambda v, t=t: 30 + v * t // 255) for t in tones]).save(buffer, "JPEG")
    return buffer.getvalue()


async def playable(folder: Path, seconds: int = 2) -> bytes:
    """Some seconds that a browser really plays."""
    path = folder / "playable.mp4"
    make = [
        "-f",
        "lavfi",
        "-i",
        f"testsrc2=size=320x180:rate=25:duration={seconds}",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
    ]
    more = ["-pix_fmt", "yuv420p", "-movflags", "+faststart", str(path)]
    process = await asyncio.create_subprocess_exec("ffmpeg", "-v", "error", *make, *more)
    assert await process.wait() == 0
    return await asyncio.to_thread(path.read_bytes)


@dataclass
class FakeTools:
    """Says what it is told to say. `gate` holds every encode until it is set; `inside` says that one has begun."""

    refuse: MediaRefused | None = None
    breaks: bool = False
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    inside: asyncio.Event = field(default_factory=asyncio.Event)
    encodes: int = 0
    heard: Progress = HALF
    plays: bytes = b"play-720" * 200_000
    parts: tuple[str, ...] = ()
    found: list[str] = field(default_factory=list)
    looks: list[int] = field(default_factory=list)
    joined: list[list[tuple[str, int, int]]] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    subtitles: dict[str, tuple[Cue, ...]] = field(default_factory=dict)
    chapters: tuple[tuple[int, str], ...] = ()

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def tools(self) -> Tools:
        return Tools(self.examine, self.encode, self.frame, look=self.look, join=self.join)

    @asynccontextmanager
    async def look(
        self, path: Path, facts: VideoFacts, *, segments: int, sandbox: Sandbox, work: Path, limits: VideoLimits
    ) -> AsyncIterator[Path]:
        del path, facts, sandbox, limits
        self.looks.append(segments)
        made = work / f"look-{len(self.looks)}"
        await asyncio.to_thread(made.write_bytes, b"look" * segments)
        try:
            yield made
        finally:
            await asyncio.to_thread(made.unlink)

    @asynccontextmanager
    async def frame(
        self, film: Path, at_ms: int, *, sandbox: Sandbox, work: Path, limits: VideoLimits
    ) -> AsyncIterator[Path]:
        del film, sandbox, limits
        if at_ms > DURATION_MS:
            raise MediaRefused("media.no_frame", at=at_ms // 1000)
        path = work / f"frame-{at_ms}"
        await asyncio.to_thread(path.write_bytes, poster(at_ms))
        yield path
        await asyncio.to_thread(path.unlink)

    async def examine(
        self,
        path: Path,
        *,
        sandbox: Sandbox,
        work: Path,
        limits: VideoLimits,
        claimed: Callable[[VideoFacts], None] | None = None,
    ) -> VideoFacts:
        del sandbox, work, limits
        facts = await asyncio.to_thread(clip_facts, path)
        if claimed is not None:
            claimed(facts)
        if self.refuse is not None:
            raise self.refuse
        return facts

    @asynccontextmanager
    async def encode(
        self,
        path: Path,
        facts: VideoFacts,
        *,
        sandbox: Sandbox,
        work: Path,
        progress: Report | None,
        limits: VideoLimits,
        kept: Kept,
    ) -> AsyncIterator[EncodedVideo]:
        del sandbox, facts, limits
        self.found = sorted(await kept.begin("house"))
        self.encodes += 1
        if progress is not None:
            progress(self.heard)
        self.inside.set()
        await self.gate.wait()
        if self.breaks:
            raise RuntimeError("a defect")
        if self.refuse is not None:
            raise self.refuse
        folder = work / f"encode-{self.encodes}-{id(self)}-{path.name[:8]}"
        await asyncio.to_thread(folder.mkdir)
        made = [await asyncio.to_thread(_file, folder, name, self.plays) for name in NAMES]
        if self.parts:
            await kept.keep(dict.fromkeys(self.parts, made[0].path))
        yield EncodedVideo(tuple(made), DURATION_MS, self.findings, INDEX_OF, self.subtitles, self.chapters)

    @asynccontextmanager
    async def join(
        self,
        pieces: Sequence[Piece],
        films: Mapping[str, Film],
        *,
        sandbox: Sandbox,
        work: Path,
        limits: VideoLimits,
        progress: Report | None,
    ) -> AsyncIterator[EncodedVideo]:
        del sandbox, progress
        self.joined.append([(one.of, one.first, one.end) for one in pieces])
        segments = {of: film.index.segments for of, film in films.items()}
        checked(pieces, segments, most_ms=limits.duration_ms)
        folder = work / f"join-{len(self.joined)}"
        await asyncio.to_thread(folder.mkdir)
        made = [await asyncio.to_thread(_file, folder, name, self.plays) for name in NAMES]
        length = length_of(pieces, dict.fromkeys(films, DURATION_MS))
        yield EncodedVideo(tuple(made), length, self.findings, INDEX_OF)


def _file(folder: Path, name: str, plays: bytes) -> EncodedFile:
    path = folder / name
    match name:
        case "poster" | "sprites":
            path.write_bytes(poster())
            return EncodedFile(name, path, "image/jpeg", 1280, 720)
        case "house-index":
            path.write_bytes(write_index(INDEX_OF))
            return EncodedFile(name, path, "application/json", 0, 0)
        case "house-audio":
            path.write_bytes(b"audio")
            return EncodedFile(name, path, "audio/mp4", 0, 0)
        case "play-720":
            path.write_bytes(plays)
            return EncodedFile(name, path, "video/mp4", 1280, 720)
        case _:
            path.write_bytes(name.encode() * 200_000)
            return EncodedFile(name, path, "video/mp4", 1280, 720)
