"""What a recording is, found by reading it, and the one file made of it: AAC, one channel, as loud as the house.

A reader of the container's name, one of a few codecs, and a whole decode: what cannot be read to its end is refused
now. Nothing of the upload is handed on; tags and the picture of a cover are left behind with it.
"""

import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from media.errors import MediaRefused
from media.house import AUDIO_TIMESCALE
from media.kinds import MOV, MP4, Format, Kind
from media.ladder import CONTAINER, leveled
from media.limits import SoundLimits
from media.loudness import gain_for, measured
from media.probe import probe
from media.runner import Report, Stage, command, given_input, made_output, probe_command, run_ffmpeg, run_ffprobe
from media.sandbox import Sandbox
from media.stable import Look, look, unchanged
from media.threads import in_thread
from media.video import claims_of
from media.workspace import private_folder

MIB: Final = 1 << 20
LIMITS: Final = SoundLimits()
VOICE: Final = "voice"
MEDIA_TYPE: Final = "audio/mp4"
DEMUXERS: Final = {"mp3": "mp3", "m4a": "mov", "mp4": "mov", "mov": "mov", "wav": "wav", "ogg": "ogg"}
CODECS: Final = re.compile(
    r"mp3(float)?|aac|alac|opus|vorbis|flac|pcm_(u8|[su](16|24|32)[lb]e|f(32|64)[lb]e|alaw|mulaw)"
)
_ENTRIES: Final = "format=duration:stream=index,codec_type,codec_name,channels:stream_disposition=default,attached_pic"
_AAC: Final = {"c:a": "aac", "b:a": "64k", "ar": AUDIO_TIMESCALE, "ac": 1, "movflags": "+faststart"}
_OF_VIDEOS: Final = frozenset({"media.video_damaged", "media.video_unfinished"})


@dataclass(frozen=True, slots=True)
class SoundFacts:
    """A recording that was decoded to its end.

    Attributes:
        form: container.
        stream: number of the track that is used.
        length_ms: that was heard.
        seen: the file it was read from.
    """

    form: Format
    stream: int
    codec: str
    length_ms: int
    seen: Look


@dataclass(frozen=True, slots=True)
class SoundFile:
    """The made file, as rows of files want it."""

    rendition: str
    path: Path
    media_type: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class EncodedSound:
    """A finished recording; the files are gone when the context ends."""

    files: tuple[SoundFile, ...]
    duration_ms: int


async def hear(path: Path, *, sandbox: Sandbox, work: Path, limits: SoundLimits = LIMITS) -> SoundFacts:
    """Decode a recording to its end, to nowhere.

    Args:
        path: the complete file; an MP4 without pictures is one too.
        sandbox: where it is read.
        work: folder for a private temporary folder.
        limits: what is accepted.

    Raises:
        MediaRefused: by content as `media.probe`; `media.too_large`, `media.sound_none`, `media.sound_codec`,
            `media.sound_damaged`, `media.sound_too_long`, `media.sound_too_short`.
    """
    seen = await in_thread(look, path)
    if seen.size > limits.file_bytes:
        raise MediaRefused("media.too_large", limit=limits.file_bytes // MIB)
    form = await in_thread(probe, path, accept={Kind.audio, Kind.video})
    if form.kind is not Kind.audio and form not in {MP4, MOV}:
        raise MediaRefused("media.sound_none")
    bounds = limits.bounds(limits.duration_ms)
    async with private_folder(work) as out:
        with _said_of_sound():
            told = await run_ffprobe(
                probe_command(DEMUXERS[form.name], _ENTRIES), sandbox=sandbox, given=path, out=out, bounds=bounds
            )
            stream, codec = _track(claims_of(told), limits)
            every = made_output(given_input(f=DEMUXERS[form.name])[str(stream)], name="none", f="null")
            ran = await run_ffmpeg(
                command(every), sandbox=sandbox, given=path, out=out, bounds=bounds, stage=Stage.examining
            )
    await unchanged(path, seen)
    if ran.done_ms > limits.duration_ms:
        raise MediaRefused("media.sound_too_long", minutes=ran.done_ms // 60_000, limit=limits.duration_ms // 60_000)
    if ran.done_ms < limits.least_ms:
        raise MediaRefused("media.sound_too_short", limit=limits.least_ms)
    return SoundFacts(form, stream, codec, ran.done_ms, seen)


@contextlib.asynccontextmanager
async def encode_voice(
    path: Path,
    facts: SoundFacts,
    *,
    sandbox: Sandbox,
    work: Path,
    progress: Report | None = None,
    limits: SoundLimits = LIMITS,
) -> AsyncIterator[EncodedSound]:
    """Make the file of a recording that `hear` accepted; it lives as long as the context.

    Raises:
        MediaRefused: `media.disk_full`, `media.too_costly`, `media.video_vanished`, `media.video_changed`,
            `media.sound_damaged`.
    """
    await unchanged(path, facts.seen)
    bounds = limits.bounds(facts.length_ms)
    async with private_folder(work) as out:
        with _said_of_sound():
            found = await measured(
                _even(facts),
                sandbox=sandbox,
                given=path,
                out=out,
                bounds=bounds,
                total_ms=facts.length_ms,
                progress=progress,
            )
            made = made_output(leveled(_even(facts), gain_for(found)), name=VOICE, **CONTAINER, **_AAC)
            ran = await run_ffmpeg(
                command(made),
                sandbox=sandbox,
                given=path,
                out=out,
                bounds=bounds,
                total_ms=facts.length_ms,
                progress=progress,
            )
        await unchanged(path, facts.seen)
        yield EncodedSound((SoundFile(VOICE, out / VOICE, MEDIA_TYPE),), min(ran.done_ms, facts.length_ms))


def _even(facts: SoundFacts) -> Any:
    """One channel at 48 kHz from time 0: what is measured and what is encoded."""
    sound = given_input(f=DEMUXERS[facts.form.name])[str(facts.stream)]
    sound = sound.filter("aresample", AUDIO_TIMESCALE, **{"async": 1, "first_pts": 0})
    return sound.filter("aformat", sample_fmts="fltp", channel_layouts="mono")


def _track(claims: dict[str, Any], limits: SoundLimits) -> tuple[int, str]:
    """Number and codec of the track that is used; refuses pictures that move: those are films."""
    streams: list[dict[str, Any]] = claims["streams"]
    if len(streams) > limits.streams:
        raise MediaRefused("media.sound_damaged", reason=f"{len(streams)} streams")
    still = [s for s in streams if s.get("codec_type") == "video" and not s.get("disposition", {}).get("attached_pic")]
    tracks = [s for s in streams if s.get("codec_type") == "audio" and str(s.get("channels", 0)) != "0"]
    if not tracks or still:
        raise MediaRefused("media.sound_none")
    track = max(tracks, key=lambda s: s.get("disposition", {}).get("default") == 1)
    codec = str(track.get("codec_name", "unknown"))
    if not CODECS.fullmatch(codec):
        raise MediaRefused("media.sound_codec", codec=codec[:40])
    return int(track["index"]), codec


@contextlib.contextmanager
def _said_of_sound() -> Iterator[None]:
    """The runner speaks of videos; whoever uploaded a recording is told of that."""
    try:
        yield
    except MediaRefused as refused:
        if refused.code not in _OF_VIDEOS:
            raise
        raise MediaRefused("media.sound_damaged", reason=str(refused.params.get("reason", "-"))) from refused
