"""People: who there is, a new one with a code shown once, roles, and the signing keys that wait to be confirmed."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.desk import labels, unit_field
from cms.desk.confirming import confirm_own
from cms.desk.paging import page_of, pager_of
from cms.desk.refusing import REFUSALS, refusal_of
from cms.desk.routing import get, post
from cms.desk.views.account import session_rows
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.kernel.errors import Denied, DomainError, Invalid, NotFound
from cms.people import accounts
from cms.people.delegating import delegates
from cms.people.factor_reset import asked_for
from cms.people.models import Membership, Person, Unit
from cms.people.permissions import Action, Subject, can, require_reach
from cms.people.picking import places_at
from cms.people.roles import RIGHTS, Role
from cms.people.second_factor import standing
from cms.people.sessions import sessions_of
from cms.people.stale import count_stale

PAGE: Final = 50


async def list_page(visit: Visit) -> web.StreamResponse:
    return await _list(visit)


async def add(visit: Visit) -> web.StreamResponse:
    """Adds a person; the code is on this answer and nowhere else."""
    form = await visit.form()
    try:
        roles = _roles(form)
        if any(RIGHTS[role] for role in roles):
            await confirm_own(visit, text(form, "own_password", keep=True))
        place = await unit_field.typed(visit, text(form, "unit"), Action.PEOPLE_MANAGE)
        async with visit.deps.db.write() as session:
            person, code = await accounts.add_person(
                session,
                visit.actor,
                login=text(form, "login"),
                name=text(form, "name"),
                unit=place.id,
                phone=text(form, "phone") or None,
                roles=roles,
                now=visit.now,
            )
    except DomainError as error:
        values = {name: text(form, name) for name in ("login", "name", "unit", "phone")}
        chosen = [value for value in form.getall("role", []) if isinstance(value, str)]
        return await _list(visit, error=error, values={**values, "roles": chosen}, is_open=True)
    return _code(visit, person, code)


async def person_page(visit: Visit) -> web.StreamResponse:
    return await show_person(visit)


async def edit(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    try:
        place = await unit_field.typed(visit, text(form, "unit"), Action.PEOPLE_MANAGE)
        async with visit.deps.db.write() as session:
            await accounts.edit_person(
                session,
                visit.actor,
                visit.uuid("person"),
                name=text(form, "name"),
                unit=place.id,
                phone=text(form, "phone") or None,
                now=visit.now,
            )
    except DomainError as error:
        return await show_person(visit, error)
    return _back(visit, "person_saved")


async def grant(visit: Visit) -> web.StreamResponse:
    """Gives a role. One that signs asks for the administrator's password: the guard delegates with it."""
    form = await visit.form()
    password = text(form, "own_password", keep=True)
    try:
        role = _one_role(form)
        if RIGHTS[role]:
            await confirm_own(visit, password)
        place = await unit_field.typed(visit, text(form, "unit"), Action.PEOPLE_GRANT)
        async with visit.deps.db.write() as session:
            await accounts.grant(
                session,
                visit.actor,
                visit.uuid("person"),
                role=role,
                unit=place.id,
                now=visit.now,
            )
        if RIGHTS[role]:
            await _delegate(visit, password)
    except REFUSALS as error:
        return await show_person(visit, refusal_of(error))
    return _back(visit, "granted")


async def end_grant(visit: Visit) -> web.StreamResponse:
    """Takes a role back; the guard learns it with the administrator's password."""
    form = await visit.form()
    password = text(form, "own_password", keep=True)
    try:
        await confirm_own(visit, password)
        async with visit.deps.db.write() as session:
            await accounts.end_grant(session, visit.actor, visit.uuid("membership"), now=visit.now)
        await _delegate(visit, password)
    except REFUSALS as error:
        return await show_person(visit, refusal_of(error))
    return _back(visit, "ended")


async def reset(visit: Visit) -> web.StreamResponse:
    """Takes the password away; the person comes back by a code, which is shown once."""
    try:
        async with visit.deps.db.write() as session:
            code = await accounts.reset_password(session, visit.actor, visit.uuid("person"), now=visit.now)
            person = await session.get_one(Person, visit.uuid("person"))
    except DomainError as error:
        return await show_person(visit, error)
    return _code(visit, person, code)


async def set_active(visit: Visit) -> web.StreamResponse:
    active = visit.part("state") == "activate"
    try:
        async with visit.deps.db.write() as session:
            await accounts.set_active(session, visit.actor, visit.uuid("person"), active=active, now=visit.now)
    except DomainError as error:
        return await show_person(visit, error)
    return _back(visit, "activated" if active else "deactivated")


