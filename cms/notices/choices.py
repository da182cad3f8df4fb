"""How a person wants to be reached: a mail address, and the hours in which nothing leaves the house for them."""

import datetime as dt

from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.errors import Invalid
from cms.notices.mail import mail_address
from cms.notices.models import NoticeChoice
from cms.notices.quiet import Quiet
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can


async def choice_of(session: AsyncSession, actor: Actor) -> NoticeChoice | None:
    return await session.get(NoticeChoice, actor.person)


async def choose(
    session: AsyncSession, actor: Actor, *, mail: str, quiet_from: str, quiet_to: str, now: dt.datetime
) -> NoticeChoice:
    """Keeps the actor's own choice; times are ``HH:MM`` of the district, both empty for no quiet hours.

    Raises Invalid `notices.bad_mail`, `notices.bad_hours`.
    """
    require_can(actor, Action.ACCOUNT_MANAGE, Subject(actor.unit, frozenset({actor.person})))
    address = mail_address(mail)
    quiet = Quiet(minute_of(quiet_from), minute_of(quiet_to))
    row = NoticeChoice(person_id=actor.person, mail=address, quiet_from=quiet.start, quiet_to=quiet.end, changed_at=now)
    row = await session.merge(row)
    await session.flush()
    # The address itself is nobody else's business, not even the record's.
    details = {"mail": bool(address), "from": quiet.start, "to": quiet.end}
    of = ("person", str(actor.person))
    await record(session, actor, "notice.choose", of=of, unit=actor.unit, details=details, now=now)
    return row


def minute_of(text: str) -> int:
    """Raises Invalid `notices.bad_hours`."""
    if not text:
        return 0
    try:
        at = dt.time.fromisoformat(text)
    except ValueError as problem:
        raise Invalid("notices.bad_hours", fields={"quiet_from": "notices.bad_hours"}) from problem
    return at.hour * 60 + at.minute
