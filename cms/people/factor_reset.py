"""Taking a lost second factor away takes two people: one asks and says why, another of the same right confirms.

Neither is the person themselves, who is told when it is asked and when it is done, and can stop it. A day later the
request is void.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from cms.audit.record import record
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.notices.recipients import who_may
from cms.notices.tell import settle, tell, tell_all
from cms.people.actor import Actor
from cms.people.models import FactorReset, Person, Unit
from cms.people.permissions import Action, Subject, can, reach_of_others, require_can
from cms.people.second_factor import standing, take_away
from cms.people.sessions import actor_of

# A lost phone is settled within a day; an older request is somebody's leftover key to an account.
LASTS: Final = dt.timedelta(hours=24)
REASON_MOST: Final = 200
CONFIRMED, STOPPED, EXPIRED = "confirmed", "stopped", "expired"
_OWN_PAGE: Final = "/desk/account/factor"


@dataclass(frozen=True, slots=True)
class Asked:
    """An open request; `cause` is the one under which those who may confirm were told."""

    id: uuid.UUID
    person: uuid.UUID
    name: str
    unit: str
    asker: uuid.UUID
    asker_name: str
    reason: str
    asked_at: dt.datetime
    expires_at: dt.datetime

    @property
    def cause(self) -> str:
        return cause_of(self.id)


def cause_of(reset: uuid.UUID) -> str:
    return f"factor_reset:{reset}"


async def ask(session: AsyncSession, actor: Actor, person: uuid.UUID, *, reason: str, now: dt.datetime) -> FactorReset:
    """Asks a second administrator to take the person's second factor away, and tells the person.

    Raises Invalid `people.reset_reason`; Refused `people.factor_not_set`, `.reset_asked` (one is open), `.reset_alone`
    (there is nobody who could confirm).
    """
    owner, path = await _locked(session, person)
    require_can(actor, Action.PEOPLE_MANAGE, Subject(path, frozenset({person})))
    why = one_line(reason)
    if not 0 < len(why) <= REASON_MOST:
        raise Invalid("people.reset_reason", fields={"reason": "people.reset_reason"}, most=REASON_MOST)
    if (await standing(session, person)).since is None:
        raise Refused("people.factor_not_set")
    await expire(session, now=now, person=person)
    if await _open_of(session, person) is not None:
        raise Refused("people.reset_asked")
    others = [one for one in await who_may(session, Action.PEOPLE_MANAGE, path) if one not in {actor.person, person}]
    if not others:
        raise Refused("people.reset_alone")
    row = FactorReset(
        id=uuid7(now), person_id=person, asked_by=actor.person, reason=why, asked_at=now, expires_at=now + LASTS
    )
    session.add(row)
    await session.flush()
    await tell_all(
        session,
        others,
        cause=cause_of(row.id),
        subject="notices.subject.factor_reset",
        params={"person": owner.name, "asker": actor.name},
        href=f"/desk/people/{person}",
        now=now,
    )
    await _tell_owner(session, person, "factor_asked", {"asker": actor.name}, now)
    details = {"reason": why}
    await record(session, actor, "factor.ask", of=("person", str(person)), unit=path, details=details, now=now)
    return row


async def confirm(session: AsyncSession, actor: Actor, reset: uuid.UUID, *, now: dt.datetime) -> FactorReset:
    """The second person's word: the second factor, its recovery codes and every session are gone.

    Raises NotFound `people.no_reset`; Refused `people.reset_over`, `.reset_same` (whoever asked), `.reset_unbacked`
    (whoever asked may not any more), `people.factor_not_set`.
    """
    row = await _asked(session, reset)
    owner, path = await _locked(session, row.person_id)
    subject = Subject(path, frozenset({row.person_id}))
    require_can(actor, Action.PEOPLE_MANAGE, subject)
    if row.outcome is not None or row.expires_at <= now:
        raise Refused("people.reset_over")
    if row.asked_by == actor.person:
        raise Refused("people.reset_same")
    if not await _still_may(session, row.asked_by, subject):
        raise Refused("people.reset_unbacked")
    since = (await standing(session, row.person_id)).since
    if since is not None and since > row.asked_at:
        # The one that was lost is gone already; the person has set another up since.
        raise Refused("people.reset_over")
    await take_away(session, row.person_id, now=now)
    row.outcome, row.ended_by, row.ended_at = CONFIRMED, actor.person, now
    await session.flush()
    asker = (await session.get_one(Person, row.asked_by)).name
    await settle(session, cause=cause_of(row.id), now=now)
    await _tell_owner(session, row.person_id, "factor_reset_done", {"asker": asker, "person": actor.name}, now)
    await _tell_asker(session, row, "factor_confirmed", {"person": owner.name, "by": actor.name}, now)
    details = {"asked_by": asker, "reason": row.reason}
    await record(session, actor, "factor.reset", of=("person", str(owner.id)), unit=path, details=details, now=now)
    return row


async def stop(session: AsyncSession, actor: Actor, reset: uuid.UUID, *, now: dt.datetime) -> FactorReset:
    """The person themselves, whoever asked, or another administrator of theirs ends the request; nothing happens.

    Raises NotFound `people.no_reset`, Refused `people.reset_over`.
    """
    row = await _asked(session, reset)
    owner, path = await _locked(session, row.person_id)
    subject = Subject(path, frozenset({row.person_id}))
    if actor.person == row.person_id:
        require_can(actor, Action.ACCOUNT_MANAGE, subject)
    else:
        require_can(actor, Action.PEOPLE_MANAGE, subject)
    if row.outcome is not None or row.expires_at <= now:
        raise Refused("people.reset_over")
    row.outcome, row.ended_by, row.ended_at = STOPPED, actor.person, now
    await session.flush()
    await _settle_all(session, row, now)
    if actor.person != row.asked_by:
        await _tell_asker(session, row, "factor_stopped", {"person": owner.name, "by": actor.name}, now)
    await record(session, actor, "factor.stop", of=("person", str(owner.id)), unit=path, now=now)
    return row


async def expire(session: AsyncSession, *, now: dt.datetime, person: uuid.UUID | None = None) -> int:
    """Closes what nobody confirmed in time, everybody's or one person's; returns how many."""
    whose = () if person is None else (FactorReset.person_id == person,)
    closing = (
        update(FactorReset)
        .where(FactorReset.outcome.is_(None), FactorReset.expires_at <= now, *whose)
        .values(outcome=EXPIRED, ended_at=now)
        .returning(FactorReset.id)
        .execution_options(synchronize_session=False)
    )
    closed = (await session.scalars(closing)).all()
    for one in closed:
        row = await session.get_one(FactorReset, one, populate_existing=True)
        await _settle_all(session, row, now)
        path = await _path(session, row.person_id)
        of = ("person", str(row.person_id))
        await record(session, None, "factor.expire", of=of, unit=path, now=now)
    return len(closed)


async def has_expired(session: AsyncSession, *, now: dt.datetime) -> bool:
    """Whether `expire` has anything to do: asked first, so that an idle worker never takes the writer's turn."""
    late = select(FactorReset.id).where(FactorReset.outcome.is_(None), FactorReset.expires_at <= now)
    return (await session.scalars(late.limit(1))).first() is not None


