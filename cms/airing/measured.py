"""What the intake measured of a film, as the wall shows it while the film is on air: loudness, and where to look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

KINDS: Final = ("black", "frozen", "silent")
_TARGET: Final = -24.0
_WITHIN: Final = 1.0
_PEAK: Final = -2.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Of a film: loudness in LKFS and true peak in dBTP (None without sound), and stretches in milliseconds by kind."""

    loudness: float | None
    peak: float | None
    spans: Mapping[str, Sequence[tuple[int, int]]]

    @property
    def is_loud_right(self) -> bool:
        """Within what the house encodes to; a film without sound is."""
        level = self.loudness is None or abs(self.loudness - _TARGET) <= _WITHIN
        return level and (self.peak is None or self.peak <= _PEAK)

    def at(self, ms: int) -> str:
        """What the picture or the sound is at a moment; empty for nothing to say."""
        return next((kind for kind in KINDS for start, end in self.spans.get(kind, ()) if start <= ms < end), "")


def measured_of(findings: Any) -> Measured | None:
    """Out of a film's report; None where there is none, or one of another form."""
    if not isinstance(findings, Mapping) or not findings:
        return None
    sound = findings.get("loudness") or {}
    try:
        spans = {kind: tuple((int(a), int(b)) for a, b in findings.get(kind) or ()) for kind in KINDS}
        return Measured(_hundredths(sound.get("integrated")), _hundredths(sound.get("peak")), spans)
    except (AttributeError, TypeError, ValueError):
        return None


def _hundredths(value: Any) -> float | None:
    return None if value is None else int(value) / 100
