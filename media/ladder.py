"""The house's encoder settings and the graph that makes every track in one decode."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ffmpeg

from media.encoders import Encoder
from media.house import (
    AUDIO_FRAME_SAMPLES,
    AUDIO_TICKS,
    AUDIO_TIMESCALE,
    DELAY_MS,
    FPS,
    RUNGS,
    SEGMENT_MS,
    VIDEO_TIMESCALE,
)
from media.runner import given_input, made_output
from media.stretches import Stretch, read_from_ms
from media.video import VideoFacts

FADE: Final = 0.02  # seconds; a cut in the middle of a wave would click
AUDIO_RATE: Final = "128k"
SOUND: Final = "audio"


@dataclass(frozen=True, slots=True)
class Rung:
    """One size of the picture.

    Attributes:
        maxrate: kbit/s of the decoder's buffer model; the rate follows quality below it, so a lecture's slides
            cost a fraction of a film.
        level: H.264 level; it is in the init segment, so it is fixed and not left to the encoder.
    """

    width: int
    height: int
    maxrate: int
    bufsize: int
    level: str


LADDER: Final = {
    "1080": Rung(1920, 1080, 5_400, 4_500, "4.0"),
    "720": Rung(1280, 720, 3_000, 2_500, "3.1"),
    "480": Rung(854, 480, 1_200, 1_000, "3.0"),
}
TOP: Final = LADDER[RUNGS[0]]

VIDEO: Final[Mapping[str, Any]] = {
    "c:v": "libx264",
    "preset": "veryfast",
    "crf": 21,
    "profile:v": "high",
    "pix_fmt": "yuv420p",
    # Where a source keeps its chroma would be written into the SPS; the picture is the same to any eye.
    "x264-params": f"keyint={FPS * 48 // 25}:min-keyint=48:scenecut=0:open-gop=0:stitchable=1:chromaloc=0",
    "video_track_timescale": VIDEO_TIMESCALE,
    # A key frame opens a fragment once the running one holds a whole segment, never at the one in its middle.
    "min_frag_duration": (SEGMENT_MS - 40) * 1000,
    "movflags": "+frag_keyframe+empty_moov+default_base_moof+skip_trailer",
}
# For a segment that somebody waits for: as good a picture in a quarter to a half less work, for a quarter more bits.
# It looks as far ahead and weighs blocks as the house's own does; it searches less, and two pictures between others are
# always two: to weigh how many they should be costs a tenth and gains nothing in a segment.
AWAITED: Final[Mapping[str, Any]] = {
    **VIDEO,
    "preset": "superfast",
    "crf": 20,
    "x264-params": f"{VIDEO['x264-params']}:rc-lookahead=10:mbtree=1:bframes=2:b-adapt=0",
}
# Of damage in VP9 ffmpeg's own decoder makes pictures without a word; this one says so. Else they agree to the bit.
_TELLING: Final[Mapping[str, str]] = {"vp9": "libvpx-vp9"}
# No decoder of these can tell damage from pictures: whoever broadcasts one has to have seen it.
UNCHECKED: Final = frozenset({"vp8"})
# The pictures of ffmpeg's own bicubic scaler in half its time: their luma differs by 60 dB and more.
_SMALLER: Final[Mapping[str, Any]] = {"filter": "bicubic", "param_a": 0, "param_b": 0.6}
# What is the container's and not the encoder's.
FILE: Final = {name: VIDEO[name] for name in ("video_track_timescale", "min_frag_duration", "movflags")}
# How an encoder shares its work is to be seen in the bytes, so it does not follow the machine: two workers of unlike
# size make the same. Not part of the house: init segments do not show it.
THREADS: Final = {"threads": 4}
# A segment is whole in its file as soon as it is made, not once the next one follows; the bytes are the same.
AT_ONCE: Final = {"flush_packets": 1}
AUDIO: Final = {
    "c:a": "aac",
    "b:a": AUDIO_RATE,
    "ar": AUDIO_TIMESCALE,
    "ac": 2,
    # The encoder's priming packet would make every first segment 181 frames long.
    "bsf:a": "noise=drop='lt(pts,0)'",
    "frag_duration": SEGMENT_MS * 1000,
    "movflags": "+empty_moov+default_base_moof+skip_trailer",
}
CONTAINER: Final = {"f": "mp4", "map_metadata": -1, "map_chapters": -1, "fflags": "+bitexact", "flags": "+bitexact"}


@dataclass(frozen=True, slots=True)
class Gain:
    """What is done to the sound so that every item is as loud as the next."""

    decibels: float
    limited: bool


def segments_of(duration_ms: int) -> int:
    """Whole segments that hold an item and the delay of its sound."""
    return max(1, -(-(duration_ms + DELAY_MS) // SEGMENT_MS))


def seconds(segments: int) -> str:
    """Length of endless inputs: an encode whose outputs are all full still reads one that has no end."""
    return f"{segments * SEGMENT_MS / 1000:.3f}"


def fitted(width: int, height: int, within: Rung = TOP) -> tuple[int, int]:
    """The largest even size of that shape inside the house's picture."""
    scale = min(within.width / width, within.height / height)
    return (
        min(within.width, max(2, 2 * round(width * scale / 2))),
        min(within.height, max(2, 2 * round(height * scale / 2))),
    )


