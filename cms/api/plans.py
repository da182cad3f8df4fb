"""The office's review plans over the API: the rules of the newest version, changing them, and earlier versions."""

import datetime as dt
from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from cms.api.resources import Given, Resource, Sent, ask, take
from cms.content.kinds import Kind
from cms.desk.views.plans import rule_note
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid, NotFound
from cms.people.models import Unit
from cms.people.permissions import Action
from cms.review import book_changes
from cms.review.books import book_at, change_book, current_book, line_of, versions
from cms.review.plans import SIGN, Book, By, Plan, Rule, RuleStep, plan_for

Code = Annotated[str, Field(max_length=40)]


class PlanStepShape(Given):
    """A step of a rule; `level` empty for the piece's own unit, `hours` until the unit above hears of it."""

    key: str
    by: By = By.REVIEWER
    level: Code = ""
    hours: int | None = None


class PlanRule(Given):
    """Which pieces it is about (an empty field is any), its steps in order with `sign` last, and its proofs."""

    number: int
    kind: str
    channel: str
    level: str
    proofs: int
    steps: list[PlanStepShape]


class PlanVersion(Given):
    """A saved version of the plans."""

    version: int
    person: str
    at: dt.datetime
    note: str


class PlanBook(Given):
    """The rules of one version and what holds for all; `versions` newest first, 0 is what ships."""

    version: int
    rules: list[PlanRule]
    reviewer_proofs: bool
    after_hours: int
    versions: list[PlanVersion]


class PlanStepSent(Sent):
    """As it is given back."""

    key: Code
    by: By = By.REVIEWER
    level: Code = ""
    hours: int | None = None


class PlanRuleSent(Sent):
    """A rule, and `seen`, the version it is written against."""

    seen: int
    kind: Code = ""
    channel: Code = ""
    level: Code = ""
    proofs: int = 0
    steps: Annotated[list[PlanStepSent], Field(max_length=20)]


class PlanSeen(Sent):
    """The version that was read."""

    seen: int


class PlanTermsSent(Sent):
    """What holds for every rule."""

    seen: int
    reviewer_proofs: bool
    after_hours: int


class PlanTaking(Sent):
    """A whole set: one that ships by its name (`three`: 三审三校), or an earlier version."""

    seen: int
    set: Code = ""
    version: int | None = None


class PlanAsked(Given):
    """What a piece would go through: the steps with the unit they are taken in (empty: its own), and its proofs."""

    steps: list[PlanStepShape]
    proofs: int


async def read_plans(visit: Visit) -> PlanBook:
    """The review plans in use."""
    async with visit.deps.db.read() as session:
        book = await current_book(session)
        saved = await versions(session)
    found = [PlanVersion(version=one.number, person=one.person, at=one.at, note=one.note) for one in saved]
    return _book(book, found)


async def read_version(visit: Visit) -> PlanBook:
    """An earlier version of the review plans."""
    async with visit.deps.db.read() as session:
        return _book(await book_at(session, _number(visit.part("version"))), [])


async def add_rule(visit: Visit, sent: PlanRuleSent) -> PlanBook:
    """Adds a rule; pieces in review keep the plan they were submitted under."""
    rule = _rule(sent)
    return await _save(visit, book_changes.put_rule(rule), seen=sent.seen, note=rule_note(visit, rule))


async def edit_rule(visit: Visit, sent: PlanRuleSent) -> PlanBook:
    """Writes a rule anew."""
    rule = _rule(sent)
    change = book_changes.put_rule(rule, _number(visit.part("number")) - 1)
    return await _save(visit, change, seen=sent.seen, note=rule_note(visit, rule))


async def retire_rule(visit: Visit, sent: PlanSeen) -> PlanBook:
    """Takes a rule out; the one about everything stays, and every version can be taken over again."""
    change = book_changes.drop_rule(_number(visit.part("number")) - 1)
    return await _save(visit, change, seen=sent.seen, note=visit.t("desk.plans.note.drop"))


async def edit_terms(visit: Visit, sent: PlanTermsSent) -> PlanBook:
    """Changes what holds for every rule."""
    change = book_changes.set_terms(reviewer_proofs=sent.reviewer_proofs, after_hours=sent.after_hours)
    return await _save(visit, change, seen=sent.seen, note=visit.t("desk.plans.note.common"))


