"""What a video is, found by reading it: containers claim lengths, sizes and kinds that need not be so.

Accepted by content: MP4/MOV/3GP, Matroska, WebM, MPEG-TS, MPEG-PS, AVI, FLV and WMV. The reader is named to ffprobe and
ffmpeg, so a playlist that calls itself a video meets a reader that knows no playlists; every packet is read once, so
that a file cut off half-way is refused now and not after an hour of encoding. Nothing is decoded here: the encode
decodes every picture and every sound once and counts what its decoders complain of (`media.making`).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from media.errors import MediaRefused
from media.gaps import Spans, gaps, missing
from media.kinds import Format, Kind
from media.limits import VideoLimits
from media.probe import probe
from media.runner import Ran, Stage, command, given_input, made_output, probe_command, run_ffmpeg, run_ffprobe
from media.sandbox import Bounds, Sandbox
from media.stable import Look, look, unchanged
from media.threads import in_thread, together
from media.workspace import private_folder

MIB: Final = 1 << 20
DEMUXERS: Final = {
    "mp4": "mov",
    "mov": "mov",
    "mkv": "matroska",
    "webm": "matroska",
    "mpegts": "mpegts",
    "mpegps": "mpeg",
    "avi": "avi",
    "flv": "flv",
    "wmv": "asf",
}
_STREAM: Final = (
    "index codec_type codec_name width height field_order color_transfer color_space sample_aspect_ratio"
    " avg_frame_rate r_frame_rate duration nb_frames channels"
)
_ENTRIES: Final = (
    f"format=duration:stream={_STREAM.replace(' ', ',')}:stream_disposition=default,attached_pic"
    ":stream_side_data=rotation:stream_tags=rotate,language:chapter=start_time:chapter_tags=title"
)
_HDR: Final = {"smpte2084": "pq", "arib-std-b67": "hlg"}
_INTERLACED: Final = {"tt", "bb", "tb", "bt"}
_CUT: Final = ("partial file", "ended prematurely", "Truncat", "truncat")
_TEXTS: Final = {"subrip", "srt", "webvtt", "mov_text", "ass", "ssa", "text"}
_MOST_TEXTS: Final = 8
_MOST_CHAPTERS: Final = 200
_MOST_TITLE: Final = 80
_FRAME_MS: Final = 40
_MOST_LOST_MS: Final = 3_000
_PACKETS: Final = "packets"
_MOST_LISTED: Final = 192 * MIB  # four hours at 60 pictures a second are 54 MB
_LONGEST_STILL_MS: Final = 60_000  # a last picture that claims to stay longer is a lie about the length


@dataclass(frozen=True, slots=True)
class Sound:
    """The one sound track that is used."""

    stream: int
    codec: str
    channels: int
    length_ms: int


@dataclass(frozen=True, slots=True)
class Text:
    """A subtitle track that is text; `language` is what the container says, empty when it says nothing."""

    stream: int
    codec: str
    language: str


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """A video that was read to its end.

    Attributes:
        form: container.
        stream: number of the picture track that is used.
        width: of a picture as it is seen: turned by its rotation, in square pixels.
        rotation: degrees that a player turns it by.
        fps: pictures a second on average.
        hdr: `pq`, `hlg` or empty.
        matrix: `bt709`, `bt601`… for the conversion to the house's colours.
        length_ms: of the pictures.
        last_ms: when the last picture comes; it may stay for long, as slides do.
        sound: None when there is none.
        seen: the file it was read from.
        texts: subtitle tracks inside it.
        chapters: begin in milliseconds and title, as the container says.
        missing: begin and end in milliseconds of what was lost inside it.
    """

    form: Format
    stream: int
    codec: str
    width: int
    height: int
    rotation: int
    fps: float
    interlaced: bool
    hdr: str
    matrix: str
    length_ms: int
    last_ms: int
    sound: Sound | None
    seen: Look
    texts: tuple[Text, ...] = ()
    chapters: tuple[tuple[int, str], ...] = ()
    missing: Spans = ()

    @property
    def duration_ms(self) -> int:
        """The item's length: the last picture stays while the sound goes on."""
        return max(self.length_ms, self.sound.length_ms if self.sound else 0)

    @property
    def demuxer(self) -> str:
        """The reader to name to ffmpeg."""
        return DEMUXERS[self.form.name]


