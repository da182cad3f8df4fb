"""The stored bytes of a slot: of its item, or of the slate where there is none or its files are away."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cms.contract import AssetGone, Assets
from media.errors import MediaRefused
from media.house import AUDIO, RUNGS, HouseIndex, Track
from renderers.tv.looks import shown_index
from renderers.tv.plan import On
from renderers.tv.ts.frames import Stored

# A channel whose files cannot be read shows its slate rather than nothing; the numbers of its errors say so.
_AWAY: Final = (AssetGone, MediaRefused, IndexError, KeyError)


@dataclass(frozen=True, slots=True)
class Found:
    """A slot's bytes, the rung they are of, and whether they are what was planned."""

    stored: Stored
    rung: str
    planned: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a slot could show; `index` is the hash of an item's index, None for the slate.

    `plain` is that of the film itself where the other is of the film with the channel's logo.
    """

    rung: str
    index: str | None
    slate: HouseIndex
    segment: int
    plain: str = ""


def choices(on: On, rung: str) -> Iterator[Choice]:
    """The item from its rung down, then the slate from that rung down."""
    rungs = RUNGS[RUNGS.index(rung) :]
    if on.item is not None:
        for one in rungs:
            yield Choice(one, on.item.index, on.slate, on.segment, on.item.plain)
    for one in rungs:
        yield Choice(one, None, on.slate, on.slot % on.slate.segments)


async def read(choice: Choice, assets: Assets) -> Found | None:
    """The bytes of a choice; None when they are not there."""
    try:
        index = choice.slate if choice.index is None else await shown_index(choice.index, choice.plain, assets)
        if index is None:
            return None
        video, audio = index.tracks[choice.rung], index.tracks[AUDIO]
        parts = await asyncio.gather(
            _segment(video, choice.segment, assets),
            _init(video, assets),
            _segment(audio, choice.segment, assets),
            _init(audio, assets),
        )
    except _AWAY:
        return None
    return Found(Stored(*parts), choice.rung, choice.index is not None)


async def _segment(track: Track, number: int, assets: Assets) -> bytes:
    start, length = track.segment(number)
    return await assets.part(track.sha256, start, length)


async def _init(track: Track, assets: Assets) -> bytes:
    return await assets.part(track.sha256, track.start, track.init)