async def take_set(visit: Visit, sent: PlanTaking) -> PlanBook:
    """Takes over a whole set, or an earlier version."""
    if sent.version is None:
        if sent.set not in book_changes.TAKEN:
            raise NotFound("review.no_book", version=sent.set)
        taken, note = book_changes.TAKEN[sent.set], visit.t(f"desk.plans.take.{sent.set}")
    else:
        async with visit.deps.db.read() as session:
            taken = await book_at(session, sent.version)
        note = visit.t("desk.plans.note.restored", version=sent.version)
    return await _save(visit, lambda _: taken, seen=sent.seen, note=note)


async def try_plans(visit: Visit) -> PlanAsked:
    """What a piece of this kind, unit and these channels (separated by commas) would go through."""
    kind = visit.query("kind") or Kind.NEWS.value
    if kind not in {one.value for one in Kind}:
        raise Invalid("api.body", fields={"kind": "api.field"}, names="kind")
    channels = [one for one in visit.query("channels").split(",") if one in visit.deps.channels]
    async with visit.deps.db.read() as session:
        book = await current_book(session)
        path = visit.query("unit") or visit.actor.unit
        place = (await session.execute(select(Unit.id).where(Unit.path == path))).scalar_one_or_none()
        if place is None:
            raise NotFound("people.no_unit")
        plan: Plan = plan_for(book, kind, channels, await line_of(session, place))
    ranks = {Action.REVIEW_PASS: By.REVIEWER, Action.REVIEW_SECOND: By.DIRECTOR}
    steps = [
        PlanStepShape(key=one.key, by=ranks.get(one.action, By.CHIEF), level=one.at, hours=one.hours)
        for one in plan.steps
    ]
    return PlanAsked(steps=steps, proofs=plan.proofs)


async def _save(visit: Visit, change: book_changes.Change, *, seen: int, note: str) -> PlanBook:
    async with visit.deps.db.write() as session:
        await change_book(session, visit.actor, change, seen=seen, note=note, now=visit.now)
    return await read_plans(visit)


def _rule(sent: PlanRuleSent) -> Rule:
    steps = (RuleStep(one.key, By.CHIEF if one.key == SIGN else one.by, one.level, one.hours) for one in sent.steps)
    return Rule(tuple(steps), sent.kind, sent.channel, sent.level, sent.proofs)


def _book(book: Book, saved: list[PlanVersion]) -> PlanBook:
    rules = [
        PlanRule(
            number=number,
            kind=rule.kind,
            channel=rule.channel,
            level=rule.level,
            proofs=rule.proofs,
            steps=[PlanStepShape(key=one.key, by=one.by, level=one.level, hours=one.hours) for one in rule.steps],
        )
        for number, rule in enumerate(book.rules, start=1)
    ]
    return PlanBook(
        version=book.version,
        rules=rules,
        reviewer_proofs=book.reviewer_proofs,
        after_hours=book.after_hours,
        versions=saved,
    )


def _number(value: str) -> int:
    """Raises NotFound for what is no number."""
    if not (value.isascii() and value.isdigit() and len(value) < 8):
        raise NotFound("kernel.not_found")
    return int(value)


_URL, _PLAN = "/api/v1/review/plans", Action.REVIEW_PLAN
RESOURCES: tuple[Resource, ...] = (
    ask(_URL, read_plans, _PLAN, given=PlanBook),
    ask(f"{_URL}/versions/{{version}}", read_version, _PLAN, given=PlanBook),
    ask(f"{_URL}/try", try_plans, _PLAN, given=PlanAsked, queries=("kind", "unit", "channels")),
    take("POST", f"{_URL}/rules", add_rule, _PLAN, sent=PlanRuleSent, given=PlanBook),
    take("PUT", f"{_URL}/rules/{{number}}", edit_rule, _PLAN, sent=PlanRuleSent, given=PlanBook),
    take("DELETE", f"{_URL}/rules/{{number}}", retire_rule, _PLAN, sent=PlanSeen, given=PlanBook),
    take("PUT", f"{_URL}/terms", edit_terms, _PLAN, sent=PlanTermsSent, given=PlanBook),
    take("POST", f"{_URL}/take", take_set, _PLAN, sent=PlanTaking, given=PlanBook),
)
