"""The public tree as data: which path shows which file, folded from segments that each change it as a whole.

A segment is the difference one delivery makes. Segments are numbered without a gap and never change; a snapshot is the
fold of all of them up to a number. Each writer (a target) counts its turns: a segment of an older turn than one already
folded comes from a worker that lost its lease, and is left out by every reader alike.
"""

import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

FORMAT: Final = 1
ASSETS: Final = "/a/"
_GONE: Final = "gone"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a path shows. `gone` paths were there once and answer 410; their `sha256` is empty.

    `releases` are the signed pieces the file shows. An asset belongs to all releases that ever used it.
    """

    path: str
    sha256: str
    size: int
    media_type: str
    releases: tuple[str, ...] = ()
    gone: bool = False

    def is_hidden(self, releases: frozenset[str], assets: frozenset[str]) -> bool:
        """Whether tombstones of these releases and asset hashes hide the whole path.

        An asset stays while one of its releases does. A page with a recalled release may still be served without it:
        see `cms.publishing.strip`.
        """
        if self.gone or self.sha256 in assets:
            return True
        return self.path.startswith(ASSETS) and bool(self.releases) and releases.issuperset(self.releases)


@dataclass(frozen=True, slots=True)
class Segment:
    """One change of the tree: all of it becomes visible at once.

    `links` add paths of stored files and unite their releases with those already there.
    """

    seq: int
    writer: str
    turn: int
    at: int
    writes: tuple[Entry, ...] = ()
    links: tuple[Entry, ...] = ()
    removes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.writes or self.links or self.removes)


@dataclass(slots=True)
class Tree:
    """The fold of all segments up to `seq`."""

    seq: int = 0
    entries: dict[str, Entry] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)

    def fold(self, segment: Segment) -> bool:
        """Applies the next segment; False when its turn is over and it changed nothing.

        Raises ValueError for any other number than the next.
        """
        if segment.seq != self.seq + 1:
            raise ValueError(f"segment {segment.seq} after {self.seq}")
        self.seq = segment.seq
        if segment.turn < self.turns.get(segment.writer, 0):
            return False
        self.turns[segment.writer] = segment.turn
        for entry in segment.links:
            self.entries[entry.path] = self._linked(entry)
        for entry in segment.writes:
            self.entries[entry.path] = entry
        for path in segment.removes:
            self.entries[path] = Entry(path, "", 0, _GONE, (), gone=True)
        return True

    def rest(self, wanted: Segment) -> Segment:
        """What of a change is not there yet, numbered to be folded next; empty when it was applied before."""
        return replace(
            wanted,
            seq=self.seq + 1,
            writes=tuple(e for e in wanted.writes if self.entries.get(e.path) != e),
            links=tuple(e for e in wanted.links if self.entries.get(e.path) != self._linked(e)),
            removes=tuple(p for p in wanted.removes if p in self.entries and not self.entries[p].gone),
        )

    def _linked(self, entry: Entry) -> Entry:
        before = self.entries.get(entry.path)
        known = before.releases if before is not None and before.sha256 == entry.sha256 else ()
        added = tuple(r for r in entry.releases if r not in known)
        return Entry(entry.path, entry.sha256, entry.size, entry.media_type, known + added)


def encode_segment(segment: Segment) -> bytes:
    value = {
        "format": FORMAT,
        "seq": segment.seq,
        "writer": segment.writer,
        "turn": segment.turn,
        "at": segment.at,
        "write": [_row(e) for e in segment.writes],
        "link": [_row(e) for e in segment.links],
        "remove": list(segment.removes),
    }
    return _text(value).encode()


def decode_segment(data: bytes) -> Segment:
    """Raises ValueError for another format or a damaged text."""
    value = _parsed(data)
    return Segment(
        seq=value["seq"],
        writer=value["writer"],
        turn=value["turn"],
        at=value["at"],
        writes=_entries(value["write"]),
        links=_entries(value["link"]),
        removes=tuple(value["remove"]),
    )


def encode_snapshot(tree: Tree) -> bytes:
    """Compressed, because a hundred thousand articles are some ten megabytes of text."""
    value = {"format": FORMAT, "seq": tree.seq, "turns": tree.turns, "entries": [_row(e) for e in _sorted(tree)]}
    return gzip.compress(_text(value).encode(), compresslevel=3, mtime=0)


def decode_snapshot(data: bytes) -> Tree:
    """Raises ValueError for another format or a damaged text."""
    value = _parsed(gzip.decompress(data))
    return Tree(value["seq"], {e.path: e for e in _entries(value["entries"])}, dict(value["turns"]))


def _sorted(tree: Tree) -> Iterator[Entry]:
    return (tree.entries[path] for path in sorted(tree.entries))


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _parsed(data: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(data)
    if value.get("format") != FORMAT:
        raise ValueError(f"tree format {value.get('format')}")
    return value


def _row(entry: Entry) -> list[object]:
    return [entry.path, entry.sha256, entry.size, entry.media_type, list(entry.releases)]


def _entries(rows: Sequence[Sequence[Any]]) -> tuple[Entry, ...]:
    # Interned: a release and a media type stand in many entries of a tree that is held in memory.
    return tuple(
        Entry(path, sha256, size, sys.intern(kind), tuple(map(sys.intern, releases)), gone=not sha256)
        for path, sha256, size, kind, releases in rows
    )
