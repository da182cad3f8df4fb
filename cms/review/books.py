"""The versions of the office's review plans: reading the newest, saving the next, and the plan of one piece."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.draft import Draft
from cms.content.held import Held
from cms.kernel.errors import Conflict, Invalid, NotFound
from cms.kernel.ids import uuid7
from cms.kernel.text import clean
from cms.people.actor import Actor
from cms.people.models import Person, Unit
from cms.people.permissions import Action, Subject, require_can
from cms.review.models import PlanBookRow
from cms.review.plans import BUILT_IN, MOST_HOURS, Book, Plan, book_json, book_of, plan_for, urgent_plan, wrong_with

MOST_RULES: Final = 200
_NOTE: Final = 200


@dataclass(frozen=True, slots=True)
class Version:
    """A saved version of the book, for the list of who changed the plans."""

    number: int
    person: str
    at: dt.datetime
    note: str


async def current_book(session: AsyncSession) -> Book:
    """The newest version; what ships, as version 0, while nobody saved one."""
    query = select(PlanBookRow).order_by(PlanBookRow.version.desc()).limit(1)
    row = (await session.execute(query)).scalar_one_or_none()
    return BUILT_IN if row is None else book_of(row.version, row.book)


async def book_at(session: AsyncSession, version: int) -> Book:
    """An earlier version. Raises NotFound `review.no_book`."""
    if version == 0:
        return BUILT_IN
    found = await session.execute(select(PlanBookRow).where(PlanBookRow.version == version))
    row = found.scalar_one_or_none()
    if row is None:
        raise NotFound("review.no_book", version=version)
    return book_of(row.version, row.book)


async def versions(session: AsyncSession, *, limit: int = 20) -> Sequence[Version]:
    """The newest first."""
    query = select(PlanBookRow, Person.name).join(Person, Person.id == PlanBookRow.saved_by)
    rows = await session.execute(query.order_by(PlanBookRow.version.desc()).limit(limit))
    return [Version(row.PlanBookRow.version, row.name, row.PlanBookRow.saved_at, row.PlanBookRow.note) for row in rows]


async def save_book(
    session: AsyncSession, actor: Actor, book: Book, *, seen: int, note: str = "", now: dt.datetime
) -> Book:
    """Saves the next version; pieces that are in review keep the plan they were submitted under.

    `seen` is the version that was on the page. Raises Conflict `review.book_changed`, Invalid `review.plan_…` naming
    the rule (`number`, from 1), Denied unless the actor answers for the whole tree.
    """
    root = (await session.scalars(select(Unit).where(Unit.parent_id.is_(None)).with_for_update())).one()
    require_can(actor, Action.REVIEW_PLAN, Subject(root.path))
    current = await current_book(session)
    if current.version != seen:
        raise Conflict("review.book_changed", version=current.version)
    _check(book)
    saved = replace(book, version=current.version + 1)
    session.add(
        PlanBookRow(
            id=uuid7(now),
            version=saved.version,
            book=book_json(saved),
            note=clean(note)[:_NOTE],
            saved_by=actor.person,
            saved_at=now,
        )
    )
    await session.flush()
    details = {"version": saved.version, "rules": len(saved.rules), "note": clean(note)[:_NOTE]}
    of = ("plan_book", str(saved.version))
    await record(session, actor, "review.plan", of=of, unit=root.path, details=details, now=now)
    return saved


async def change_book(
    session: AsyncSession,
    actor: Actor,
    change: Callable[[Book], Book],
    *,
    seen: int,
    note: str = "",
    now: dt.datetime,
) -> Book:
    """Saves what `change` makes of the newest version. Raises as `save_book` and as `change`."""
    return await save_book(session, actor, change(await current_book(session)), seen=seen, note=note, now=now)


async def plan_of_piece(session: AsyncSession, held: Held, draft: Draft, *, urgent: bool = False) -> Plan:
    """What a piece has to go through today, by its kind, its channels and where its unit stands."""
    book = await current_book(session)
    if urgent:
        return urgent_plan(book)
    return plan_for(book, held.document.kind, draft.channels, await line_of(session, held.unit.id))


async def line_of(session: AsyncSession, unit: uuid.UUID) -> Sequence[tuple[str, str]]:
    """(level, path) of a unit and everything above it, from the root down."""
    path = await session.scalar(select(Unit.path).where(Unit.id == unit))
    parts = (path or "").strip("/").split("/")
    paths = ["/" + "/".join(parts[: depth + 1]) + "/" for depth in range(len(parts))]
    rows = await session.execute(select(Unit.level, Unit.path).where(Unit.path.in_(paths)))
    return sorted(((row.level, row.path) for row in rows), key=lambda one: len(one[1]))


def _check(book: Book) -> None:
    about = [rule.about for rule in book.rules]
    if ("", "", "") not in about or len(about) > MOST_RULES:
        raise Invalid("review.plan_everything")
    for number, rule in enumerate(book.rules, start=1):
        wrong = wrong_with(rule)
        if wrong:
            raise Invalid(wrong, number=number)
        if about.count(rule.about) > 1:
            raise Invalid("review.plan_twice", number=number)
    if not 1 <= book.after_hours <= MOST_HOURS:
        raise Invalid("review.plan_hours", number=0)
