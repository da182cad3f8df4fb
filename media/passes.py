"""The order in which the stretches of one video are made: whole, or the smallest picture of all of it first.

In one decode for all sizes while nobody waits. From the stretch on at which somebody does, the smallest picture alone
until the end of the video, which can then be watched; the larger sizes of those stretches follow. What is made is the
same to the byte in any order; a stretch that is made in two passes is decoded twice.

The sound, which is measured and made over the whole, is made beside the stretch behind the first segment, where the
sandbox has turns for both: it keeps one core busy while the pictures keep all, and that segment is waited for.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from media.house import RUNGS
from media.kept import Kept
from media.stretches import Stretch
from media.threads import together

SMALL: Final = RUNGS[-1:]
LARGE: Final = RUNGS[:-1]


class Steps(Protocol):
    """The work on one video."""

    async def stretch(self, stretch: Stretch, rungs: Sequence[str]) -> None:
        """Makes these sizes of a stretch in one decode, or takes what is kept of them."""
        ...

    async def sound(self) -> None:
        """Makes the sound of all of it, or takes what is kept."""
        ...

    async def watchable(self) -> None:
        """Shows what there is of the smallest picture, which is all of it."""
        ...


async def in_passes(steps: Steps, every: Sequence[Stretch], kept: Kept, *, is_long: bool) -> None:
    """Makes every stretch. What `kept` raises passes through: the rest is made by whoever comes next.

    A video that is not long, a minute at most, has nothing to go back for.
    """
    behind: list[Stretch] = []
    for stretch in every:
        # Once parted it stays so: each track grows at its end.
        parted = is_long and (bool(behind) or await kept.small_first())
        pictures = steps.stretch(stretch, SMALL if parted else RUNGS)
        await (together(steps.sound(), pictures) if stretch is every[:2][-1] else pictures)
        if parted:
            behind.append(stretch)
    if behind:
        await steps.watchable()
    for stretch in behind:
        await steps.stretch(stretch, LARGE)
