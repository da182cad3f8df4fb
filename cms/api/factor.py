"""The second factor over the API: one's own, which no token may touch, and somebody else's lost one, by two people."""

import datetime as dt

from pydantic import Field

from cms.api.models import Text
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done, Nothing
from cms.desk.confirming import confirm_own
from cms.desk.routing import OWN_ACCOUNT
from cms.desk.visit import Visit
from cms.people import factor_reset, second_factor
from cms.people.models import Person
from cms.people.permissions import Action, Subject, require_can
from cms.people.totp import address, as_text


class OwnPassword(Sent):
    """One's own password."""

    password: str = Field(min_length=1, max_length=200)


class FactorCode(Sent):
    """What the authenticator shows now."""

    code: str = Field(min_length=1, max_length=40)


class ResetLine(Given):
    """A request to take somebody's second factor away, and until when it may be confirmed."""

    id: str
    person: str
    name: str
    unit: str
    asked_by: str
    reason: str
    asked_at: dt.datetime
    expires_at: dt.datetime


class ResetList(Given):
    """Oldest first."""

    resets: list[ResetLine]


class FactorState(Given):
    """Since when the second factor counts, null for none; `reset` is a request of others to take it away."""

    since: dt.datetime | None
    codes_left: int
    required: bool
    reset: ResetLine | None


class FactorBegun(Given):
    """What the authenticator has to learn; shown now and never again, and nothing until a first code confirms it."""

    secret: str
    address: str


class RecoveryCodes(Given):
    """Each stands in for the authenticator once; shown now and never again."""

    codes: list[str]


class ResetAsked(Sent):
    """Why it has to go, and one's own password."""

    reason: Text
    password: str = Field(min_length=1, max_length=200)


async def factor_state(visit: Visit) -> FactorState:
    """How one's own second factor stands."""
    _person_only(visit)
    actor = visit.actor
    async with visit.deps.db.read() as session:
        standing = await second_factor.standing(session, actor.person)
        asked = await factor_reset.asked_for(session, actor.person, now=visit.now)
    return FactorState(
        since=standing.since,
        codes_left=standing.codes_left,
        required=bool(actor.roles & visit.deps.session_rules.factor_roles),
        reset=_line(asked) if asked else None,
    )


async def begin_factor(visit: Visit, sent: OwnPassword) -> FactorBegun:
    """Begins one's own second factor."""
    _person_only(visit)
    await confirm_own(visit, sent.password)
    async with visit.deps.db.write() as session:
        secret = await second_factor.begin(session, visit.actor, visit.deps.sealer, now=visit.now)
        login = (await session.get_one(Person, visit.actor.person)).login
    return FactorBegun(secret=as_text(secret), address=address(secret, login=login, issuer=visit.deps.site.name))


async def confirm_factor(visit: Visit, sent: FactorCode) -> RecoveryCodes:
    """Makes it count by a first code; other sessions end."""
    _person_only(visit)
    deps = visit.deps
    codes = await second_factor.confirm(deps.db, visit.actor, deps.sealer, code=sent.code, now=visit.now)
    return RecoveryCodes(codes=list(codes))


async def renew_codes(visit: Visit, sent: OwnPassword) -> RecoveryCodes:
    """New recovery codes in place of all before."""
    _person_only(visit)
    await confirm_own(visit, sent.password)
    async with visit.deps.db.write() as session:
        return RecoveryCodes(codes=list(await second_factor.new_recovery_codes(session, visit.actor, now=visit.now)))


async def end_factor(visit: Visit, sent: OwnPassword) -> Done:
    """Goes without again, where the office allows it."""
    _person_only(visit)
    await confirm_own(visit, sent.password)
    async with visit.deps.db.write() as session:
        await second_factor.give_up(session, visit.actor, visit.deps.session_rules, now=visit.now)
    return Done(id=str(visit.actor.person))


