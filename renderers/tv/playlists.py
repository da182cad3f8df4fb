"""Playlists of a channel (RFC 8216) as text: pure functions of the plan and a slot, equal on every server."""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from media.house import AUDIO, FPS, RUNGS, SUBTITLES, HouseIndex, Track
from renderers.tv.plan import On, Plan
from schedules.linear import SLOT_MS

WINDOW: Final = 6
TARGET_SECONDS: Final = 4
MEDIA_TYPE: Final = "application/vnd.apple.mpegurl"
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NAMES: Final = {"zh": "中文字幕", "en": "English"}
_SECONDS: Final = f"{SLOT_MS / 1000:.3f}"


def master(plan: Plan, query: str = "", prefix: str = "") -> str:
    """The ladder of a channel: three pictures with one sound, and the subtitles that any of its items has."""
    tracks = plan.houses[-1].slate.tracks
    peaks = {rung: plan.bandwidth(rung) + tracks[AUDIO].bandwidth for rung in RUNGS}
    return _ladder(tracks, peaks, prefix, query, plan.languages)


def live(plan: Plan, rung: str, slot: int) -> str:
    """The moving list whose newest segment is the slot on air."""
    first = slot - WINDOW + 1
    return _media(plan, rung, range(first, slot + 1), head=())


def recording(plan: Plan, rung: str, first: int, end: int, *, is_open: bool = False) -> str:
    """What was on air in the slots [first, end): the same segments, nothing is recorded twice; an open one grows."""
    kind = "EVENT" if is_open else "VOD"
    text = _media(plan, rung, range(first, end), head=(f"#EXT-X-PLAYLIST-TYPE:{kind}",))
    return text if is_open else text + "#EXT-X-ENDLIST\n"


def segment_name(on: On) -> str:
    """A slate or an insert in the place of something else has a name of its own: the other one answers what it was."""
    if on.over is not None:
        return f"over-{on.over.number}-{on.slot}.m4s"
    return f"{on.slot}.m4s" if on.item is not None else f"slate-{on.slot}.m4s"


def init_name(house: str) -> str:
    return f"init-{house}.mp4"


def item_master(index: HouseIndex) -> str:
    """The ladder of one item by itself."""
    sound = index.tracks[AUDIO].bandwidth
    return _ladder(index.tracks, {rung: index.tracks[rung].bandwidth + sound for rung in RUNGS})


def item_media(index: HouseIndex, rung: str) -> str:
    """One track of one item, as ranges of its file."""
    track = index.tracks[rung]
    url = f"/a/{track.sha256}"
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{TARGET_SECONDS}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{url}",BYTERANGE="{track.init}@{track.start}"',
    ]
    for number in range(index.segments):
        start, length = track.segment(number)
        lines += [f"#EXTINF:{_SECONDS},", f"#EXT-X-BYTERANGE:{length}@{start}", url]
    return "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"


def _ladder(
    tracks: Mapping[str, Track],
    peaks: Mapping[str, int],
    prefix: str = "",
    query: str = "",
    languages: Sequence[str] = (),
) -> str:
    sound = tracks[AUDIO]
    group = 'GROUP-ID="sound",NAME="普通话",LANGUAGE="zh",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2"'
    media = f'#EXT-X-MEDIA:TYPE=AUDIO,{group},URI="{prefix}{AUDIO}.m3u8{query}"'
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS", media]
    for language in languages:
        about = f'GROUP-ID="text",NAME="{_NAMES[language]}",LANGUAGE="{language}",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO'
        lines.append(f'#EXT-X-MEDIA:TYPE=SUBTITLES,{about},URI="{prefix}{SUBTITLES[language]}.m3u8{query}"')
    text = ',SUBTITLES="text"' if languages else ""
    # The middle first: a player begins with the first one, and most lines and boxes bear it at once.
    for rung in (RUNGS[1], RUNGS[0], *RUNGS[2:]):
        track = tracks[rung]
        needs = f'BANDWIDTH={peaks[rung]},CODECS="{track.codecs},{sound.codecs}"'
        shape = f'RESOLUTION={track.width}x{track.height},FRAME-RATE={FPS}.000,AUDIO="sound"{text}'
        lines += [f"#EXT-X-STREAM-INF:{needs},{shape}", f"{prefix}{rung}.m3u8{query}"]
    return "\n".join(lines) + "\n"


def _media(plan: Plan, rung: str, slots: range, head: Sequence[str]) -> str:
    breaks, changes = plan.discontinuities(slots)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{TARGET_SECONDS}",
        *head,
        f"#EXT-X-MEDIA-SEQUENCE:{slots.start}",
    ]
    if breaks:
        lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{breaks}")
    lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
    is_text = rung in SUBTITLES.values()
    house = shown = None
    for slot in slots:
        on = plan.on(slot)
        track = on.rung(rung)
        if breaks_here := on.house != house or slot in changes:
            if house is not None:
                lines.append("#EXT-X-DISCONTINUITY")
            house = on.house
        if (breaks_here or track != shown) and not is_text:
            # Another size of the picture on the same timeline is another beginning and no break.
            lines.append(f'#EXT-X-MAP:URI="{track}/{init_name(on.house)}"')
        shown = track
        name = f"{slot}.vtt" if is_text else segment_name(on)
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{iso(slot)}", f"#EXTINF:{_SECONDS},", f"{track}/{name}"]
    return "\n".join(lines) + "\n"


@lru_cache(maxsize=4096)  # the same few slots stand in the lists of all channels
def iso(slot: int) -> str:
    """When a slot begins, as playlists say it."""
    at = _EPOCH + dt.timedelta(milliseconds=slot * SLOT_MS)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
