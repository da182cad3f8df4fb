"""What a person should look at before a film goes on air: black, frozen and silent stretches of the finished item.

Seen on the smallest rung, in the run that listens to the result: a thirtieth of what the encode costs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from media.loudness import UNHEARD, Loudness

# Shorter ones are cuts, held titles and breaths.
BLACK_S: Final = 2
FROZEN_S: Final = 10
SILENT_S: Final = 5
_MOST: Final = 40
_NOISE_DB: Final = -50

_BLACK: Final = re.compile(r"black_start:(-?[\d.]+) black_end:(-?[\d.]+)")
_FROZEN: Final = re.compile(r"freeze_(start|end): (-?[\d.]+)")
_SILENT: Final = re.compile(r"silence_(start|end): (-?[\d.]+)")

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """Begin and end in milliseconds of each stretch, and how loud the item is and was.

    Attributes:
        silent: without sound at all: the whole.
        missing: what the source had lost; the item shows its last picture there.
        unchecked: the source's codec where its decoder cannot tell damage from pictures; else empty.
    """

    black: Spans = ()
    frozen: Spans = ()
    silent: Spans = ()
    loudness: Loudness = UNHEARD
    source_loudness: Loudness = UNHEARD
    missing: Spans = ()
    unchecked: str = ""

    def told(self) -> dict[str, Any]:
        """For a row of JSON; loudness in hundredths."""
        return {
            "black": [list(one) for one in self.black],
            "frozen": [list(one) for one in self.frozen],
            "silent": [list(one) for one in self.silent],
            "missing": [list(one) for one in self.missing],
            "loudness": _hundredths(self.loudness),
            "source": _hundredths(self.source_loudness),
            "unchecked": self.unchecked,
        }


def watched(picture: Any) -> Any:
    """A picture stream that says where it is black and where it stands still."""
    small = picture.filter("scale", 256, 144)
    return small.filter("blackdetect", d=BLACK_S, pix_th=0.06).filter("freezedetect", n="-55dB", d=FROZEN_S)


def listened(sound: Any) -> Any:
    """A sound stream that says where it is silent."""
    return sound.filter("silencedetect", noise=f"{_NOISE_DB}dB", duration=SILENT_S)


def read_findings(stderr: str, *, end_ms: int) -> Findings:
    """What the filters said, inside the item: what was filled up behind it is not its fault."""
    black = ((float(one[1]), float(one[2])) for one in _BLACK.finditer(stderr))
    return Findings(
        _within(((round(a * 1000), round(b * 1000)) for a, b in black), BLACK_S, end_ms),
        _within(_paired(_FROZEN, stderr, end_ms), FROZEN_S, end_ms),
        _within(_paired(_SILENT, stderr, end_ms), SILENT_S, end_ms),
    )


def _paired(said: re.Pattern[str], text: str, end_ms: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    begun: int | None = None
    for one in said.finditer(text):
        at = round(float(one[2]) * 1000)
        if one[1] == "start":
            begun = at
        elif begun is not None:
            found.append((begun, at))
            begun = None
    return [*found, (begun, end_ms)] if begun is not None else found


def _within(spans: Any, least_s: int, end_ms: int) -> Spans:
    inside = ((max(0, a), min(b, end_ms)) for a, b in spans)
    return tuple((a, b) for a, b in inside if b - a >= least_s * 1000)[:_MOST]


def _hundredths(loudness: Loudness) -> Mapping[str, int | None]:
    parts = {"integrated": loudness.integrated, "peak": loudness.peak}
    return {name: None if value is None else round(value * 100) for name, value in parts.items()}
