"""What a channel makes of films for itself alone: its logo over them. Where that is not there, the plain film plays."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cms.contract import Assets
from media.house import RUNGS, HouseIndex
from renderers.tv.items import index_of
from renderers.tv.plan import Item

NO_LOOKS: Final[Mapping[str, "Look"]] = {}


@dataclass(frozen=True, slots=True)
class Look:
    """A film with the logo: the hash of its index, its length, and how many bits a second each rung may need."""

    index: str
    segments: int
    bandwidth: tuple[int, ...]


async def looks_of(made: Mapping[str, str], assets: Assets) -> Mapping[str, Look]:
    """What was made, by the index of the plain film; one that is gone, or would be a break on the channel, is not."""
    found = {}
    for plain, index in made.items():
        before, after = await index_of(plain, assets), await index_of(index, assets)
        if before is not None and after is not None and _same(before, after):
            peaks = tuple(after.tracks[rung].bandwidth for rung in RUNGS)
            found[plain] = Look(index, after.segments, peaks)
    return found


def _same(before: HouseIndex, after: HouseIndex) -> bool:
    return (before.house, before.segments) == (after.house, after.segments)


def dressed(item: Item, looks: Mapping[str, Look], *, since: int, edge: int) -> Item:
    """The item as it is shown from `edge` on, with what was promised as it was; `since` is what is remembered."""
    look = looks.get(item.index)
    wanted = item.index if look is None or look.segments != item.segments else look.index
    before = [one for one in item.looks if one[0] < edge]
    if wanted != (before[-1][1] if before else item.index):
        before.append((edge, wanted))
    while len(before) > 1 and before[1][0] <= since:
        del before[0]
    if len(before) == 1 and before[0][0] <= since and before[0][1] == item.index:
        before = []
    peaks = item.bandwidth if look is None else tuple(map(max, item.bandwidth, look.bandwidth))
    return dataclasses.replace(item, looks=tuple(before), bandwidth=peaks)


async def shown_index(index: str, plain: str, assets: Assets) -> HouseIndex | None:
    """Where the segments of an item as a slot shows it are: the plain film's while those with the logo are not there.

    A film whose own files were taken back is gone with everything that was made of it.
    """
    own = await index_of(plain, assets) if plain else None
    return await index_of(index, assets) or own if own is not None or not plain else None
