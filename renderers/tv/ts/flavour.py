"""The playlists of a channel for boxes that know nothing but transport streams: the same slots, the same numbers.

Each rendition brings its own sound, so there is no group of it and no init segment; versions of the protocol above 3
are never spoken here.
"""

from typing import Final

from media.house import AUDIO, RUNGS
from renderers.tv.plan import On, Plan
from renderers.tv.playlists import TARGET_SECONDS, WINDOW, iso
from renderers.tv.ts import mux
from renderers.tv.ts.frames import Stored
from renderers.tv.ts.packets import PACKET
from renderers.tv.ts.tables import Service
from schedules.linear import SLOT_MS

MEDIA_TYPE: Final = "video/mp2t"
# What packets add to the bits of pictures and sound: heads, stamps, the last packet of each picture.
_MORE: Final = 1.06
_SLACK: Final = 400 * PACKET * 8 * 1000 // SLOT_MS


def master(plan: Plan) -> str:
    """The ladder: the middle first, as in `playlists.master`."""
    tracks = plan.houses[-1].slate.tracks
    lines = ["#EXTM3U", "#EXT-X-VERSION:3"]
    for rung in (RUNGS[1], RUNGS[0], *RUNGS[2:]):
        track, peak = tracks[rung], plan.bandwidth(rung) + tracks[AUDIO].bandwidth
        needs = f'BANDWIDTH={int(peak * _MORE) + _SLACK},CODECS="{track.codecs},{tracks[AUDIO].codecs}"'
        lines += [f"#EXT-X-STREAM-INF:{needs},RESOLUTION={track.width}x{track.height}", f"{rung}.m3u8"]
    return "\n".join(lines) + "\n"


def live(plan: Plan, rung: str, slot: int) -> str:
    """The moving list whose newest segment is the slot on air."""
    first = slot - WINDOW + 1
    breaks, _ = plan.discontinuity(first)
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{TARGET_SECONDS}", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
    if breaks:
        lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{breaks}")
    house = None
    for number in range(first, slot + 1):
        on = plan.on(number)
        if house is not None and (on.house != house or plan.discontinuity(number)[1]):
            lines.append("#EXT-X-DISCONTINUITY")
        house = on.house
        at = iso(number)
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{at}", f"#EXTINF:{SLOT_MS / 1000:.3f},", f"{rung}/{name(on)}"]
    return "\n".join(lines) + "\n"


def name(on: On) -> str:
    """A slate in the place of something that was taken back has a name of its own: the other one answers 410."""
    return f"{on.slot}.ts" if on.item is not None else f"slate-{on.slot}.ts"


def segment(stored: Stored, slot: int, plan: Plan) -> bytes:
    """The bytes of a slot; blocks for a few milliseconds. Raises MediaRefused."""
    return mux.segment(stored, slot, Service(1, plan.name))
