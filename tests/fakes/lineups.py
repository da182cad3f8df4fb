"""Line-ups of a channel: random ones that are edited, and those that a test says."""

import dataclasses
import datetime as dt
import itertools
import random
from typing import Any

from cms.contract import Entry, LineUp, Piece, Slot, Target
from media.house import INDEX, HouseIndex
from renderers.tv.furniture import Furniture
from renderers.tv.items import Video
from renderers.tv.plan import Plan, decode
from renderers.tv.programme import AHEAD, Live, day_start
from renderers.tv.settings import ChannelSettings
from schedules.linear import SLOT_MS
from tests.fakes.channel import NOW, ChannelWorld, lecture
from tests.fakes.house_files import imagined

HOUR = dt.timedelta(hours=1)


class Office:
    """What is live at a channel, changed by dice."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._numbers = iter(range(1, 1000))
        self.slate = imagined("slate", segments=2)
        self._indexes: dict[str, HouseIndex] = {}
        self._pieces: list[Piece] = []
        self._extras: list[Piece] = []
        self._left: list[Piece] = []
        self._promised: list[tuple[dt.datetime, Piece]] = []
        self._settings = ChannelSettings()
        for _ in range(4):
            self._pieces.append(self._piece(60, 900))
        for _ in range(3):
            self._extras.append(self._piece(3, 20))

    def edit(self) -> None:
        """A lecture comes or leaves the line-up, an entry is put to an instant, or the freeze changes."""
        dice = self._dice
        choice = dice.random()
        if choice < 0.3:
            self._pieces.append(self._piece(30, 900))
        elif choice < 0.5 and len(self._pieces) > 2:
            self._left.append(self._pieces.pop(dice.randrange(len(self._pieces))))
        elif choice < 0.8:
            at = NOW + dice.randrange(24 * 3600) * dt.timedelta(seconds=1)
            self._promised.append((at, self._piece(20, 500)))
        else:
            self._settings = ChannelSettings(freeze_minutes=dice.choice((0, 5, 30)))

    def live(self, now: dt.datetime) -> Live:
        start = day_start(now)
        pieces = [*self._pieces, *self._left, *self._extras, *(piece for _, piece in self._promised)]
        videos = {piece.release: (self._video(piece),) for piece in pieces}
        documents = {piece.document: piece for piece in pieces}
        one, two, three = self._extras
        return Live(
            self._slots(start, start + AHEAD), videos, documents, self._settings, Furniture((one, two), (three,), ())
        )

    def _slots(self, start: dt.datetime, end: dt.datetime) -> tuple[Slot, ...]:
        """The loop, empty through the night, and the entries over it; of two at a time the one that came first."""
        loop = tuple(Entry(piece.release, HOUR) for piece in self._pieces)
        marks = {start, end}
        taken: list[tuple[dt.datetime, dt.datetime, Piece]] = []
        for at, piece in self._promised:
            until = at + self._indexes[piece.document].segments * dt.timedelta(milliseconds=SLOT_MS)
            if start <= at and until <= end and all(until <= a or at >= b for a, b, _ in taken):
                taken.append((at, until, piece))
        marks |= {mark for a, b, _ in taken for mark in (a, b)}
        marks |= {start + n * HOUR for n in range(24 * AHEAD.days) if n % 24 in {2, 6}}
        edges = sorted(marks)
        slots = []
        for a, b in itertools.pairwise(edges):
            entry = next((piece for x, y, piece in taken if x <= a and b <= y), None)
            night = 2 <= (a - start).total_seconds() // 3600 % 24 < 6
            turns = (Entry(entry.release, HOUR),) if entry else () if night else loop
            slots.append(Slot(a, b, turns))
        return tuple(slots)

    def _piece(self, least: int, most: int) -> Piece:
        number = next(self._numbers)
        index = imagined(f"item {number}", segments=self._dice.randrange(least, most))
        piece = lecture(number, index, at=NOW - number * HOUR)
        self._indexes[piece.document] = index
        return piece

    def _video(self, piece: Piece) -> Video:
        file = next(asset for asset in piece.assets if asset.rendition == INDEX)
        return Video(piece, file.of, file, self._indexes[piece.document])


class Line(ChannelWorld):
    """A world whose line-up a test may say; without, nothing is on."""

    slots: tuple[Slot, ...] = ()

    def set(self, **settings: Any) -> None:
        self.target = dataclasses.replace(self.target, settings=settings)

    async def line_up(self, target: Target, *, start: dt.datetime, end: dt.datetime) -> LineUp:
        pieces = {p.release: p for p in self.live.values()}
        slots = self.slots or (Slot(start, end, ()),)
        first, last = slots[0], slots[-1]
        whole = (Slot(start, first.start, ()), *slots, Slot(last.end, end, ())) if self.slots else slots
        named = {entry.release for slot in whole for entry in slot.loop}
        return LineUp(target, 1, whole, {release: pieces[release] for release in named})

    def plan(self) -> Plan:
        return decode(self.tree["/tv/t-tv/plan.json"].data)

    def add(self, number: int, segments: int, column: str = "talks") -> str:
        piece = self.lecture(number, imagined(f"item {number}", segments=segments), at=NOW - number * HOUR)
        self.live[piece.document] = dataclasses.replace(piece, column=column)
        return piece.release
