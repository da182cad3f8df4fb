"""Many pieces at once: a day copied, a template laid on a day, holes filled; first shown as proposals, then laid."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cms.airing.day import Placed, aired_of, open_from, placed_on, span_of
from cms.airing.editing import Hand, embargoed, keep, lay, taken, too_soon
from cms.airing.models import DayChange
from cms.airing.ready import Ready, ready_of
from cms.contract import Aired
from cms.kernel.errors import Invalid, Refused
from cms.people.permissions import Action, Subject, can
from cms.planning.targets import targets_by_code
from schedules.beijing import day_interval, day_slots, slot_of
from schedules.clashes import Clash, Severity
from schedules.dayplan import Lying, carried, common, filled, holes
from schedules.intervals import Interval
from schedules.rules import Rule

MOST: Final = 600
MOST_DAYS: Final = 31
TICK: Final = dt.timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Proposed:
    """One line of a proposal: a piece at a time, and what is said against it; only what has no error is laid.

    Attributes:
        stands: it lies there already.
        title: empty for what the actor may not read.
    """

    lying: Lying
    interval: Interval
    public_id: str
    title: str
    clashes: Sequence[Clash]
    stands: bool = False

    @property
    def is_good(self) -> bool:
        return not self.stands and all(one.severity is not Severity.ERROR for one in self.clashes)


async def copied(session: AsyncSession, hand: Hand, on: dt.date, to: Iterable[dt.date]) -> list[Proposed]:
    """What begins on one day, on others. Raises Invalid `airing.no_days` for none, too many, or the day itself."""
    days = sorted(set(to))
    if not 1 <= len(days) <= MOST_DAYS or on in days:
        raise Invalid("airing.no_days", most=MOST_DAYS, fields={"to": "airing.no_days"})
    lying = [one.lying for one in await placed_on(session, hand.actor, hand.target, day_interval(on))]
    return await proposed(session, hand, [one for day in days for one in carried(lying, on, day)])


async def from_template(
    session: AsyncSession, hand: Hand, entries: Sequence[tuple[str, int]], on: dt.date
) -> list[Proposed]:
    """What a template says, on a day, each with the length it has today."""
    ready = await ready_of(session, hand.target, hand.air, {uuid.UUID(document) for document, _ in entries})
    first = day_slots(on).start
    lying = [
        Lying(document, first + offset, ready[uuid.UUID(document)].slots)
        for document, offset in entries
        if uuid.UUID(document) in ready
    ]
    return await proposed(session, hand, lying)


async def filling(
    session: AsyncSession,
    hand: Hand,
    on: dt.date,
    documents: Sequence[uuid.UUID],
    *,
    is_open: bool,
    within: Interval | None = None,
) -> list[Proposed]:
    """These pieces in turn through the holes of a day: those where the still picture stands, or (`is_open`) all of it.

    Raises Invalid `airing.nothing_chosen`.
    """
    if not documents:
        raise Invalid("airing.nothing_chosen", fields={"document": "airing.nothing_chosen"})
    window = day_interval(on) if within is None else within
    slots = day_slots(on)
    aired = await aired_of(session, hand.target, hand.air, slots.start, slots.stop, now=hand.now)
    placed = await placed_on(session, hand.actor, hand.target, window)
    start, end = _slots(window)
    free = holes((one.lying for one in placed), max(start, open_from(aired, hand.now)), end)
    stretches = free if is_open else common(free, _stills(aired, end))
    ready = await ready_of(session, hand.target, hand.air, set(documents))
    things = [(str(one), ready[one].slots) for one in documents if one in ready and ready[one].piece is not None]
    return await proposed(session, hand, filled(stretches, things))


async def proposed(session: AsyncSession, hand: Hand, lying: Sequence[Lying]) -> list[Proposed]:
    """Each with what is in its way, also of those before it in the list; writes nothing.

    Raises Denied without the right to schedule on the channel, Refused `airing.too_many`.
    """
    hand.require()
    if len(lying) > MOST:
        raise Refused("airing.too_many", most=MOST)
    if not lying:
        return []
    start, end = min(one.start for one in lying), max(one.end for one in lying)
    ready = await ready_of(session, hand.target, hand.air, {uuid.UUID(one.what) for one in lying})
    placed = await placed_on(session, hand.actor, hand.target, span_of(start, end - start))
    first = open_from(await aired_of(session, hand.target, hand.air, start, start + 1, now=hand.now), hand.now)
    found: list[Proposed] = []
    laid: list[Lying] = []
    for one in sorted(lying, key=lambda one: one.start):
        line = await _line(session, hand, one, ready, placed, first)
        if line.is_good and any(other.meets(one) for other in laid[-1:]):
            line = Proposed(line.lying, line.interval, line.public_id, line.title, [_twice()])
        if line.is_good:
            laid.append(one)
        found.append(line)
    return found


async def lay_all(session: AsyncSession, hand: Hand, lines: Sequence[Proposed], act: str) -> DayChange:
    """Lays what is good of a proposal, which was made in this transaction under `held`, as one change.

    Raises Refused `airing.nothing_to_lay`.
    """
    good = [one for one in lines if one.is_good]
    if not good:
        raise Refused("airing.nothing_to_lay")
    made = [
        await lay(session, hand, uuid.UUID(one.lying.what), Rule(start=one.interval.start, end=one.interval.end))
        for one in good
    ]
    return await keep(session, hand, act, made=made, ended=[])


async def held(session: AsyncSession, hand: Hand) -> None:
    """Nobody else changes the channel's placements until the transaction ends."""
    await targets_by_code(session, [hand.target.code], lock=True)


async def _line(  # noqa: PLR0917 - one caller
    session: AsyncSession,
    hand: Hand,
    one: Lying,
    ready: Mapping[uuid.UUID, Ready],
    placed: Sequence[Placed],
    first: int,
) -> Proposed:
    interval = span_of(one.start, one.count)
    piece = ready.get(uuid.UUID(one.what))
    if piece is None:
        return Proposed(one, interval, "", "", [Clash(Severity.ERROR, "error.airing.no_piece")])
    if any(other.lying.what == one.what and other.lying.start == one.start for other in placed):
        return Proposed(one, interval, piece.public_id, piece.title, [], stands=True)
    may = bool(can(hand.actor, Action.PUBLISHING_SCHEDULE, Subject(piece.unit_path)))
    clashes = [] if may else [Clash(Severity.ERROR, "error.people.denied.scope")]
    clashes += [*piece.problems(hand.target, interval), *too_soon(one.start, first), *taken(one, placed)]
    clashes += await embargoed(session, piece.document, interval.start)
    return Proposed(one, interval, piece.public_id if may else "", piece.title if may else "", clashes)


def _twice() -> Clash:
    return Clash(Severity.ERROR, "error.airing.twice")


def _slots(window: Interval) -> tuple[int, int]:
    """The whole slots inside a window."""
    return slot_of(window.start - TICK) + 1, slot_of(window.end)


def _stills(aired: Aired | None, end: int) -> list[tuple[int, int]]:
    """Where the still picture is certain to stand, as far as the plan goes."""
    if aired is None:
        return []
    return [(one.start, min(one.end, end, aired.ends)) for one in aired.airings if one.is_still and one.start < end]
