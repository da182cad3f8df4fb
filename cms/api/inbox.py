"""How a person is reached, over the API: their mail address and quiet hours; and putting away what was read."""

from typing import Annotated

from pydantic import Field

from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Nothing
from cms.desk.inbox.pages import values_of
from cms.desk.visit import Visit
from cms.notices.choices import choice_of, choose
from cms.notices.inbox import put_all_away
from cms.people.permissions import Action

Hour = Annotated[str, Field(max_length=5)]


class NoticeChoices(Given):
    """Where mail goes (empty: nowhere), and the hours ``HH:MM`` in which nothing leaves the house."""

    mail: str
    quiet_from: str
    quiet_to: str


class NoticeChoicesSent(Sent):
    """As it is given back."""

    mail: Annotated[str, Field(max_length=300)] = ""
    quiet_from: Hour = ""
    quiet_to: Hour = ""


class PutAway(Given):
    """How many were put away."""

    count: int


async def read_choices(visit: Visit) -> NoticeChoices:
    """How one wants to be reached."""
    async with visit.deps.db.read() as session:
        return NoticeChoices(**values_of(await choice_of(session, visit.actor)))


async def choose_one(visit: Visit, sent: NoticeChoicesSent) -> NoticeChoices:
    """Keeps how one wants to be reached."""
    async with visit.deps.db.write() as session:
        row = await choose(
            session,
            visit.actor,
            mail=sent.mail,
            quiet_from=sent.quiet_from,
            quiet_to=sent.quiet_to,
            now=visit.now,
        )
        return NoticeChoices(**values_of(row))


async def put_read_away(visit: Visit, _sent: Nothing) -> PutAway:
    """Puts every notice away that was read."""
    async with visit.deps.db.write() as session:
        return PutAway(count=await put_all_away(session, visit.actor, now=visit.now))


_OWN, _CHOICES = Action.ACCOUNT_MANAGE, "/api/v1/notices/choices"
RESOURCES: tuple[Resource, ...] = (
    ask(_CHOICES, read_choices, _OWN, given=NoticeChoices),
    take("PUT", _CHOICES, choose_one, _OWN, sent=NoticeChoicesSent, given=NoticeChoices),
    take("POST", "/api/v1/notices/done", put_read_away, _OWN, sent=Nothing, given=PutAway),
)
