"""What a channel with one timeline tells of itself: what is on and what comes, for the people who look after it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Protocol

from cms.contract.pieces import Piece
from cms.contract.services import Assets, Published


@dataclass(frozen=True, slots=True)
class Airing:
    """The slots [start, end) of a channel and what they show, by the plan that its lists are made of.

    Attributes:
        document: the piece; empty: the still picture of the channel.
        master: hash of the video.
        index: hash of what says where its segments are; that of the film as it is everywhere, without a logo.
        gone: something was planned here and was taken back.
        first: which segment of the video stands in `start`: not its first one where something lay over its beginning.
        segments: of the whole video, behind whose last one its first follows; 0 where that says nothing.
    """

    start: int
    end: int
    document: str = ""
    release: str = ""
    title: str = ""
    master: str = ""
    gone: bool = False
    index: str = ""
    first: int = 0
    segments: int = 0

    @property
    def is_still(self) -> bool:
        return not self.document

    def segment(self, slot: int) -> int:
        """Which segment of the video stands in a slot of this stretch."""
        passed = self.first + slot - self.start
        return passed % self.segments if self.segments else passed


@dataclass(frozen=True, slots=True)
class Aired:
    """A part of a plan: what is shown, without gap, and how far the plan goes.

    Attributes:
        airings: ascending, touching; they may reach beyond what was asked for.
        open_from: the first slot a change can still reach; an item that is on runs to its end.
        ends: the slot at which the plan ends; behind it only the still picture is certain.
        missing: lines of the channel's settings that name nothing which is live there.
    """

    airings: tuple[Airing, ...]
    open_from: int
    ends: int
    missing: tuple[str, ...] = ()


class OnAir(Protocol):
    """Reads the plan of such a channel out of its account's value `value`."""

    value: str

    def aired(self, plan: Any, start: int, end: int, now: dt.datetime) -> Aired:
        """What is in the slots [start, end). Raises ValueError for a value that is no plan."""
        ...

    def slots_of(self, piece: Piece) -> int:
        """How many slots the piece takes; 0 when this channel cannot play it."""
        ...

    async def newest(self, code: str, published: Published, assets: Assets, now: dt.datetime) -> int | None:
        """The newest slot that a viewer can get at `now`, its file looked for; None when the channel has stopped."""
        ...

    async def picture(self, code: str, published: Published, assets: Assets, now: dt.datetime) -> bytes | None:
        """The smallest picture of what is on at `now`: its beginning and one segment; None when there is none."""
        ...