async def examine(
    path: Path,
    *,
    sandbox: Sandbox,
    work: Path,
    limits: VideoLimits,
    claimed: Callable[[VideoFacts], None] | None = None,
) -> VideoFacts:
    """Read a video to its end without decoding it.

    Args:
        path: the file; complete by `media.stable`.
        sandbox: where it is read.
        work: folder for a private temporary folder.
        limits: what is accepted.
        claimed: is told what the container claims while the rest is read, with lengths nobody has checked.

    Raises:
        MediaRefused: by content as `media.probe`; `media.too_large`, `media.video_vanished`, `media.video_changed`,
            `media.video_damaged`, `media.video_unfinished`, `media.video_truncated`, `media.video_codec`,
            `media.no_video`, `media.video_too_long`, `media.video_too_short`, `media.video_too_wide`.
    """
    seen = await in_thread(look, path)
    if seen.size > limits.file_bytes:
        raise MediaRefused("media.too_large", limit=limits.file_bytes // MIB)
    form = await in_thread(probe, path, accept={Kind.video})
    bounds = _bounds(seen.size, limits)
    asked = probe_command(DEMUXERS[form.name], _ENTRIES)
    read = partial(_read, path, DEMUXERS[form.name], sandbox=sandbox, work=work, bounds=bounds)
    async with private_folder(work) as out:
        claims = claims_of(await run_ffprobe(asked, sandbox=sandbox, given=path, out=out, bounds=bounds))
    facts = facts_of(claims, form=form, seen=seen, limits=limits)
    if claimed is not None:
        claimed(_believed(facts, claims))
    used = [facts.stream] if facts.sound is None else [facts.stream, facts.sound.stream]
    # Side by side: a good part of what reading takes is the program's start.
    (pictures, holes), *heard = await together(*(read(str(stream)) for stream in used))
    sounds, quiet = heard[0] if heard else (None, None)
    await unchanged(path, seen)
    lost = missing(holes, quiet if sounds and sounds.done_ms else None, complained=bool(pictures.stderr))
    return checked(replace(facts, missing=lost), claims, pictures, sounds, limits)


def claims_of(told: bytes) -> dict[str, Any]:
    """What ffprobe answered.

    Raises:
        MediaRefused: `media.video_damaged` when it is no such answer: a hostile file can make it endless.
    """
    try:
        claims = json.loads(told)
    except ValueError as error:
        raise MediaRefused("media.video_damaged", reason="no streams") from error
    if not isinstance(claims, dict) or not claims.get("streams"):
        raise MediaRefused("media.video_damaged", reason="no streams")
    return claims


def facts_of(claims: dict[str, Any], *, form: Format, seen: Look, limits: VideoLimits) -> VideoFacts:
    """The claims of a container as facts that are still to be checked; refuses what can be refused at once."""
    streams: list[dict[str, Any]] = claims["streams"]
    if len(streams) > limits.streams:
        raise MediaRefused("media.video_damaged", reason=f"{len(streams)} streams")
    pictures = [s for s in streams if s.get("codec_type") == "video" and not _disposed(s, "attached_pic")]
    if not pictures:
        raise MediaRefused("media.no_video")
    stream = max(pictures, key=lambda s: (_disposed(s, "default"), _whole(s, "width") * _whole(s, "height")))
    codec = str(stream.get("codec_name", "unknown"))
    if codec in {"unknown", "none"}:
        raise MediaRefused("media.video_codec", codec=codec)
    rotation = _rotation(stream)
    width, height = _seen_size(stream, rotation)
    if width < 2 or height < 2:
        raise MediaRefused("media.video_damaged", reason="no picture size")
    if max(width, height) > limits.side:
        raise MediaRefused("media.video_too_wide", width=width, height=height, limit=limits.side)
    return VideoFacts(
        form=form,
        stream=_whole(stream, "index"),
        codec=codec,
        width=width,
        height=height,
        rotation=rotation,
        fps=_rate(stream.get("avg_frame_rate")) or _rate(stream.get("r_frame_rate")),
        interlaced=stream.get("field_order") in _INTERLACED,
        hdr=_HDR.get(str(stream.get("color_transfer")), ""),
        matrix=_matrix(stream, height),
        length_ms=0,
        last_ms=0,
        sound=_sound(streams),
        seen=seen,
        texts=_texts(streams),
        chapters=_chapters(claims),
    )


def checked(
    facts: VideoFacts, claims: dict[str, Any], pictures: Ran, sounds: Ran | None, limits: VideoLimits
) -> VideoFacts:
    """The facts with the lengths that reading to the end showed.

    Raises:
        MediaRefused: `media.video_truncated`, `media.video_too_long`, `media.video_too_short`.
    """
    stream = _used(facts, claims)
    claimed = _claimed_ms(stream, claims)
    if pictures.frames < 1:
        raise MediaRefused("media.video_truncated", found=0, claimed=claimed // 1000)
    found = max(pictures.done_ms, sounds.done_ms if sounds else 0)
    lost = sum(end - begin for begin, end in facts.missing)
    if lost > max(_MOST_LOST_MS, found // 10):
        raise MediaRefused("media.video_truncated", found=(found - lost) // 1000, claimed=found // 1000)
    frames = _whole(stream, "nb_frames")
    if frames:
        # A telephone that trims a film keeps the pictures and hides them: fewer in number, and none too early.
        step = pictures.done_ms // pictures.frames
        short = pictures.frames < 0.97 * frames and pictures.done_ms + 2 * step < claimed
    else:
        short = claimed - found > max(_MOST_LOST_MS, claimed // 10)
    if short or _cut_off(pictures) or (sounds is not None and _cut_off(sounds)):
        raise MediaRefused("media.video_truncated", found=pictures.done_ms // 1000, claimed=claimed // 1000)
    length = true_length(claimed, pictures.done_ms)
    sound = facts.sound
    if sound is not None:
        # A track without a packet is no sound.
        sound = replace(sound, length_ms=sounds.done_ms) if sounds is not None and sounds.done_ms > 0 else None
    facts = replace(facts, length_ms=length, last_ms=pictures.done_ms, sound=sound)
    if facts.duration_ms > limits.duration_ms:
        raise MediaRefused(
            "media.video_too_long", minutes=facts.duration_ms // 60_000, limit=limits.duration_ms // 60_000
        )
    if facts.duration_ms < limits.least_ms:
        raise MediaRefused("media.video_too_short", limit=limits.least_ms)
    return facts


def true_length(claimed_ms: int, read_ms: int) -> int:
    """How long the pictures last, given what the container claims and the decode time of its last picture.

    The last picture may stay for a while (slides do), so a claim is believed up to a minute more than was read.
    """
    if read_ms <= claimed_ms <= read_ms + _LONGEST_STILL_MS:
        return claimed_ms
    return read_ms + _FRAME_MS


def _believed(facts: VideoFacts, claims: dict[str, Any]) -> VideoFacts:
    """The facts with the lengths that the container claims; 0 where it claims none."""
    length = _claimed_ms(_used(facts, claims), claims)
    sound = None if facts.sound is None else replace(facts.sound, length_ms=length)
    return replace(facts, length_ms=length, last_ms=length, sound=sound)


def _used(facts: VideoFacts, claims: dict[str, Any]) -> dict[str, Any]:
    """The stream whose pictures are used."""
    stream: dict[str, Any] = next(s for s in claims["streams"] if s.get("index") == facts.stream)
    return stream


def _claimed_ms(stream: dict[str, Any], claims: dict[str, Any]) -> int:
    return _milliseconds(stream.get("duration")) or _milliseconds(claims.get("format", {}).get("duration"))


_Read = tuple[Ran, Spans]


async def _read(path: Path, demuxer: str, stream: str, *, sandbox: Sandbox, work: Path, bounds: Bounds) -> _Read:
    """Reads one stream to its end; and where it has gaps."""
    packets = made_output(given_input(f=demuxer)[stream], name=_PACKETS, c="copy", f="framecrc")
    argv = command(packets)
    async with private_folder(work) as out:
        ran = await run_ffmpeg(argv, sandbox=sandbox, given=path, out=out, bounds=bounds, stage=Stage.examining)
        return ran, await in_thread(_listed, out / _PACKETS)


def _listed(path: Path) -> Spans:
    with path.open(encoding="ascii", errors="replace") as lines:
        return gaps(lines)


def _bounds(size: int, limits: VideoLimits) -> Bounds:
    # Reading runs at the speed of the slowest disk, 10 MB a second.
    return Bounds(
        seconds=60 + size // (10 * MIB),
        memory_bytes=limits.memory_bytes,
        file_bytes=_MOST_LISTED,
        output_bytes=_MOST_LISTED + MIB,
        output_files=2,
    )


def _cut_off(ran: Ran) -> bool:
    return any(sign in ran.stderr for sign in _CUT)


def _sound(streams: list[dict[str, Any]]) -> Sound | None:
    heard = [s for s in streams if s.get("codec_type") == "audio" and _whole(s, "channels") > 0]
    known = [s for s in heard if s.get("codec_name") not in {None, "unknown", "none"}]
    if not known:
        return None
    stream = max(known, key=lambda s: _disposed(s, "default"))
    return Sound(_whole(stream, "index"), str(stream["codec_name"]), _whole(stream, "channels"), 0)


def _texts(streams: list[dict[str, Any]]) -> tuple[Text, ...]:
    return tuple(
        Text(_whole(s, "index"), str(s["codec_name"]), str(s.get("tags", {}).get("language", ""))[:20].lower())
        for s in streams
        if s.get("codec_type") == "subtitle" and s.get("codec_name") in _TEXTS
    )[:_MOST_TEXTS]


def _chapters(claims: dict[str, Any]) -> tuple[tuple[int, str], ...]:
    told = claims.get("chapters")
    found = []
    for one in told[:_MOST_CHAPTERS] if isinstance(told, list) else ():
        title = str(one.get("tags", {}).get("title", ""))
        shown = "".join(c for c in title if c.isprintable()).strip()[:_MOST_TITLE]
        found.append((_milliseconds(one.get("start_time")), shown))
    return tuple(found)


def _rotation(stream: dict[str, Any]) -> int:
    turned = [side["rotation"] for side in stream.get("side_data_list", []) if "rotation" in side]
    value = turned[0] if turned else stream.get("tags", {}).get("rotate", 0)
    try:
        return round(float(value)) % 360
    except (TypeError, ValueError, OverflowError):
        return 0


def _seen_size(stream: dict[str, Any], rotation: int) -> tuple[int, int]:
    width, height = _whole(stream, "width"), _whole(stream, "height")
    above, _, below = str(stream.get("sample_aspect_ratio", "1:1")).partition(":")
    if above.isdigit() and below.isdigit() and int(above) and int(below):
        # Senseless shapes of a pixel exist in broken files; no picture is more than four times out.
        shape = int(above) / int(below)
        width = round(width * shape) if 0.25 <= shape <= 4 else width
    return (height, width) if rotation in {90, 270} else (width, height)


def _matrix(stream: dict[str, Any], height: int) -> str:
    named = {"bt709": "bt709", "smpte170m": "bt601", "bt470bg": "bt601", "bt2020nc": "bt2020", "bt2020c": "bt2020"}
    # Untagged video is what its size says: standard definition was made for 601.
    return named.get(str(stream.get("color_space")), "bt709" if height >= 720 else "bt601")


def _disposed(stream: dict[str, Any], name: str) -> bool:
    return bool(stream.get("disposition", {}).get(name) == 1)


def _whole(stream: dict[str, Any], name: str) -> int:
    value = str(stream.get(name, "0"))
    return int(value) if value.isdigit() and len(value) < 12 else 0


def _milliseconds(value: object) -> int:
    try:
        seconds = float(str(value))
    except ValueError:
        return 0
    return round(seconds * 1000) if 0 < seconds < 1e9 else 0


def _rate(value: object) -> float:
    above, _, below = str(value).partition("/")
    if above.isdigit() and below.isdigit() and int(below):
        return int(above) / int(below)
    return 0.0
