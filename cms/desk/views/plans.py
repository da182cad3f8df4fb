"""The office's review plans on one page: rules by kind, channel and level, what holds for all, and who changed them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.kinds import Kind
from cms.desk import labels, unit_field
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.kernel.errors import DomainError, Invalid, NotFound
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, can
from cms.review import book_changes
from cms.review.books import book_at, change_book, current_book, line_of, versions
from cms.review.plans import (
    MOST_PROOFS,
    MOST_STEPS,
    SIGN,
    STEP_KEYS,
    THREE_AND_THREE,
    Book,
    By,
    ChannelClass,
    Plan,
    Rule,
    RuleStep,
    plan_for,
)

URL: Final = "/desk/review/plans"


async def plans_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def save_rule(visit: Visit) -> web.StreamResponse:
    """Writes one rule anew, or adds it; the version on the page must still be the newest."""
    form = await visit.form()
    try:
        rule = _rule_of(form)
        change = book_changes.put_rule(rule, _index(form, "rule"))
        await _save(visit, form, change, note=rule_note(visit, rule))
    except DomainError as error:
        return await _page(visit, error=error)
    return visit.redirect(URL, done="plans_saved")


async def drop_rule(visit: Visit) -> web.StreamResponse:
    """Takes a rule out; the one about everything stays, and every version stays restorable."""
    form = await visit.form()
    index = _index(form, "rule")
    try:
        change = book_changes.drop_rule(-1 if index is None else index)
        await _save(visit, form, change, note=visit.t("desk.plans.note.drop"))
    except DomainError as error:
        return await _page(visit, error=error)
    return visit.redirect(URL, done="plans_saved")


async def save_common(visit: Visit) -> web.StreamResponse:
    """What holds for every rule."""
    form = await visit.form()
    hours = _number(text(form, "after_hours"))
    both = text(form, "reviewer_proofs") == "on"
    try:
        await _save(
            visit,
            form,
            book_changes.set_terms(reviewer_proofs=both, after_hours=hours or 0),
            note=visit.t("desk.plans.note.common"),
        )
    except DomainError as error:
        return await _page(visit, error=error)
    return visit.redirect(URL, done="plans_saved")


async def take(visit: Visit) -> web.StreamResponse:
    """Takes a whole set over: the shipped 三审三校, or an earlier version."""
    form = await visit.form()
    name = text(form, "take")
    number = _number(name)
    try:
        if name in book_changes.TAKEN:
            taken, note = book_changes.TAKEN[name], visit.t(f"desk.plans.take.{name}")
        elif number is not None:
            async with visit.deps.db.read() as session:
                taken = await book_at(session, number)
            note = visit.t("desk.plans.note.restored", version=number)
        else:
            raise NotFound("review.no_book", version=name)
        await _save(visit, form, lambda _: taken, note=note)
    except DomainError as error:
        return await _page(visit, error=error)
    return visit.redirect(URL, done="plans_saved")


async def _save(visit: Visit, form: Form, change: book_changes.Change, *, note: str) -> None:
    seen = _number(text(form, "seen"))
    async with visit.deps.db.write() as session:
        await change_book(session, visit.actor, change, seen=-1 if seen is None else seen, note=note, now=visit.now)


def _rule_of(form: Form) -> Rule:
    """The rule of a form: rows of steps in order, those without a name left out."""
    rows = zip(
        form.getall("key", []), form.getall("by", []), form.getall("level", []), form.getall("hours", []), strict=False
    )
    steps = tuple(
        RuleStep(str(key), By.CHIEF if key == SIGN else _by(str(by)), str(level)[:40], _hours(str(hours)))
        for key, by, level, hours in rows
        if key
    )
    proofs = _number(text(form, "proofs"))
    kind, channel, level = text(form, "kind"), text(form, "channel"), text(form, "unit_level")[:40]
    return Rule(steps, kind, channel, level, MOST_PROOFS + 1 if proofs is None else proofs)


def _by(value: str) -> By:
    return By(value) if value in {*By} else By.REVIEWER


def _hours(value: str) -> int | None:
    if not value.strip():
        return None
    number = _number(value.strip())
    if number is None:
        raise Invalid("review.plan_hours", number=0)
    return number


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else None


def _index(form: Form, name: str) -> int | None:
    return _number(text(form, name))


async def _page(visit: Visit, *, error: DomainError | None = None) -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        book = await current_book(session)
        saved = await versions(session)
        levels = (await session.scalars(select(Unit.level).distinct().order_by(Unit.level))).all()
        root = (await session.scalars(select(Unit.path).where(Unit.parent_id.is_(None)))).one()
        tried = await _tried(visit, session, book)
        unit = await unit_field.field_of(session, tried["unit"], Action.DOCUMENT_READ, everywhere=True)
    context = {
        "version": book.version,
        "is_chosen": book.version > 0,
        "rules": [_rule_line(visit, index, rule) for index, rule in enumerate(book.rules)],
        "reviewer_proofs": book.reviewer_proofs,
        "after_hours": book.after_hours,
        "is_short": all(len(rule.steps) < len(THREE_AND_THREE.rules[0].steps) for rule in book.rules),
        "versions": [
            {
                "number": one.number,
                "person": one.person,
                "at": one.at,
                "note": one.note,
                "is_now": one.number == book.version,
            }
            for one in saved
        ],
        "choices": _choices(visit, levels),
        "tried": tried,
        "channels": [{"value": one, "label": labels.channel(visit, one)} for one in sorted(visit.deps.channels)],
        "unit": unit,
        "may_save": bool(can(visit.actor, Action.REVIEW_PLAN, Subject(root))),
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("review/plans.html", context, section="plans", status=error.status if error else 200)


def _choices(visit: Visit, levels: Sequence[str]) -> Mapping[str, Any]:
    any_ = {"value": "", "label": visit.t("desk.plans.any")}
    named = [{"value": one, "label": labels.level(visit, one)} for one in levels]
    return {
        "kinds": [any_, *({"value": one.value, "label": labels.kind(visit, one)} for one in Kind)],
        "classes": [
            any_,
            *({"value": one.value, "label": visit.t(f"review.class.{one.value}")} for one in ChannelClass),
        ],
        "levels": [any_, *named],
        "places": [{"value": "", "label": visit.t("desk.plans.own_unit")}, *named],
        "keys": [
            {"value": "", "label": visit.t("desk.plans.no_step")},
            *({"value": one, "label": visit.t(f"review.step.{one}")} for one in STEP_KEYS if one != SIGN),
        ],
        "by": [{"value": one.value, "label": visit.t(f"review.by.{one.value}")} for one in By],
        "proofs": [{"value": str(one), "label": visit.t(f"review.proofs.{one}")} for one in range(MOST_PROOFS + 1)],
    }


def rule_note(visit: Visit, rule: Rule) -> str:
    """What the version says of itself when a rule was written."""
    return visit.t("desk.plans.note.rule", rule=_about(visit, rule))


def _about(visit: Visit, rule: Rule) -> str:
    said = [
        labels.kind(visit, rule.kind) if rule.kind in {*Kind} else visit.t("desk.plans.any_kind"),
        visit.t(f"review.class.{rule.channel}")
        if rule.channel in {*ChannelClass}
        else visit.t("desk.plans.any_channel"),
        labels.level(visit, rule.level) if rule.level else visit.t("desk.plans.any_level"),
    ]
    return " · ".join(said)


def _rule_line(visit: Visit, index: int, rule: Rule) -> dict[str, Any]:
    steps = [
        {
            "key": one.key,
            "name": visit.t(f"review.step.{one.key}"),
            "by": one.by.value,
            "level": one.level,
            "hours": "" if one.hours is None else str(one.hours),
            "text": _step_text(visit, one),
        }
        for one in rule.steps
    ]
    empty = {"key": "", "by": By.REVIEWER.value, "level": "", "hours": ""}
    return {
        "index": index,
        "about": _about(visit, rule),
        "kind": rule.kind,
        "channel": rule.channel,
        "level": rule.level,
        "proofs": str(rule.proofs),
        "proofs_text": visit.t(f"review.proofs.{rule.proofs}"),
        "steps": steps,
        "rows": [*steps[:-1], *[empty] * (MOST_STEPS - len(steps))],
        "last": steps[-1],
        "is_all": rule.about == ("", "", ""),
    }


def _step_text(visit: Visit, step: RuleStep) -> str:
    said = [visit.t(f"review.by.{step.by.value}")]
    if step.level:
        said.append(visit.t("desk.plans.at", level=labels.level(visit, step.level)))
    if step.hours is not None:
        said.append(visit.t("desk.plans.hours", count=step.hours))
    return " · ".join(said)


async def _tried(visit: Visit, session: AsyncSession, book: Book) -> Mapping[str, Any]:
    """What a piece would go through: the answer to «which of these rules is it»."""
    kind = visit.query("kind")
    unit = await unit_field.filtered(visit, visit.query("unit"), Action.DOCUMENT_READ) or visit.actor.unit
    channels = [one for one in visit.request.query.getall("channel", []) if one in visit.deps.channels]
    tried: dict[str, Any] = {
        "kind": kind or Kind.NEWS.value,
        "unit": unit,
        "channels": channels,
        "steps": [],
        "proofs": "",
    }
    if kind not in {one.value for one in Kind}:
        return tried
    place = (await session.execute(select(Unit.id).where(Unit.path == unit))).scalar_one_or_none()
    if place is None:
        return tried
    plan: Plan = plan_for(book, kind, channels, await line_of(session, place))
    paths = [one.at for one in plan.steps if one.at]
    rows = await session.execute(select(Unit.path, Unit.name).where(Unit.path.in_(paths)))
    names = {row.path: row.name for row in rows}
    tried["steps"] = [
        {
            "name": visit.t(f"review.step.{one.key}"),
            "who": names.get(one.at, "") or visit.t(f"desk.step.who.{one.key}"),
            "state": "waiting",
        }
        for one in plan.steps
    ]
    tried["proofs"] = visit.t(f"review.proofs.{plan.proofs}")
    return tried


ROUTES = (
    get(URL, plans_page, Action.REVIEW_PLAN),
    post(URL, save_rule, Action.REVIEW_PLAN),
    post(f"{URL}/drop", drop_rule, Action.REVIEW_PLAN),
    post(f"{URL}/common", save_common, Action.REVIEW_PLAN),
    post(f"{URL}/take", take, Action.REVIEW_PLAN),
)