async def asked_for(session: AsyncSession, person: uuid.UUID, *, now: dt.datetime) -> Asked | None:
    """The open request about a person, for their own page and for those who manage them."""
    return next(iter(await _found(session, now, FactorReset.person_id == person)), None)


async def to_confirm(session: AsyncSession, actor: Actor, *, now: dt.datetime) -> Sequence[Asked]:
    """The requests that wait for this person's word, oldest first."""
    within = () if actor.must_set_password or actor.must_verify or actor.owes else _managed(actor)
    if not within:
        return []
    inside = or_(*(Unit.path.startswith(path, autoescape=True) for path in within))
    others = (FactorReset.asked_by != actor.person, FactorReset.person_id != actor.person)
    return await _found(session, now, inside, *others)


def _managed(actor: Actor) -> tuple[str, ...]:
    return reach_of_others(actor, Action.PEOPLE_MANAGE)


async def _found(session: AsyncSession, now: dt.datetime, *where: ColumnElement[bool]) -> Sequence[Asked]:
    asker = aliased(Person)
    query = (
        select(FactorReset, Person.name, Unit.path, asker.name)
        .join(Person, Person.id == FactorReset.person_id)
        .join(Unit, Unit.id == Person.unit_id)
        .join(asker, asker.id == FactorReset.asked_by)
        .where(FactorReset.outcome.is_(None), FactorReset.expires_at > now, *where)
        .order_by(FactorReset.asked_at, FactorReset.id)
    )
    return [
        Asked(row.id, row.person_id, name, path, row.asked_by, by, row.reason, row.asked_at, row.expires_at)
        for row, name, path, by in (await session.execute(query)).all()
    ]


async def _open_of(session: AsyncSession, person: uuid.UUID) -> FactorReset | None:
    query = select(FactorReset).where(FactorReset.person_id == person, FactorReset.outcome.is_(None))
    return (await session.scalars(query)).one_or_none()


async def _asked(session: AsyncSession, reset: uuid.UUID) -> FactorReset:
    row = await session.get(FactorReset, reset, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("people.no_reset")
    return row


async def _locked(session: AsyncSession, person: uuid.UUID) -> tuple[Person, str]:
    found = await session.get(Person, person, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("people.no_person")
    return found, await _path(session, person)


async def _path(session: AsyncSession, person: uuid.UUID) -> str:
    query = select(Unit.path).join(Person, Person.unit_id == Unit.id).where(Person.id == person)
    return (await session.scalars(query)).one()


async def _still_may(session: AsyncSession, asker: uuid.UUID, subject: Subject) -> bool:
    """Whether whoever asked is still here and still has the right: two people now, not one and a memory."""
    active = await session.scalar(select(Person.active).where(Person.id == asker))
    return bool(active) and bool(can(await actor_of(session, asker), Action.PEOPLE_MANAGE, subject))


async def _settle_all(session: AsyncSession, row: FactorReset, now: dt.datetime) -> None:
    await settle(session, cause=cause_of(row.id), now=now)
    await settle(session, cause=_own_cause(row.person_id), now=now, person=row.person_id)


async def _tell_owner(
    session: AsyncSession, person: uuid.UUID, subject: str, params: dict[str, str], now: dt.datetime
) -> None:
    # Whoever takes an account over begins here; that does not wait for the morning.
    await settle(session, cause=_own_cause(person), now=now, person=person)
    await tell(
        session,
        person=person,
        cause=_own_cause(person),
        subject=f"notices.subject.{subject}",
        params=params,
        href=_OWN_PAGE,
        now=now,
        urgent=True,
    )


async def _tell_asker(
    session: AsyncSession, row: FactorReset, subject: str, params: dict[str, str], now: dt.datetime
) -> None:
    await tell(
        session,
        person=row.asked_by,
        cause=f"{cause_of(row.id)}:over",
        subject=f"notices.subject.{subject}",
        params=params,
        href=f"/desk/people/{row.person_id}",
        now=now,
    )


def _own_cause(person: uuid.UUID) -> str:
    return f"factor_own:{person}"
