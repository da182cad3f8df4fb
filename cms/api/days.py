"""A channel's day over the API: what lies on it and what plays, one act at a time, in bulk, templates, and the wall."""

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from pydantic import AwareDatetime
from sqlalchemy.ext.asyncio import AsyncSession

from cms.airing.day import Placed, read_day
from cms.airing.editing import Hand, Repeat, Wish, look, put, shift, take_off, undo
from cms.airing.many import Proposed, copied, filling, from_template, held, lay_all
from cms.airing.models import DayChange, DayTemplate
from cms.airing.monitor import Health, Tile, wall
from cms.airing.ready import shelf
from cms.airing.templates import end_template, entries_of, save_template, template_of, templates_of
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done, Nothing, id_of
from cms.api.shapes_of_time import ClashLine, Stretch, clashes_said, stretch, utc
from cms.content.queries import find
from cms.contract import Airing
from cms.desk.days.pages import date_in, opened
from cms.desk.visit import Visit
from cms.people.permissions import Action
from cms.planning.runs import RunMove, Scope
from schedules.beijing import slot_start
from schedules.intervals import Interval

_Made = Callable[[AsyncSession, Hand], Awaitable[list[Proposed]]]


class WishSent(Sent):
    """Which piece, when (it is laid on the grid of 3.84 s), and how it comes again until which day."""

    document: str
    at: AwareDatetime
    repeat: Repeat = Repeat.ONCE
    until: dt.date | None = None

    async def wish(self, session: AsyncSession, visit: Visit) -> Wish:
        """Raises NotFound for a piece the person does not read."""
        return Wish(await _document(session, visit, self.document), utc(self.at), self.repeat, self.until)


class EntryMoved(Sent):
    """Which time of the placement, by the instant it begins, where to, and whether the whole rule goes with it."""

    start: AwareDatetime
    to: AwareDatetime
    scope: Scope = Scope.ONE


class EntryRemoved(Sent):
    """Which time of the placement, or all of it."""

    start: AwareDatetime
    scope: Scope = Scope.ONE


class CopySent(Sent):
    """To which days; `sure` lays what was proposed, without it nothing is written."""

    to: list[dt.date]
    sure: bool = False


class FillSent(Sent):
    """With which pieces in turn: holes where the still picture stands, or (`open`) all that is not placed."""

    documents: list[str]
    holes: Literal["still", "open"] = "still"
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    sure: bool = False


class TemplateLaid(Sent):
    """Which template; `sure` as for a copy."""

    template: str
    sure: bool = False


class TemplateSent(Sent):
    """Under which name the day is kept."""

    name: str
    day: dt.date


class EntryLine(Given):
    """Something that lies on the day; of what one may not read `title` is empty."""

    placement: str
    document: str
    title: str
    time: Stretch
    repeats: bool


class AiringLine(Given):
    """What the channel's plan shows; `document` empty: the still picture. `gone`: planned, and taken back."""

    time: Stretch
    document: str
    title: str
    gone: bool


class DayGiven(Given):
    """A day of a channel: what was placed, what plays, and from when on it may still be changed."""

    day: dt.date
    entries: list[EntryLine]
    airings: list[AiringLine]
    open_from: dt.datetime | None
    planned_until: dt.datetime | None


class ShelfLine(Given):
    """A piece with a film; `why` is the code of what is missing, empty for one that may be placed."""

    document: str
    title: str
    seconds: float
    is_out: bool
    why: str


class ShelfGiven(Given):
    """Ready ones first."""

    pieces: list[ShelfLine]


class WishChecked(Given):
    """Where it would lie, and what is in its way."""

    time: Stretch
    clashes: list[ClashLine]
    blocked: bool


class ChangeGiven(Given):
    """What was done, for its way back: the placements it made and those it ended."""

    change: str
    made: list[str]
    ended: list[str]


class ProposalLine(Given):
    """A line of a proposal; `stands`: it lies there already; `good`: it is laid."""

    document: str
    title: str
    time: Stretch
    good: bool
    stands: bool
    clashes: list[ClashLine]


class Proposal(Given):
    """Every line, and the change that laid the good ones; empty while nothing was written."""

    lines: list[ProposalLine]
    change: str


class TemplateLine(Given):
    """A day kept under a name, with the milliseconds since midnight of each entry."""

    id: str
    name: str
    entries: list[tuple[str, int]]


class TemplateList(Given):
    """By name."""

    templates: list[TemplateLine]


class TileLine(Given):
    """A channel on the wall: how it goes out, what is on and next, the newest segment a viewer gets, who watches.

    `loudness` (LKFS), `peak` (dBTP) and `spans` (milliseconds of black, frozen and silent stretches) are those of the
    film on air, as the intake measured them.
    """

    target: str
    name: str
    health: Health
    now: AiringLine | None
    next: AiringLine | None
    newest: dt.datetime | None
    loudness: float | None
    peak: float | None
    spans: dict[str, list[tuple[int, int]]]
    viewers: int
    sessions_today: int
    most_today: int
    seconds_today: int