def stretch_outputs(
    facts: VideoFacts, stretch: Stretch, rungs: Sequence[str] = RUNGS, encoder: Encoder | None = None
) -> list[Any]:
    """Outputs for one run: every rung of a stretch from one read and one decode of the source.

    The command must keep the source's clock: `media.runner.command(..., own_clock=True)`.
    """
    first, end = stretch.frames
    picture = house_colours(stretch_picture(facts, stretch), facts)
    # Where a graph has one input alone, ffmpeg hands what is said beside that stream to every output: a telephone's
    # Dolby Vision record would stand in the init segment and make it another one.
    beside = ffmpeg.input(f"anullsrc=r={AUDIO_TIMESCALE}:cl=mono", f="lavfi", t="0.04").audio.filter("anull")
    settings = AWAITED if stretch.is_awaited else VIDEO
    pictures = video_outputs(picture, end - first, rungs, encoder, settings=settings)
    return [*pictures, made_output(beside, name="none", f="null")]


def stretch_picture(facts: VideoFacts, stretch: Stretch, **decoder: Any) -> Any:
    """The source's pictures on the house's grid, numbered from the begin of the stretch; `decoder` has its options."""
    begin = read_from_ms(stretch, facts.form)
    # From the key picture on, not from the time asked for: a slide that was put up a minute ago is still to be seen.
    seek: dict[str, Any] = {"ss": f"{begin / 1000:.3f}", "noaccurate_seek": None} if begin else {}
    picture = given_input(f=facts.demuxer, **told_by(facts), **decoder, **seek)[str(facts.stream)]
    if facts.interlaced:
        picture = picture.filter("yadif", deint="interlaced")
    first, end = stretch.frames
    # A second more than is needed: the last pictures of a file are sometimes not decodable. Damage shows as a
    # shorter track, so the still picture at the end is never without an end of its own.
    still = end - facts.last_ms * FPS // 1000 + FPS
    picture = picture.filter("fps", FPS, start_time=0).filter("tpad", stop=max(still, 0), stop_mode="clone")
    return picture.filter("trim", start_pts=first, end_pts=end).filter("setpts", "PTS-STARTPTS")


def told_by(facts: VideoFacts) -> dict[str, Any]:
    """Options of an input whose pictures another decoder than ffmpeg's own is to read."""
    decoder = _TELLING.get(facts.codec)
    return {f"c:{facts.stream}": decoder} if decoder else {}


def house_colours(picture: Any, facts: VideoFacts, within: Rung = TOP, **scaler: Any) -> Any:
    """The picture in the house's size, pixel shape and colours, whatever it was before; `scaler` has its options."""
    width, height = fitted(facts.width, facts.height, within)
    if facts.hdr:
        tone = {"pq": "smpte2084", "hlg": "arib-std-b67"}[facts.hdr]
        picture = picture.filter("scale", width, height, **scaler).filter(
            "zscale", tin=tone, min="bt2020nc", pin="bt2020", rin="tv", t="linear", npl=100
        )
        picture = picture.filter("format", "gbrpf32le").filter("zscale", p="bt709")
        picture = picture.filter("tonemap", "hable", desat=0)
        picture = picture.filter("zscale", t="bt709", m="bt709", r="tv").filter("format", "yuv420p")
    else:
        matrix = {"in_color_matrix": facts.matrix, "out_color_matrix": "bt709", "out_range": "tv"}
        picture = picture.filter("scale", width, height, **matrix, **scaler).filter("format", "yuv420p")
    if (width, height) != (within.width, within.height):
        picture = picture.filter("pad", within.width, within.height, "(ow-iw)/2", "(oh-ih)/2", "black")
    return picture