async def phone(visit: Visit) -> web.StreamResponse:
    """The whole number, for whoever may; that it was looked at is recorded."""
    async with visit.deps.db.write() as session:
        number = await accounts.reveal_phone(session, visit.actor, visit.uuid("person"), now=visit.now)
    return await show_person(visit, number=number)


async def confirm_keys(visit: Visit) -> web.StreamResponse:
    """Lets the guard believe the keys and rights the rows say, by the administrator's password."""
    form = await visit.form()
    try:
        password = text(form, "own_password", keep=True)
        await confirm_own(visit, password)
        await _delegate(visit, password)
    except REFUSALS as error:
        return await _list(visit, error=refusal_of(error))
    return visit.redirect("/desk/people/", done="confirmed")


async def _delegate(visit: Visit, password: str) -> None:
    """By the password, or by the first run's secret where the first run broke off before the guard knew anybody."""
    deps = visit.deps
    try:
        await deps.keys.delegate(deps.db, by=visit.actor.person, password=password)
    except Denied:
        secret = await deps.first_run_secret()
        if not secret:
            raise
        await deps.keys.delegate(deps.db, secret=secret)


async def waiting_keys(session: AsyncSession, visit: Visit) -> list[str]:
    """Names of people whose rows and whose delegation differ; empty while the guard does not answer."""
    try:
        granted = (await visit.deps.keys.delegations()).value
    except REFUSALS:
        return []
    standing = {one.person: one for one in granted.people}
    waiting = []
    for one in await delegates(session):
        held = standing.get(one.person)
        keys = {key.public for key in held.keys} if held else set()
        if held is None or (held.unit, held.rights) != (one.unit, one.rights) or {k.public for k in one.keys} - keys:
            waiting.append(one.name)
    return waiting


def _back(visit: Visit, done: str) -> web.Response:
    return visit.redirect(f"/desk/people/{visit.part('person')}", done=done)


def _roles(form: Form) -> list[Role]:
    known = {role.value for role in Role}
    found = [value for value in form.getall("role", []) if isinstance(value, str) and value]
    if not known.issuperset(found):
        raise NotFound("kernel.not_found")
    return [Role(value) for value in found]


def _one_role(form: Form) -> Role:
    """Raises Invalid `desk.no_role`."""
    found = _roles(form)
    if len(found) != 1:
        raise Invalid("desk.no_role", fields={"role": "desk.no_role"})
    return found[0]


def _code(visit: Visit, person: Person, code: str) -> web.Response:
    context = {"name": person.name, "login": person.login, "code": code, "href": f"/desk/people/{person.id}"}
    return visit.page("people/code.html", context, section="people")


