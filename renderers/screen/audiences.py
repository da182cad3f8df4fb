"""Which screens get the same line-up, and what it is: pure."""

import datetime as dt
import hashlib
import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cms.contract import AudienceRule, Entry, LineUp, ManifestDraft, Piece, Receiver, Slot, covers

# Marks a target that names a screen outside of its units; no code of a target has it.
FAR: Final = "!"


@dataclass(frozen=True, slots=True)
class Selection:
    """Why screens resolve alike: the targets that reach them, and the local pieces among theirs.

    A piece is local at a target when its envelope leaves out a part of the target.
    """

    targets: tuple[str, ...]
    local: tuple[str, ...]

    @property
    def audience(self) -> str:
        """A code that stays while the reasons do: a publication moves only the screens a local piece is meant for."""
        text = "\n".join(["targets", *self.targets, "local", *self.local])
        return "s-" + hashlib.sha256(text.encode()).hexdigest()[:20]


def selection(receiver: Receiver, line_ups: Iterable[LineUp]) -> Selection:
    """The reasons for one screen; the explain page asks the same rule."""
    reaching = [line for line in line_ups if AudienceRule.of(line.target).reaches(receiver)]
    far = {line.target.code for line in reaching if not covers(line.target.units, receiver.unit)}
    here = {release for release, units in _local(reaching, far).items() if covers(units, receiver.unit)}
    codes = (f"{line.target.code}{FAR if line.target.code in far else ''}" for line in reaching)
    return Selection(tuple(sorted(codes)), tuple(sorted(here)))


def _local(lines: Iterable[LineUp], far: Collection[str] = ()) -> dict[str, tuple[str, ...]]:
    """The local pieces of these line-ups: release hash -> units of its envelope.

    Of a target that names a screen outside of its units, every piece is: nobody knows what is meant for there.
    """
    return {
        release: piece.units
        for line in lines
        for release, piece in line.pieces.items()
        if line.target.code in far or not all(covers(piece.units, unit) for unit in line.target.units)
    }


def drafts(
    receivers: Iterable[Receiver], line_ups: Sequence[LineUp], *, start: dt.datetime, end: dt.datetime
) -> tuple[ManifestDraft, ...]:
    """One unsigned manifest an audience; a screen that no target reaches gets an empty line-up (the slate)."""
    groups: dict[Selection, list[str]] = {}
    for receiver in receivers:
        groups.setdefault(selection(receiver, line_ups), []).append(receiver.id)
    return tuple(
        _draft(chosen, ids, line_ups, start=start, end=end)
        for chosen, ids in sorted(groups.items(), key=lambda group: group[0].audience)
    )


def _draft(
    chosen: Selection, ids: Iterable[str], line_ups: Sequence[LineUp], *, start: dt.datetime, end: dt.datetime
) -> ManifestDraft:
    far = {code.removesuffix(FAR) for code in chosen.targets if code.endswith(FAR)}
    codes = {code.removesuffix(FAR) for code in chosen.targets}
    lines = [line for line in line_ups if line.target.code in codes]
    pieces = {release: piece for line in lines for release, piece in line.pieces.items()}
    excluded = frozenset(_local(lines, far).keys() - set(chosen.local))
    slots = merge(lines, excluded=excluded, start=start, end=end)
    kept = {release for line in lines for release in line.kept} - excluded
    return ManifestDraft(chosen.audience, tuple(sorted(ids)), slots, _bundles(slots, kept, pieces))


def _bundles(slots: Iterable[Slot], kept: set[str], pieces: Mapping[str, Piece]) -> dict[str, tuple[str, int]]:
    used = {entry.release for slot in slots for entry in slot.loop} | kept
    return {release: (pieces[release].bundle, pieces[release].bundle_size) for release in sorted(used)}


def merge(
    lines: Sequence[LineUp], *, excluded: frozenset[str], start: dt.datetime, end: dt.datetime
) -> tuple[Slot, ...]:
    """The line-ups laid over each other: at every instant the loops of all of them, each release once."""
    edges = {start, end} | {
        edge for line in lines for slot in line.slots for edge in (slot.start, slot.end) if start < edge < end
    }
    merged: list[Slot] = []
    for begin, finish in itertools.pairwise(sorted(edges)):
        loop = _loop(lines, begin, excluded)
        if merged and merged[-1].loop == loop:
            merged[-1] = Slot(merged[-1].start, finish, loop)
        else:
            merged.append(Slot(begin, finish, loop))
    return tuple(merged)


def _loop(lines: Iterable[LineUp], at: dt.datetime, excluded: frozenset[str]) -> tuple[Entry, ...]:
    found: dict[str, Entry] = {}
    for line in lines:
        slot = next((s for s in line.slots if s.start <= at < s.end), None)
        for entry in slot.loop if slot else ():
            if entry.release not in excluded:
                found.setdefault(entry.release, entry)
    return tuple(found.values())
