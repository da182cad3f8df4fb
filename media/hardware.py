"""A graphics card's encoder on probation: tried when the worker starts, gated at every stretch, software else.

What it makes may be used when it is of the house to the byte (`media.gate`). Where it fails, the stretch is made by
the house's own encoder and so is the rest of that video; an encoder that fails video after video is left alone until
the next start. Whoever asked for it hears of it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import ffmpeg

from media import gate, ladder, package
from media.encoders import Encoder
from media.errors import MediaRefused
from media.fragments import layout
from media.house import FPS, RUNGS, SEGMENT_FRAMES, SEGMENT_MS
from media.limits import VideoLimits
from media.runner import command, given_input, made_output, run_ffmpeg
from media.sandbox import Sandbox
from media.threads import in_thread
from media.workspace import private_folder

# Of a card's fault nobody needs to be told more often, and no video should be tried on it for ever.
_MOST_FAILED: Final = 3
# What is wrong with the machine or the source, and not with the encoder.
_OTHERS: Final = frozenset({"media.disk_full", "media.video_vanished", "media.video_changed", "media.store_failed"})

Tell = Callable[[str], Awaitable[None]]


async def silent(reason: str) -> None:
    """Tells nobody."""
    del reason


@dataclass(slots=True)
class Hardware:
    """The encoder, and what came of it so far; `tell` hears why a video was made in software after all."""

    encoder: Encoder
    tell: Tell = silent
    failed: int = field(default=0, init=False)

    @property
    def is_trusted(self) -> bool:
        return self.failed < _MOST_FAILED

    async def refuse(self, refused: MediaRefused) -> None:
        """It failed a video. Raises what it is given when that is not the encoder's fault."""
        if refused.code in _OTHERS:
            raise refused
        self.failed += 1
        await self.tell(_reason(refused))


async def probed(encoder: Encoder, *, sandbox: Sandbox, work: Path, rungs: Sequence[str] = RUNGS) -> str:
    """Why this machine cannot use an encoder; empty when it made a segment of the house of every size.

    `absent` when the card is not there, else what is wrong with what it made.
    """
    if not await in_thread(_is_there, encoder):
        return "absent"
    house = await package.house_of(sandbox, work)
    moving = f"testsrc2=s={ladder.TOP.width}x{ladder.TOP.height}:r={FPS}"
    picture = ffmpeg.input(moving, f="lavfi", t=ladder.seconds(1)).video.filter("format", "yuv420p")
    try:
        async with private_folder(work) as out:
            outputs = ladder.video_outputs(picture, SEGMENT_FRAMES, rungs, encoder)
            bounds = VideoLimits(min_free_bytes=0).bounds(SEGMENT_MS)
            run = command(*outputs, begin=encoder.begin, program=encoder.program)
            given = Path(encoder.program)
            await run_ffmpeg(run, sandbox=sandbox, given=given, out=out, bounds=bounds, devices=encoder.devices)
            await checked(out, rungs, house, segments=1, sandbox=sandbox, work=work)
    except MediaRefused as refused:
        return _reason(refused)
    return ""


async def checked(
    out: Path, rungs: Sequence[str], house: package.House, *, segments: int, sandbox: Sandbox, work: Path
) -> None:
    """Gate what was made, and see that the last segment of each size can be decoded by itself.

    Raises:
        MediaRefused: `media.encoder_refused`.
    """
    for rung in rungs:
        await in_thread(gate.check, out / rung, rung, house, segments)
        async with private_folder(work) as folder:
            alone = folder / "alone"
            await in_thread(_last_alone, out / rung, alone)
            made = folder / "out"
            await in_thread(made.mkdir)
            argv = command(made_output(given_input(f="mov").video, name="none", f="null"))
            bounds = VideoLimits(min_free_bytes=0).bounds(SEGMENT_MS)
            ran = await run_ffmpeg(argv, sandbox=sandbox, given=alone, out=made, bounds=bounds)
        if ran.stderr or ran.frames != SEGMENT_FRAMES:
            raise MediaRefused("media.encoder_refused", track=rung, reason="decoding")


def _last_alone(path: Path, target: Path) -> None:
    with path.open("rb") as file:
        found = layout(file)
        last = found.fragments[-1]
        file.seek(0)
        init = file.read(found.init)
        file.seek(last.start)
        target.write_bytes(init + file.read(last.end - last.start))


def _is_there(encoder: Encoder) -> bool:
    return not encoder.devices or Path(encoder.devices[0]).exists()


def _reason(refused: MediaRefused) -> str:
    track, reason = refused.params.get("track", ""), refused.params.get("reason", "")
    return " ".join(str(part) for part in (refused.code.removeprefix("media."), track, reason) if part)[:160]