async def stop_own_reset(visit: Visit, _sent: Nothing) -> Done:
    """Stops a request of others about oneself."""
    _person_only(visit)
    async with visit.deps.db.write() as session:
        await factor_reset.stop(session, visit.actor, visit.uuid("reset"), now=visit.now)
    return Done(id=visit.part("reset"))


async def ask_reset(visit: Visit, sent: ResetAsked) -> ResetLine:
    """Asks a second administrator to take a person's second factor away; within 24 hours."""
    person = visit.uuid("person")
    await confirm_own(visit, sent.password)
    async with visit.deps.db.write() as session:
        await factor_reset.ask(session, visit.actor, person, reason=sent.reason, now=visit.now)
        asked = await factor_reset.asked_for(session, person, now=visit.now)
    if asked is None:
        raise RuntimeError("what was asked a moment ago is not open")
    return _line(asked)


async def list_resets(visit: Visit) -> ResetList:
    """The requests that wait for this administrator's word."""
    async with visit.deps.db.read() as session:
        found = await factor_reset.to_confirm(session, visit.actor, now=visit.now)
    return ResetList(resets=[_line(one) for one in found])


async def confirm_reset(visit: Visit, sent: OwnPassword) -> Done:
    """The second administrator's word; never of whoever asked, nor of the person."""
    await confirm_own(visit, sent.password)
    async with visit.deps.db.write() as session:
        row = await factor_reset.confirm(session, visit.actor, visit.uuid("reset"), now=visit.now)
    return Done(id=str(row.person_id))


async def stop_reset(visit: Visit, _sent: Nothing) -> Done:
    """Ends a request; nothing happens to the second factor."""
    async with visit.deps.db.write() as session:
        row = await factor_reset.stop(session, visit.actor, visit.uuid("reset"), now=visit.now)
    return Done(id=str(row.person_id))


def _person_only(visit: Visit) -> None:
    """Before a password is looked at: a program must not even try one."""
    actor = visit.actor
    require_can(actor, Action.ACCOUNT_MANAGE, Subject(actor.unit, frozenset({actor.person})))


def _line(one: factor_reset.Asked) -> ResetLine:
    return ResetLine(
        id=str(one.id),
        person=str(one.person),
        name=one.name,
        unit=one.unit,
        asked_by=one.asker_name,
        reason=one.reason,
        asked_at=one.asked_at,
        expires_at=one.expires_at,
    )


_OWN, _ONE, _MAY = "/api/v1/account/factor", "/api/v1/factor-resets/{reset}", Action.PEOPLE_MANAGE
RESOURCES: tuple[Resource, ...] = (
    # As on the desk, also while the office asks for a second factor before anything else.
    ask(_OWN, factor_state, OWN_ACCOUNT, given=FactorState),
    take("POST", f"{_OWN}/begin", begin_factor, OWN_ACCOUNT, sent=OwnPassword, given=FactorBegun, is_kept=False),
    take("POST", f"{_OWN}/confirm", confirm_factor, OWN_ACCOUNT, sent=FactorCode, given=RecoveryCodes, is_kept=False),
    take("POST", f"{_OWN}/codes", renew_codes, OWN_ACCOUNT, sent=OwnPassword, given=RecoveryCodes, is_kept=False),
    take("DELETE", _OWN, end_factor, OWN_ACCOUNT, sent=OwnPassword, given=Done),
    take("POST", f"{_OWN}/resets/{{reset}}/stop", stop_own_reset, OWN_ACCOUNT, sent=Nothing, given=Done),
    take("POST", "/api/v1/people/{person}/factor-reset", ask_reset, _MAY, sent=ResetAsked, given=ResetLine),
    ask("/api/v1/factor-resets", list_resets, _MAY, given=ResetList),
    take("POST", f"{_ONE}/confirm", confirm_reset, _MAY, sent=OwnPassword, given=Done),
    take("POST", f"{_ONE}/stop", stop_reset, _MAY, sent=Nothing, given=Done),
)
