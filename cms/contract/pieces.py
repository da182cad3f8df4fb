"""What is shown: pieces, targets, and line-ups over time."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Byline:
    """Who answers for a piece; all four are duties of the trade and appear on every channel."""

    source: str
    reporter: str
    editor: str
    sponsor: str
    date: dt.datetime


@dataclass(frozen=True, slots=True)
class AssetFile:
    """One file a channel may draw: a rendition of the picture or video whose master has the hash `of`."""

    sha256: str
    size: int
    media_type: str
    width: int
    height: int
    of: str
    rendition: str


@dataclass(frozen=True, slots=True)
class Piece:
    """An edition as it was approved; `release` is the hash people signed, `bundle` the file that proves it.

    Previews of drafts use the same type with an empty `release` and `bundle`. `durations` are the milliseconds of each
    video by the hash of its master, `chapters` its marks as pairs of milliseconds and title; `overrides` what differs
    by channel: ``{"wechat": {"title": …}}``, any of title,
    summary, cover (a master's hash) and body; `narration` the master of a recording of it. Whoever hands a piece to a
    channel hands it `for_channel`.
    """

    document: str
    edition: int
    release: str
    bundle: str
    bundle_size: int
    kind: str
    column: str
    column_name: str
    language: str
    title: str
    subtitle: str
    summary: str
    pinyin: str
    byline: Byline
    cover: str | None
    body: Mapping[str, Any]
    assets: tuple[AssetFile, ...]
    units: tuple[str, ...]
    channels: tuple[str, ...]
    not_before: dt.datetime
    not_after: dt.datetime | None
    offline: dt.timedelta | None
    published_at: dt.datetime
    corrected_at: dt.datetime | None = None
    durations: Mapping[str, int] = field(default_factory=dict)
    chapters: Mapping[str, Sequence[tuple[int, str]]] = field(default_factory=dict)
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    narration: str | None = None

    def rendition(self, of: str, name: str) -> AssetFile | None:
        """The file of picture or video `of` in rendition `name`, if the release lists one."""
        return next((a for a in self.assets if a.of == of and a.rendition == name), None)

    def for_channel(self, kind: str) -> "Piece":
        """The piece as a channel shows it: with what its editors wrote for this channel alone."""
        own = self.overrides.get(kind)
        if not own:
            return self
        return replace(
            self,
            title=own.get("title", self.title),
            summary=own.get("summary", self.summary),
            cover=own.get("cover", self.cover),
            body=own.get("body", self.body),
        )


@dataclass(frozen=True, slots=True)
class Target:
    """A concrete destination. `code` is permanent; `kind` names the channel; `units` is its audience."""

    code: str
    kind: str
    name: str
    units: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


Columns = Sequence[tuple[str, str]]
"""Codes and names of the columns, in their order."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One turn in a loop: which release, for how long."""

    release: str
    show: dt.timedelta


@dataclass(frozen=True, slots=True)
class Slot:
    """A half-open stretch of time and what loops in it; an empty loop shows the slate."""

    start: dt.datetime
    end: dt.datetime
    loop: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Laid:
    """`count` slots from `start` that were encoded anew with words over them; `index` is the hash of their index.

    They are good only where the planned item `under` stands there with its segments from `first` on.
    """

    start: int
    count: int
    under: str
    first: int
    index: str


@dataclass(frozen=True, slots=True)
class CutIn:
    """An order to show something instead of what is planned, from `start` on: once, or until `until`.

    Attributes:
        kind: ``emergency``, ``insert``, or ``text`` that is laid over what is planned.
        piece: as it is shown at this target now; None when it was taken back, and nothing is shown for it.
        index: hash of the index of a picture with its words, made ahead and equal for every channel; empty until then.
        laid: the slots of a text that are ready.
        ended: somebody ended it; what was shown by it stays the past.
    """

    id: str
    kind: str
    piece: Piece | None
    start: dt.datetime
    until: dt.datetime | None = None
    index: str = ""
    laid: tuple[Laid, ...] = ()
    ended: bool = False


@dataclass(frozen=True, slots=True)
class LineUp:
    """What a target shows over time: gap-free, ascending slots and the pieces they name, by release hash.

    `kept` are releases that no slot names and readers may still open: yesterday's newspaper, the pieces its zones link.
    `cut_ins` are the orders to show something instead, those of the last days with them. `looks` are what was made of
    films for this target alone, its logo over them: by the index of the plain film that of the other.
    """

    target: Target
    version: int
    slots: tuple[Slot, ...]
    pieces: Mapping[str, Piece]
    kept: tuple[str, ...] = ()
    cut_ins: tuple[CutIn, ...] = ()
    looks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receiver:
    """One device that shows a line-up: where it stands decides what it gets."""

    id: str
    unit: str
    tags: frozenset[str] = frozenset()