class Wall(Given):
    """A page of channels by name, and how many there are."""

    channels: list[TileLine]
    total: int


async def read_one_day(visit: Visit) -> DayGiven:
    """What lies on a channel's day and what will play."""
    on = date_in(visit)
    async with visit.deps.db.read() as session:
        row, hand = await opened(session, visit)
        day = await read_day(session, visit.actor, row, hand.air, on, now=visit.now)
    aired = day.aired
    return DayGiven(
        day=on,
        entries=[_entry(one) for one in day.placed],
        airings=[] if aired is None else [_airing(one) for one in aired.airings],
        open_from=None if aired is None else slot_start(aired.open_from),
        planned_until=None if aired is None else slot_start(aired.ends),
    )


async def read_shelf(visit: Visit) -> ShelfGiven:
    """Pieces with films by the words `q`, and how each stands to the channel."""
    async with visit.deps.db.read() as session:
        row, hand = await opened(session, visit)
        found = await shelf(session, visit.actor, row, hand.air, words=visit.query("q"))
    return ShelfGiven(
        pieces=[
            ShelfLine(
                document=one.public_id,
                title=one.title,
                seconds=one.slots * 3.84,
                is_out=one.live,
                why=one.why.code if one.why is not None else "",
            )
            for one in found
        ]
    )


async def check_wish(visit: Visit, sent: WishSent) -> WishChecked:
    """What would be in the way; writes nothing."""
    async with visit.deps.db.read() as session:
        _, hand = await opened(session, visit)
        found = await look(session, hand, await sent.wish(session, visit))
    return WishChecked(
        time=stretch(found.interval), clashes=clashes_said(visit, found.clashes), blocked=found.is_refused
    )


async def put_entry(visit: Visit, sent: WishSent) -> ChangeGiven:
    """Places a piece on the channel at exactly its length."""
    async with visit.deps.db.write() as session:
        _, hand = await opened(session, visit)
        return _change(await put(session, hand, await sent.wish(session, visit)))


async def move_entry(visit: Visit, sent: EntryMoved) -> ChangeGiven:
    """Moves one time of a placement, or the whole rule."""
    move = RunMove(visit.uuid("placement"), utc(sent.start), utc(sent.to))
    async with visit.deps.db.write() as session:
        _, hand = await opened(session, visit)
        return _change(await shift(session, hand, move, sent.scope))


async def remove_entry(visit: Visit, sent: EntryRemoved) -> ChangeGiven:
    """Takes one time of a placement, or all of it, off the channel."""
    async with visit.deps.db.write() as session:
        _, hand = await opened(session, visit)
        run = (visit.uuid("placement"), utc(sent.start))
        return _change(await take_off(session, hand, run, sent.scope))


async def undo_change(visit: Visit, _sent: Nothing) -> ChangeGiven:
    """Takes a change back; what it ended stands again."""
    async with visit.deps.db.write() as session:
        _, hand = await opened(session, visit)
        return _change(await undo(session, hand, visit.uuid("change")))


async def copy_day(visit: Visit, sent: CopySent) -> Proposal:
    """Proposes, or lays, what begins on a day on other days."""
    on = date_in(visit)

    async def made(session: AsyncSession, hand: Hand) -> list[Proposed]:
        return await copied(session, hand, on, sent.to)

    return await _many(visit, made, "copy", sure=sent.sure)


async def fill_day(visit: Visit, sent: FillSent) -> Proposal:
    """Proposes, or lays, pieces in turn through the holes of a day."""
    on = date_in(visit)
    start, end = sent.start, sent.end
    within = None if start is None or end is None else Interval.of(utc(start), utc(end))

    async def made(session: AsyncSession, hand: Hand) -> list[Proposed]:
        documents = [await _document(session, visit, one) for one in sent.documents]
        return await filling(session, hand, on, documents, is_open=sent.holes == "open", within=within)

    return await _many(visit, made, "fill", sure=sent.sure)


async def lay_template(visit: Visit, sent: TemplateLaid) -> Proposal:
    """Proposes, or lays, a template on a day."""
    on = date_in(visit)

    async def made(session: AsyncSession, hand: Hand) -> list[Proposed]:
        row = await template_of(session, hand.target, id_of(sent.template))
        return await from_template(session, hand, entries_of(row), on)

    return await _many(visit, made, "template", sure=sent.sure)


async def list_templates(visit: Visit) -> TemplateList:
    """The templates of a channel's days."""
    async with visit.deps.db.read() as session:
        row, _ = await opened(session, visit)
        return TemplateList(templates=[_template(one) for one in await templates_of(session, row)])


async def keep_template(visit: Visit, sent: TemplateSent) -> TemplateLine:
    """Keeps a day of the channel under a name."""
    async with visit.deps.db.write() as session:
        _, hand = await opened(session, visit)
        return _template(await save_template(session, hand, sent.day, sent.name))


async def drop_template(visit: Visit, _sent: Nothing) -> Done:
    """Gives a template up."""
    async with visit.deps.db.write() as session:
        _, hand = await opened(session, visit)
        row = await end_template(session, hand, visit.uuid("template"))
    return Done(id=str(row.id))