def video_outputs(
    picture: Any,
    frames: int,
    rungs: Sequence[str] = RUNGS,
    encoder: Encoder | None = None,
    *,
    settings: Mapping[str, Any] = VIDEO,
) -> list[Any]:
    """These rungs of a picture that has the house's full size, by a card's encoder or the house's own."""
    copies = tagged(picture).filter_multi_output("split", len(rungs))
    outputs = []
    for number, name in enumerate(rungs):
        rung = LADDER[name]
        sized = copies.stream(number)
        if rung is not TOP:
            sized = smaller(sized, rung)
        outputs.append(rung_output(sized, name, frames, encoder, settings=settings))
    return outputs


def tagged(picture: Any) -> Any:
    """The picture with the house's tags: the source's would be written into the init segment and make it another."""
    plain = picture.filter("sidedata", mode="delete").filter("setsar", 1)
    tags = {"color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709"}
    return plain.filter("setparams", range="tv", field_mode="prog", **tags)


def smaller(picture: Any, rung: Rung) -> Any:
    """A tagged picture in the size of a rung below its own."""
    # 854 is not exactly 16:9; without this the pixel's shape would be written.
    return picture.filter("zscale", rung.width, rung.height, **_SMALLER).filter("setsar", 1)


def rung_output(
    sized: Any, name: str, frames: int, encoder: Encoder | None = None, *, settings: Mapping[str, Any] = VIDEO
) -> Any:
    """One rung of a tagged picture that has its size."""
    rung = LADDER[name]
    if encoder is not None:
        for one, *given in encoder.filters:
            sized = sized.filter(one, *given)
        options = encoder.rung(maxrate=rung.maxrate, bufsize=rung.bufsize, level=rung.level)
        return made_output(sized, name=name, **CONTAINER, **FILE, **options, **{"frames:v": frames})
    limits = {"maxrate": f"{rung.maxrate}k", "bufsize": f"{rung.bufsize}k", "level": rung.level}
    return made_output(
        sized, name=name, **CONTAINER, **settings, **THREADS, **AT_ONCE, **limits, **{"frames:v": frames}
    )


def sound_output(facts: VideoFacts, gain: Gain, segments: int) -> Any:
    """The sound as loud as the house asks and exactly as long as the pictures."""
    if facts.sound is None:
        return silent_output(segments)
    sound = even_sound(given_input(f=facts.demuxer), facts)
    sound = leveled(sound, gain)
    end = max(0.0, facts.sound.length_ms / 1000 - FADE)
    sound = sound.filter("afade", type="in", duration=FADE)
    sound = sound.filter("afade", type="out", start_time=f"{end:.3f}", duration=FADE)
    sound = sound.filter("adelay", delays=DELAY_MS, all=1)
    return _sound_file(sound.filter("apad"), segments)


def leveled(sound: Any, gain: Gain) -> Any:
    """The sound with its gain, its peaks held where they would pass the house's limit."""
    if gain.decibels:
        sound = sound.filter("volume", f"{gain.decibels:.2f}dB")
    if not gain.limited:
        return sound
    # Peaks between samples are seen at four times the rate.
    sound = sound.filter("aresample", 4 * AUDIO_TIMESCALE)
    sound = sound.filter("alimiter", limit=f"{10 ** (LIMIT_DB / 20):.4f}", level="false", attack=2, release=60)
    return sound.filter("aresample", AUDIO_TIMESCALE)


def even_sound(source: Any, facts: VideoFacts) -> Any:
    """The sound as two channels at 48 kHz from time 0 without holes: what is measured and what is encoded."""
    assert facts.sound is not None  # noqa: S101 - callers asked
    sound = source[str(facts.sound.stream)].filter("aresample", AUDIO_TIMESCALE, **{"async": 1, "first_pts": 0})
    return sound.filter("aformat", sample_fmts="fltp", channel_layouts="stereo")


def silent_output(segments: int) -> Any:
    """Silence; a channel's sound track may not have a hole."""
    quiet = ffmpeg.input(f"anullsrc=r={AUDIO_TIMESCALE}:cl=stereo", f="lavfi", t=seconds(segments)).audio
    return _sound_file(quiet.filter("aformat", sample_fmts="fltp", channel_layouts="stereo"), segments)


LIMIT_DB: Final = -2.6  # the codec adds up to half a decibel to peaks; the house allows -2


def _sound_file(sound: Any, segments: int) -> Any:
    samples = segments * AUDIO_TICKS
    whole = sound.filter("atrim", end_sample=samples).filter("asetnsamples", AUDIO_FRAME_SAMPLES)
    return made_output(whole, name=SOUND, **CONTAINER, **AUDIO)
