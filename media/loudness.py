"""How loud a video is (BS.1770) and what brings it to the house's level.

Measured by `ebur128`, which costs a fifth of `loudnorm`'s first pass, and corrected by one static gain: speech keeps
its dynamics. Only where the gain would lift peaks over the limit does a limiter take those peaks.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from media.ladder import LIMIT_DB, Gain
from media.runner import Report, Stage, command, made_output, run_ffmpeg
from media.sandbox import Bounds, Sandbox

TARGET: Final = -24.0  # LKFS, GY/T 282
# Below that a track is hiss or nothing; lifting it would put noise on the street.
_SILENT: Final = -60.0
_MOST_GAIN: Final = 36.0
_MOST_LIFT: Final = 9.0
_MOST_CUT: Final = 24.0

_INTEGRATED: Final = re.compile(r"\bI:\s+(-?[\d.]+|-?inf|-?nan) LUFS")
_PEAK: Final = re.compile(r"\bPeak:\s+(-?[\d.]+|-?inf|-?nan) dBFS")


@dataclass(frozen=True, slots=True)
class Loudness:
    """A measurement; None where there is no sound above silence.

    Attributes:
        integrated: LKFS over the whole programme, gated.
        peak: dBTP.
    """

    integrated: float | None
    peak: float | None


UNHEARD: Final = Loudness(None, None)


async def measured(
    sound: Any,
    *,
    sandbox: Sandbox,
    given: Path,
    out: Path,
    bounds: Bounds,
    total_ms: int,
    stage: Stage = Stage.measuring,
    progress: Report | None = None,
) -> Loudness:
    """Listen to a stream of a graph to its end; refuses as `media.runner.run_ffmpeg` does."""
    argv = command(made_output(metered(sound), name="none", f="null").global_args("-nostats"), level="info")
    ran = await run_ffmpeg(
        argv, sandbox=sandbox, given=given, out=out, bounds=bounds, stage=stage, total_ms=total_ms, progress=progress
    )
    return read_summary(ran.stderr)


def metered(sound: Any) -> Any:
    """A stream of a graph that says at its end how loud it was, to whoever reads `read_summary`."""
    return sound.filter("ebur128", peak="true", framelog="verbose")


def read_summary(stderr: str) -> Loudness:
    """The last summary that `ebur128` printed."""
    _, _, summary = stderr.rpartition("Summary:")
    return Loudness(_value(_INTEGRATED.search(summary)), _value(_PEAK.search(summary)))


def gain_for(found: Loudness) -> Gain:
    """What brings a programme to the target."""
    if found.integrated is None or found.integrated < _SILENT:
        return Gain(0.0, limited=False)
    decibels = min(TARGET - found.integrated, _MOST_GAIN)
    peak = 0.0 if found.peak is None else found.peak
    return Gain(round(decibels, 2), limited=peak + decibels > LIMIT_DB)


def live_gain(heard: Loudness) -> Gain:
    """What brings a signal near the target, by how it sounded before it went on air; its peaks are always held.

    What was heard may have been a hall before the meeting began: it is never lifted by much.
    """
    decibels = max(-_MOST_CUT, min(gain_for(heard).decibels, _MOST_LIFT))
    return Gain(decibels, limited=True)


def _value(found: re.Match[str] | None) -> float | None:
    if found is None or found[1].strip("-") in {"inf", "nan"}:
        return None
    value = float(found[1])
    # ebur128 prints -70 for a programme of which nothing passed the gate.
    return value if value > -70 else None
