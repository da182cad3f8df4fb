"""The slots of a live signal as one film: the largest picture that every slot has, with its sound, copied."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from media.errors import MediaRefused
from media.fragments import patched_head
from media.house import AUDIO, RUNGS, SEGMENT_MS, HouseIndex
from media.limits import VideoLimits
from media.runner import command, given_input, made_output, run_ffmpeg
from media.sandbox import Sandbox
from media.store import Store
from media.threads import in_thread

NAME: Final = "film.mp4"


@dataclass(frozen=True, slots=True)
class Stored:
    """One slot: its file, where in it the tracks are, and how many rungs were made, counted from the lowest."""

    sha256: str
    index: HouseIndex
    rungs: int


async def one_film(slots: Sequence[Stored], folder: Path, *, store: Store, sandbox: Sandbox) -> Path:
    """Puts slots one behind the other; where the signal was lost, what came after follows at once.

    Raises MediaRefused as `run_ffmpeg`, and `media.house_mismatch` when their pictures were not made alike.
    """
    rung = RUNGS[len(RUNGS) - min(one.rungs for one in slots)]
    for name in (rung, AUDIO):
        await _track(slots, name, folder / name, store)
    out = folder / "out"
    await in_thread(out.mkdir)
    picture, sound = given_input(0, f="mov").video, given_input(1, f="mov").audio
    film = made_output(picture, sound, name=NAME, c="copy", f="mp4", map_metadata=-1)
    length = len(slots) * SEGMENT_MS
    bounds = VideoLimits().bounds(length)
    await run_ffmpeg(command(film), sandbox=sandbox, given=[folder / rung, folder / AUDIO], out=out, bounds=bounds)
    return out / NAME


async def _track(slots: Sequence[Stored], name: str, path: Path, store: Store) -> None:
    begin = b""
    with await asyncio.to_thread(path.open, "xb") as file:
        for number, one in enumerate(slots):
            track = one.index.tracks[name]
            init = await store.get_range(one.sha256, track.start, track.start + track.init)
            if begin and init != begin:
                raise MediaRefused("media.house_mismatch", track=name)
            if not begin:
                await in_thread(file.write, init)
            begin = init
            start, length = track.segment(0)
            data = await store.get_range(one.sha256, start, start + length)
            await in_thread(file.write, patched_head(data, sequence=number + 1, base=number * track.ticks))