async def _list(
    visit: Visit,
    *,
    error: DomainError | None = None,
    values: Mapping[str, Any] | None = None,
    is_open: bool = False,
) -> web.Response:
    words = visit.query("q")
    where = await unit_field.filtered(visit, visit.query("unit"), Action.PEOPLE_READ)
    async with visit.deps.db.read() as session:
        within = require_reach(visit.actor, Action.PEOPLE_READ)
        asked = [where] if where and any(where.startswith(path) for path in within) else within
        total = await accounts.count_members(session, within=asked, words=words)
        skip = PAGE * min(page_of(visit), max(0, total - 1) // PAGE)
        found = await accounts.members(session, within=asked, words=words, skip=skip, limit=PAGE)
        places = await _named(session, found)
        unit = await unit_field.field_of(session, where, Action.PEOPLE_READ)
        typed = (values or {}).get("unit") or visit.actor.unit
        place = await unit_field.field_of(session, typed, Action.PEOPLE_MANAGE, by="id")
        waiting = await waiting_keys(session, visit) if visit.may(Action.PEOPLE_GRANT) else []
        unused = await count_stale(session, within=within, before=visit.now - visit.deps.stale_after)
    context = {
        "people": [_line(visit, one, places) for one in found],
        "pager": pager_of(
            "/desk/people/", {"q": words, "unit": where}, skip=skip, shown=len(found), total=total, size=PAGE
        ),
        "stale": unused,
        "stale_days": visit.deps.stale_after.days,
        "q": words,
        "unit": unit,
        "place": place,
        "roles": _role_choices(visit),
        "values": values or {"login": "", "name": "", "unit": "", "phone": "", "roles": []},
        "waiting": waiting,
        "may_add": visit.may(Action.PEOPLE_MANAGE),
        "is_open": is_open,
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("people/list.html", context, section="people", status=error.status if error else 200)


async def _named(session: AsyncSession, found: Sequence[accounts.Member]) -> Mapping[str, str]:
    """The names of the units the roles of these people are in."""
    known = await places_at(session, [held.unit for one in found for held in one.grants])
    return {path: place.name for path, place in known.items()}


def _line(visit: Visit, one: accounts.Member, names: Mapping[str, str]) -> dict[str, Any]:
    state = "disabled" if not one.active else "active"
    return {
        "href": f"/desk/people/{one.id}",
        "name": one.name,
        "login": one.login,
        "phone": one.phone,
        "unit": one.unit_name,
        "state": state,
        "is_new": one.active and one.must_set_password,
        "grants": [
            {
                "role": labels.role(visit, held.role),
                "unit": names.get(held.unit, held.unit),
                "is_own": held.unit == one.unit,
            }
            for held in one.grants
        ],
    }


def _role_choices(visit: Visit) -> list[dict[str, Any]]:
    return [
        {
            "value": role.value,
            "label": labels.role(visit, role),
            "hint": visit.t(f"desk.role.{role.value}.hint"),
            "signs": bool(RIGHTS[role]),
        }
        for role in Role
    ]


async def show_person(visit: Visit, error: DomainError | None = None, *, number: str = "") -> web.Response:
    key = visit.uuid("person")
    async with visit.deps.db.read() as session:
        within = require_reach(visit.actor, Action.PEOPLE_READ)
        found = next(iter(await accounts.members(session, within=within, person=key)), None)
        if found is None:
            raise NotFound("people.no_person")
        places = await _named(session, [found])
        role_place = await unit_field.field_of(session, found.unit, Action.PEOPLE_GRANT, by="id")
        place = await unit_field.field_of(session, found.unit, Action.PEOPLE_MANAGE, by="id")
        held = await _memberships(session, key)
        waiting = found.name in await waiting_keys(session, visit)
        others = found.id != visit.actor.person
        safety = await _safety(session, visit, found) if others and visit.may(Action.PEOPLE_MANAGE) else None
    context = {
        "person": {
            **_line(visit, found, places),
            "id": str(found.id),
            "number": number,
            "is_waiting": waiting,
        },
        "memberships": [
            {
                "id": str(one.id),
                "role": labels.role(visit, Role(one.role)),
                "signs": bool(RIGHTS[Role(one.role)]),
                "unit": unit.name,
                "at": one.granted_at,
            }
            for one, unit in held
        ],
        "place": place,
        "role_place": role_place,
        "roles": _role_choices(visit),
        "safety": safety,
        "may": {
            "manage": others and visit.may(Action.PEOPLE_MANAGE),
            "grant": others and visit.may(Action.PEOPLE_GRANT),
            "phone": visit.may(Action.PEOPLE_PHONE),
        },
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("people/show.html", context, section="people", status=error.status if error else 200)


async def _safety(session: AsyncSession, visit: Visit, found: accounts.Member) -> dict[str, Any] | None:
    """Sessions and second factor of somebody this administrator manages; None for anybody else."""
    if not can(visit.actor, Action.PEOPLE_MANAGE, Subject(found.unit, frozenset({found.id}))):
        return None
    rules = visit.deps.session_rules
    open_ = await sessions_of(session, visit.actor, rules=rules, now=visit.now, person=found.id)
    asked = await asked_for(session, found.id, now=visit.now)
    return {
        "sessions": session_rows(visit, open_),
        "factor": (await standing(session, found.id)).since,
        "asked": asked,
        "is_asker": asked is not None and asked.asker == visit.actor.person,
    }


async def _memberships(session: AsyncSession, person: uuid.UUID) -> Sequence[tuple[Membership, Unit]]:
    query = select(Membership, Unit).join(Unit, Unit.id == Membership.unit_id)
    query = query.where(Membership.person_id == person, Membership.ended_at.is_(None)).order_by(Unit.path)
    return [(row.Membership, row.Unit) for row in (await session.execute(query)).all()]


ROUTES = (
    get("/desk/people/", list_page, Action.PEOPLE_READ),
    post("/desk/people/", add, Action.PEOPLE_MANAGE),
    post("/desk/people/keys", confirm_keys, Action.PEOPLE_GRANT),
    get("/desk/people/{person}", person_page, Action.PEOPLE_READ),
    post("/desk/people/{person}/edit", edit, Action.PEOPLE_MANAGE),
    post("/desk/people/{person}/grant", grant, Action.PEOPLE_GRANT),
    post("/desk/people/{person}/memberships/{membership}/end", end_grant, Action.PEOPLE_GRANT),
    post("/desk/people/{person}/reset", reset, Action.PEOPLE_MANAGE),
    post("/desk/people/{person}/state/{state}", set_active, Action.PEOPLE_MANAGE),
    post("/desk/people/{person}/phone", phone, Action.PEOPLE_PHONE),
)