async def read_wall(visit: Visit) -> Wall:
    """Every channel that runs by the clock: what is on, how it goes out, how many watch."""
    page = int(visit.query("page")) if visit.query("page").isdecimal() else 0
    deps = visit.deps
    async with deps.db.read() as session:
        found, total = await wall(session, visit.actor, deps.channels, deps.newest, now=visit.now, page=page)
    return Wall(channels=[_tile(one) for one in found], total=total)


async def _document(session: AsyncSession, visit: Visit, public: str) -> uuid.UUID:
    return (await find(session, visit.actor, public)).document.id


async def _many(visit: Visit, made: _Made, act: str, *, sure: bool) -> Proposal:
    if not sure:
        async with visit.deps.db.read() as session:
            _, hand = await opened(session, visit)
            return Proposal(lines=_lines(visit, await made(session, hand)), change="")
    async with visit.deps.db.write() as session:
        _, hand = await opened(session, visit)
        await held(session, hand)
        found = await made(session, hand)
        change = await lay_all(session, hand, found, act)
    return Proposal(lines=_lines(visit, found), change=str(change.id))


def _lines(visit: Visit, found: Sequence[Proposed]) -> list[ProposalLine]:
    return [
        ProposalLine(
            document=one.public_id,
            title=one.title,
            time=stretch(one.interval),
            good=one.is_good,
            stands=one.stands,
            clashes=clashes_said(visit, one.clashes),
        )
        for one in found
    ]


def _entry(one: Placed) -> EntryLine:
    return EntryLine(
        placement=str(one.placement),
        document=one.public_id if one.title else "",
        title=one.title,
        time=stretch(one.interval),
        repeats=one.repeats,
    )


def _airing(one: Airing) -> AiringLine:
    time = Stretch(start=slot_start(one.start), end=slot_start(one.end))
    return AiringLine(time=time, document=one.document, title=one.title, gone=one.gone)


def _change(row: DayChange) -> ChangeGiven:
    return ChangeGiven(change=str(row.id), made=row.made, ended=row.ended)


def _template(row: DayTemplate) -> TemplateLine:
    entries = [(document, offset * 3840) for document, offset in entries_of(row)]
    return TemplateLine(id=str(row.id), name=row.name, entries=entries)


def _tile(one: Tile) -> TileLine:
    return TileLine(
        target=one.target.code,
        name=one.target.name,
        health=one.health,
        now=None if one.now is None else _airing(one.now),
        next=None if one.next is None else _airing(one.next),
        newest=None if one.newest is None else slot_start(one.newest),
        loudness=None if one.measured is None else one.measured.loudness,
        peak=None if one.measured is None else one.measured.peak,
        spans={} if one.measured is None else {kind: list(found) for kind, found in one.measured.spans.items()},
        viewers=one.viewing.now,
        sessions_today=one.viewing.sessions,
        most_today=one.viewing.most,
        seconds_today=one.viewing.seconds,
    )


_ONE, _DAY = "/api/v1/targets/{target}", "/api/v1/targets/{target}/days/{on}"
_READ, _SCHEDULE = Action.PUBLISHING_READ, Action.PUBLISHING_SCHEDULE
RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/channel-wall", read_wall, _READ, given=Wall, queries=("page",)),
    ask(_DAY, read_one_day, _READ, given=DayGiven),
    ask(f"{_ONE}/shelf", read_shelf, _READ, given=ShelfGiven, queries=("q",)),
    take("POST", f"{_ONE}/entries/check", check_wish, _SCHEDULE, sent=WishSent, given=WishChecked),
    take("POST", f"{_ONE}/entries", put_entry, _SCHEDULE, sent=WishSent, given=ChangeGiven),
    take("POST", f"{_ONE}/entries/{{placement}}/move", move_entry, _SCHEDULE, sent=EntryMoved, given=ChangeGiven),
    take("POST", f"{_ONE}/entries/{{placement}}/remove", remove_entry, _SCHEDULE, sent=EntryRemoved, given=ChangeGiven),
    take("POST", f"{_ONE}/changes/{{change}}/undo", undo_change, _SCHEDULE, sent=Nothing, given=ChangeGiven),
    take("POST", f"{_DAY}/copy", copy_day, _SCHEDULE, sent=CopySent, given=Proposal),
    take("POST", f"{_DAY}/fill", fill_day, _SCHEDULE, sent=FillSent, given=Proposal),
    take("POST", f"{_DAY}/template", lay_template, _SCHEDULE, sent=TemplateLaid, given=Proposal),
    ask(f"{_ONE}/day-templates", list_templates, _READ, given=TemplateList),
    take("POST", f"{_ONE}/day-templates", keep_template, _SCHEDULE, sent=TemplateSent, given=TemplateLine),
    take("DELETE", f"{_ONE}/day-templates/{{template}}", drop_template, _SCHEDULE, sent=Nothing, given=Done),
)
