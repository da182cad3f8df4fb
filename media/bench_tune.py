"""`./yunping bench tune`: from a complete file to what can be watched: first 480p segment, then all rungs' first.

The reference is what no server can be quicker than: ffmpeg alone making one 480p segment of the same file.
"""

import asyncio
import contextlib
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from media import package
from media.bench_transcode import checked, make_clip
from media.encode import encode_house
from media.errors import MediaRefused
from media.first_look import first_look
from media.fragments import layout
from media.house import RUNGS
from media.limits import VideoLimits
from media.sandbox import Sandbox
from media.video import examine

LIMITS: Final = VideoLimits()
_LOOK_EVERY: Final = 0.05


def run(*, input: str = "", seconds: int = 60, rounds: int = 3) -> dict[str, Any]:  # noqa: A002
    """Seconds of wall time for the clip.

    Args:
        input: a video of one's own; without one a moving test picture with a tone is made.
        seconds: length of the made clip.
        rounds: of everything.
    """
    with tempfile.TemporaryDirectory(prefix="yunping-bench-") as folder:
        given = Path(input).absolute() if input else None
        return asyncio.run(_run(Path(folder), given, seconds, rounds))


async def _run(folder: Path, given: Path | None, seconds: int, rounds: int) -> dict[str, Any]:
    sandbox = await Sandbox.detect(allow_unsandboxed=True)
    clip = given or await make_clip(folder, seconds)
    await package.house_of(sandbox, folder)  # once in a process, at its start
    done = [await _round(clip, folder, sandbox, number) for number in range(rounds)]
    middle = {name: statistics.median(one[name] for one in done) for name in done[0]}
    return {
        "bench": "tune",
        "figure": round(middle["look"], 2),
        "unit": "s from a complete file to its first 480p segment as a desk preview",
        "reference": round(middle["bare"], 2),
        "ratio": round(middle["look"] / middle["bare"], 2),
        "detail": {
            "rounds": len(done),
            "examined_s": round(middle["examined"], 2),
            "first_segment_of_every_rung_s": round(middle["ladder"], 2),
            "on_air": "only once every segment is checked; not part of this figure",
            "reference_is": "one bare ffmpeg command that makes the first 480p segment of the same file",
        },
    }


async def _round(clip: Path, folder: Path, sandbox: Sandbox, number: int) -> dict[str, float]:
    work = folder / f"round-{number}"
    work.mkdir()
    begun = time.monotonic()
    facts = await examine(clip, sandbox=sandbox, work=work, limits=LIMITS)
    told = {"examined": time.monotonic() - begun}
    async with first_look(clip, facts, segments=1, sandbox=sandbox, work=work, limits=LIMITS):
        told["look"] = time.monotonic() - begun
    encoding = asyncio.create_task(_encode(clip, facts, sandbox, work))
    while not encoding.done() and not await asyncio.to_thread(_first_of_all, work):  # noqa: ASYNC110 - said by files
        await asyncio.sleep(_LOOK_EVERY)
    told["ladder"] = time.monotonic() - begun
    encoding.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await encoding
    begun = time.monotonic()
    await checked(
        *("ffmpeg", "-nostdin", "-v", "error", "-y", "-t", "3.84", "-i", str(clip), "-vf", "fps=25,scale=854:480"),
        *("-c:v", "libx264", "-preset", "superfast", "-c:a", "aac", str(work / "bare.mp4")),
    )
    told["bare"] = time.monotonic() - begun
    return told


async def _encode(clip: Path, facts: Any, sandbox: Sandbox, work: Path) -> None:
    async with encode_house(clip, facts, sandbox=sandbox, work=work, limits=LIMITS):
        pass


def _first_of_all(work: Path) -> bool:
    """Whether the files that grow hold a whole segment of every rung."""
    return all(any(_has_segment(path) for path in work.glob(f"*/{rung}")) for rung in RUNGS)


def _has_segment(path: Path) -> bool:
    data = path.read_bytes()[: 8 << 20]
    # What is still being written ends in the middle of a box; a second moof says that the first segment is whole.
    return data.count(b"moof") > 1 or _is_whole(path)


def _is_whole(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return bool(layout(file).fragments)
    except (MediaRefused, OSError):
        return False
